// What was said to be wrong with a field stands there until something is in it: then the field is no more to blame.

/** Whether something is in a field. */
function says(field) {
  const controls = field.querySelectorAll("input:not([type=hidden], .find), select, textarea");
  return [...controls].some((one) => {
    if (one.type === "radio" || one.type === "checkbox") return one.checked;
    return one.type === "file" ? one.files.length > 0 : one.value.trim() !== "";
  });
}

function clear(field) {
  const wrong = field.querySelector(":scope > .wrong");
  if (!wrong || !says(field)) return;
  for (const one of field.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
  for (const one of field.querySelectorAll("[aria-describedby]")) {
    const rest = one.getAttribute("aria-describedby").split(" ").filter((id) => id !== wrong.id);
    if (rest.length) one.setAttribute("aria-describedby", rest.join(" "));
    else one.removeAttribute("aria-describedby");
  }
  wrong.remove();
  // The way to it is not needed either, nor the notice once nothing is left to do.
  const links = [...(field.closest("form")?.querySelectorAll(".blamed a[data-field]") ?? [])];
  const way = links.find((link) => `${decodeURIComponent(link.hash.slice(1))}-wrong` === wrong.id);
  if (way && links.length === 1) way.closest(".notice")?.remove();
  way?.remove();
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    // A cell of a table stands in a field as well.
    for (let field = event.target.closest?.("form[data-form] .field"); field; field = field.parentElement.closest(".field")) clear(field);
  });
}
