// Follows what happens: the stream says which case changed, the page fetches what it shows of it. A lost connection is seen.
import { later, say } from "./page.js";
import { isOut } from "./session.js";
import { refresh } from "./swap.js";

const place = document.getElementById("state");
const mine = () => document.querySelector("[data-case]")?.dataset.case;
const soon = later(250, () => refresh().catch(() => {}));
let stream, known = document.documentElement.dataset.sequence, wait = 1_000;

function show(state) {
  if (!place) return;
  place.dataset.state = state;
  place.textContent = say(state);
}

function follow() {
  stream?.close();
  stream = new EventSource(`/live${known ? `?after=${known}` : ""}`);
  stream.addEventListener("open", () => {
    if (place?.dataset.state === "lost") soon();
    show("live");
    wait = 1_000;
  });
  stream.addEventListener("changed", (event) => {
    known = event.lastEventId || known;
    const numbers = event.data.split("\n");
    if (!mine() || numbers.includes(mine()) || document.querySelector("[data-everything]")) soon();
    else document.dispatchEvent(new CustomEvent("changed"));
  });
  stream.addEventListener("error", () => {
    if (isOut()) return;
    show("lost");
    if (stream.readyState === EventSource.CLOSED) {
      // Refused, not lost: whoever is signed out is told by what the page asks next.
      soon();
      setTimeout(() => { if (!isOut()) follow(); }, wait);
      wait = Math.min(wait * 2, 30_000);
    }
  });
}

if (place) {
  follow();
  addEventListener("online", () => { if (!isOut()) follow(); });
  document.addEventListener("signedout", () => { stream?.close(); show("out"); });
  document.addEventListener("signedin", () => { follow(); soon(); });
  addEventListener("offline", () => show("lost"));
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) { follow(); soon(); } });
  // What is due moves without anything happening.
  setInterval(() => { if (!document.hidden && !isOut()) soon(); }, 60_000);
}
