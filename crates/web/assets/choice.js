// A choice of one is let go by choosing it once more, or by Delete, Backspace or the space bar on it; the form then says that nothing is
// chosen.
import { say } from "./page.js";

// What decides what a form is about is always one of them.
const CHIP = "form[data-form] .choices:not(.mains) input[type=radio]";
let held, spaced;

function letGo(chip) {
  chip.checked = false;
  for (const kind of ["input", "change"]) chip.dispatchEvent(new Event(kind, { bubbles: true }));
}

// What was chosen before the pointer came down on it; by the time of the click it is chosen in any case.
document.addEventListener("pointerdown", (event) => {
  const chip = event.target.closest?.(".choice")?.querySelector("input[type=radio]");
  held = chip?.matches(CHIP) && chip.checked ? chip : undefined;
});
document.addEventListener("click", (event) => {
  if (!held || event.target !== held) return;
  held = undefined;
  letGo(event.target);
});
document.addEventListener("keydown", (event) => {
  const chip = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || ![" ", "Delete", "Backspace"].includes(event.key)) return;
  if (!chip.matches?.(CHIP) || !chip.checked) return;
  event.preventDefault();
  if (event.key === " ") spaced = chip;
  letGo(chip);
});
// Else letting the key go would choose it again.
document.addEventListener("keyup", (event) => {
  if (event.key !== " " || event.target !== spaced) return;
  spaced = undefined;
  event.preventDefault();
});

const hint = document.createElement("span");
hint.id = "unset-hint";
hint.hidden = true;
hint.textContent = say("unset");
document.body.append(hint);
function begin() {
  for (const chip of document.querySelectorAll(CHIP)) {
    const group = chip.closest("fieldset");
    if (!group || group.dataset.unset) continue;
    group.dataset.unset = "yes";
    group.setAttribute("aria-describedby", [group.getAttribute("aria-describedby"), hint.id].filter(Boolean).join(" "));
  }
}
begin();
document.addEventListener("swapped", begin);
