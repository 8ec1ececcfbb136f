// Helps whoever writes: puts texts in where the cursor is, and brings the names of people after an @.
import { say } from "./page.js";

let last;
document.addEventListener("focusin", (event) => { if (event.target.matches?.("form[data-form] textarea")) last = event.target; });

function insert(area, text, from = area.selectionStart) {
  area.focus();
  area.setRangeText(text, from, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-insert]");
  if (!link) return;
  const form = link.closest("form");
  const area = form.contains(last) ? last : form.querySelector("textarea");
  if (!area) return;
  event.preventDefault();
  link.closest("details")?.removeAttribute("open");
  // A text begins a line of its own.
  const before = area.value.slice(0, area.selectionStart);
  insert(area, before && !before.endsWith("\n") ? `\n${link.dataset.insert}` : link.dataset.insert);
});

// People after an @, in notes.
const NOTES = "textarea[name=\"i.text\"], textarea[name=\"i.note\"]";
const BEGUN = /[@＠]([^\s@＠，。,.;；:：]{0,20})$/;
let people, list, place = 0, found = [];

async function known() {
  people ??= fetch("/api/v1/users", { credentials: "same-origin", headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : { items: [] })).then((body) => body.items).catch(() => []);
  return people;
}
const begun = (area) => BEGUN.exec(area.value.slice(0, area.selectionStart))?.[1];
function close() {
  list?.remove();
  list = undefined;
}
function choose(area, one) {
  const typed = begun(area) ?? "";
  close();
  insert(area, `${one.name} `, area.selectionStart - typed.length);
}
function draw(area) {
  close();
  if (!found.length) return;
  list = document.createElement("ul");
  list.className = "mentions sheet";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", say("people"));
  found.forEach((one, at) => {
    const line = document.createElement("li");
    const role = one.roles?.[0]?.title?.[document.documentElement.lang === "en" ? "en" : "zh"];
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", String(at === place));
    line.textContent = role ? `${one.name} · ${role}` : one.name;
    line.addEventListener("mousedown", (event) => { event.preventDefault(); choose(area, one); });
    list.append(line);
  });
  area.after(list);
}
document.addEventListener("input", async (event) => {
  const area = event.target;
  if (!area.matches?.(NOTES)) return;
  const typed = begun(area);
  if (typed === undefined) return close();
  const all = await known();
  if (begun(area) !== typed) return;
  found = all.filter((one) => one.name.includes(typed) || one.id.startsWith(typed)).slice(0, 6);
  place = 0;
  draw(area);
});
document.addEventListener("keydown", (event) => {
  if (!list || event.isComposing || event.keyCode === 229) return;
  const area = event.target;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") place = (place + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
  else if (event.key === "Escape") close();
  else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") choose(area, found[place]);
  else return;
  event.preventDefault();
  event.stopPropagation();
  if (list) draw(area);
}, true);
document.addEventListener("focusout", () => setTimeout(close, 100));
