// What helps with single fields: the present time, the way to a field that something is said of, another row of a table.
import { now } from "./clock.js";

const begin = () => document.querySelectorAll("form[data-offset] [data-now]").forEach((one) => { one.hidden = false; });
begin();
document.addEventListener("swapped", begin);

/** The present minute as a form's controls take it: by the server's clock, in the calendar's time, since this machine may stand elsewhere. */
export const present = (form) => new Date(now().getTime() + Number(form.dataset.offset) * 1000).toISOString().slice(0, 16);

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-now]");
  const form = button?.closest("form[data-offset]");
  if (!form) return;
  const input = button.parentElement.querySelector("input");
  input.value = present(form);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-field]");
  const place = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!place) return;
  event.preventDefault();
  for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const control = place.matches("fieldset") ? place.querySelector("input:not([type=hidden]), select, textarea, button") : place;
  (control ?? place).focus({ preventScroll: true });
  place.scrollIntoView({ block: "center" });
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-add-row]");
  if (!button) return;
  event.preventDefault();
  const rows = document.getElementById(button.dataset.addRow);
  const last = rows.lastElementChild;
  const fresh = last.cloneNode(true);
  const next = rows.children.length;
  for (const one of fresh.querySelectorAll("fieldset[id]")) one.removeAttribute("id");
  for (const one of fresh.querySelectorAll(".files, .picked, .wrong")) one.remove();
  // What was said about the row before is not said about this one.
  for (const name of ["aria-invalid", "aria-describedby", "data-held"])
    for (const one of fresh.querySelectorAll(`[${name}]`)) one.removeAttribute(name);
  for (const one of fresh.querySelectorAll("[name]")) {
    one.name = one.name.replace(/\.\d+\./, `.${next}.`);
    one.id = `${one.id}-${next}`;
    if (one.tagName === "SELECT") one.selectedIndex = 0;
    else if (one.type === "radio" || one.type === "checkbox") one.checked = false;
    else one.value = "";
    const label = one.closest(".field")?.querySelector("label");
    if (label && one.type !== "hidden") label.htmlFor = one.id;
  }
  rows.append(fresh);
  fresh.querySelector("input:not([type=hidden]), select, textarea")?.focus();
});
