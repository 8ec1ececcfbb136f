// A link to a line of a text: the line is selected and comes into view.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-line]");
  const area = link && document.querySelector(link.hash);
  if (!area) return;
  event.preventDefault();
  const lines = area.value.split("\n");
  const line = Math.min(Number(link.dataset.line), lines.length) - 1;
  const from = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(from, from + lines[line].length);
  area.scrollTop = Math.max(0, (line - 6) * (area.scrollHeight / lines.length));
  area.scrollIntoView({ block: "nearest" });
});
