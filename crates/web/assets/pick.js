// Picking lines of a list: by box, by key, the whole page. What is picked stays so while the list follows what happens.
import { isTyping, say } from "./page.js";

const boxes = () => [...document.querySelectorAll("[data-row] input[name=pick]")];
let picked = new Set(boxes().filter((box) => box.checked).map((box) => box.value));

/** Says how many there are, and keeps the box of the page true. */
function tell() {
  const all = boxes();
  const on = all.filter((box) => box.checked);
  picked = new Set(on.map((box) => box.value));
  for (const place of document.querySelectorAll("[data-picked]")) {
    place.dataset.text ??= place.textContent;
    place.textContent = on.length ? say("picked").replace("{count}", on.length) : place.dataset.text;
  }
  for (const whole of document.querySelectorAll("[data-pick-all]")) {
    whole.hidden = !all.length;
    whole.checked = all.length > 0 && on.length === all.length;
    whole.indeterminate = on.length > 0 && on.length < all.length;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-pick-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches?.("[data-pick-all], input[name=pick]")) tell();
});
document.addEventListener("swapped", () => {
  for (const box of boxes()) box.checked = picked.has(box.value);
  tell();
});
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const box = document.querySelector("[data-row].here input[name=pick]");
  const onControl = event.target.closest?.("button, summary, input");
  if (!box || (event.key !== "s" && (event.key !== " " || onControl)) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  box.checked = !box.checked;
  tell();
});
tell();
