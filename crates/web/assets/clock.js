// Keeps the time that is left true while a page stays open. The server's clock counts, not this machine's.
import { say } from "./page.js";

const born = performance.now();
const served = Number(document.documentElement.dataset.now) * 1000;
export const now = () => new Date((served || Date.now()) + performance.now() - born);

const HOUR = 3_600;
const DAY = 86_400;

/** A length of time in words, as the server says it (`left.rs`). */
function length(left) {
  const whole = Math.abs(left);
  const [hours, minutes] = [Math.floor(whole / HOUR), Math.max(Math.floor(whole / 60), 1)];
  const word = hours ? (left < 0 ? "hoursOver" : "hoursLeft") : left < 0 ? "minutesOver" : "minutesLeft";
  return say(word).replace("{count}", hours || minutes);
}

function tick() {
  const at = now() / 1000;
  for (const place of document.querySelectorAll("time.left[data-due]")) {
    const left = Number(place.dataset.due) - at;
    const near = Number(place.dataset.near);
    place.classList.toggle("late", left < 0);
    place.classList.toggle("near", left >= 0 && left <= near);
    place.classList.toggle("fine", left > near);
    if (Math.abs(left) < DAY) place.textContent = length(left);
  }
  for (const bar of document.querySelectorAll("progress[data-from]")) {
    bar.value = Math.min(at - Number(bar.dataset.from), bar.max);
  }
}
setInterval(tick, 15_000);
document.addEventListener("swapped", tick);
