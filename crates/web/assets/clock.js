// Keeps the time that is left true while a page stays open. The server's clock counts, not this machine's.
const born = performance.now();
const served = Number(document.documentElement.dataset.now) * 1000;
export const now = () => new Date((served || Date.now()) + performance.now() - born);

const DAY = 86_400;
const two = (number) => String(number).padStart(2, "0");

function tick() {
  const at = now() / 1000;
  for (const place of document.querySelectorAll("time.left[data-due]")) {
    const left = Number(place.dataset.due) - at;
    const near = Number(place.dataset.near ?? 3600);
    place.classList.toggle("late", left < 0);
    place.classList.toggle("near", left >= 0 && left <= near);
    place.classList.toggle("fine", left > near);
    const whole = Math.floor(Math.abs(left) / 60);
    if (Math.abs(left) < DAY) place.textContent = `${left < 0 ? "-" : ""}${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
  }
  for (const bar of document.querySelectorAll("progress[data-from]")) {
    bar.value = Math.min(at - Number(bar.dataset.from), bar.max);
  }
}
setInterval(tick, 15_000);
document.addEventListener("swapped", tick);
