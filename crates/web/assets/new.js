// While a case is taken down: who calls, what is open already, and what the deadlines will be.
import { present } from "./field.js";
import { later, parse, post, say, toast } from "./page.js";
import { put } from "./swap.js";

const form = () => document.querySelector("form[data-look]");
let turn = 0;
const look = later(300, async () => {
  const one = form();
  if (!one) return;
  const mine = ++turn;
  const body = new URLSearchParams([...new FormData(one)].filter(([, value]) => typeof value === "string"));
  try {
    const answer = await post(one.dataset.look, body);
    if (answer.ok && mine === turn) put(parse(await answer.text()), ["foreseen", "known"]);
  } catch { /* the next key tries again */ }
});
document.addEventListener("input", (event) => {
  const one = event.target.form;
  if (!one || one !== form()) return;
  if (event.isTrusted) {
    begin(one, event.target);
    event.target.closest(".field")?.setAttribute("data-touched", "");
  }
  look();
});
document.addEventListener("restored", look);

/** A page stands open until somebody calls: the call begins with the first key, not with the page. */
function begin(one, target) {
  const began = document.getElementById(one.dataset.begins ?? "");
  if (!began || one.dataset.began) return;
  one.dataset.began = "yes";
  if (began !== target && began.value === began.defaultValue) began.value = present(one);
}

/** Puts in what is known of the caller. What somebody has typed or chosen stays. */
function fill(link) {
  const one = form();
  const fresh = !one.querySelector("[data-restored]:not([hidden]), .notice.late");
  for (const [name, text] of JSON.parse(link.dataset.fill)) {
    const named = [...one.elements].filter((control) => control.name === name);
    const shown = named.filter((control) => control.type !== "hidden");
    const [control] = shown;
    if (!control) { for (const hidden of named) hidden.value = text; continue; }
    const touched = control.closest(".field")?.hasAttribute("data-touched");
    if (control.type === "radio") {
      const free = !shown.some((chip) => chip.checked) || (fresh && shown.every((chip) => chip.checked === chip.defaultChecked));
      const chip = shown.find((chip) => chip.value === text);
      if (touched || !free || !chip) continue;
      chip.checked = true;
    } else {
      if (touched || control.value !== "") continue;
      control.value = text;
    }
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
  look();
  toast(say("filled"));
  const open = [...one.querySelectorAll(".fields :is(input, select, textarea)")];
  open.find((control) => control.type !== "hidden" && control.type !== "file" && control.value === "" && control.checkVisibility())?.focus();
}
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-fill]");
  if (!link || !form()) return;
  event.preventDefault();
  fill(link);
});
document.addEventListener("keydown", (event) => {
  const link = event.key === "Enter" && event.altKey && !event.isComposing && document.querySelector("a[data-fill]");
  if (!link) return;
  event.preventDefault();
  link.click();
});
if (form()) {
  look();
  if (document.activeElement === document.body) form().querySelector(".fields input:not([type=hidden])")?.focus();
}
