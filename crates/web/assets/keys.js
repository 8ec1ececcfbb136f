// Single keys, off while somebody types or an input method composes.
import { first, isTyping, say, toast } from "./page.js";

const rows = () => [...document.querySelectorAll("[data-row]")];
const here = () => document.querySelector("[data-row].here");

function stand(row) {
  here()?.classList.remove("here");
  if (!row) return;
  row.classList.add("here");
  row.querySelector("a")?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}
function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(here());
  stand(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)]);
}
const press = (selector, within = document) => {
  const one = within.querySelector(selector);
  if (one) one.click();
  return Boolean(one);
};

const keys = {
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: () => here() && step(1),
  ArrowUp: () => here() && step(-1),
  Enter: () => here() && document.activeElement?.closest("[data-row]") === here() && press("a[data-open]", here()),
  o: () => here() && press("a[data-open]", here()),
  // The next step of the row, or of the case.
  a: () => { if (!press("[data-next]", here() ?? document)) first(document.getElementById("now-do"))?.focus(); },
  n: () => location.assign("/new"),
  w: () => location.assign("/work"),
  l: () => location.assign("/cases"),
  "/": () => document.dispatchEvent(new CustomEvent("palette")),
  "?": () => document.getElementById("keys")?.showModal(),
  u: () => history.length > 1 && history.back(),
  x: () => press("[data-key=x]"),
  t: () => press("[data-key=t]") && document.querySelector("details.menu[open] .sheet a")?.focus(),
  // In a list the row's own.
  r: () => press("[data-key=r]", here() ?? document),
  ".": () => {
    const number = (here() ?? document).querySelector("[data-number]")?.dataset.number;
    if (number) navigator.clipboard?.writeText(number).then(() => toast(`${number} ${say("copied")}`));
  },
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("palette"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  // What is numbered is chosen by its digit.
  const numbered = /^[1-9]$/.test(event.key) && document.querySelector(`[data-key="${event.key}"]`);
  const does = numbered ? () => numbered.click() : keys[event.key];
  if (!does) return;
  const native = event.key === "Enter" || event.key.startsWith("Arrow");
  const done = does();
  if (!native || done) event.preventDefault();
});
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog]");
  if (opener) { event.preventDefault(); document.getElementById(opener.dataset.dialog)?.showModal(); }
  if (event.target.closest?.("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement) event.target.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
// Whoever comes to do a step begins with it; on a telephone the keyboard would hide what it is about. Browsers take the focus away when
// they get to the place that the address names: this comes after that.
const land = () => {
  if (document.activeElement === document.body) first(document.getElementById("now-do"))?.focus({ preventScroll: true });
};
if (location.hash === "#now-do" && !matchMedia("(pointer: coarse)").matches) {
  land();
  addEventListener("load", () => requestAnimationFrame(() => setTimeout(land)));
}
// What somebody opens to fill it in is begun at once; what only comes back open is left alone.
document.addEventListener("click", (event) => {
  const menu = event.target.closest?.("summary")?.parentElement;
  if (menu && !menu.open) setTimeout(() => menu.querySelector("[data-first]")?.focus());
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});
