// What the modules share: words, requests, messages.
export const words = JSON.parse(document.getElementById("words")?.dataset.words ?? "{}");
export const say = (key) => words[key] ?? key;

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
export const csrf = () => meta("csrf");

/** Posts a form's fields; resolves with the answer, rejects when there is none. Whoever is signed out meanwhile is told (session.js). */
export async function post(url, body) {
  const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRF-Token": csrf(), Accept: "text/html" }, credentials: "same-origin" });
  if (answer.status === 401) document.dispatchEvent(new CustomEvent("signedout"));
  return answer;
}

export const parse = (html) => new DOMParser().parseFromString(html, "text/html");

// There from the beginning: a live region that comes along with its text is read by few.
const region = document.createElement("div");
region.setAttribute("role", "status");
document.body.append(region);
let gone;
/** Says something for a moment, with something to do about it if need be; screen readers read it as well. */
export function toast(text, stays = 3500, action) {
  const place = document.getElementById("toast") ?? document.createElement("div");
  place.id = "toast";
  place.className = "toast";
  place.replaceChildren(text);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.textContent = action.text;
    button.addEventListener("click", () => { place.remove(); action.does(); });
    place.append(button);
  }
  region.append(place);
  clearTimeout(gone);
  gone = setTimeout(() => place.remove(), stays);
}

/** Where one begins to fill something in: its first field, else what sends it. */
export function first(place) {
  const controls = place?.querySelectorAll(".fields :is(input:not([type=hidden]), select, textarea)") ?? [];
  const fields = [...controls].filter((one) => !one.disabled && one.checkVisibility());
  const chosen = fields[0]?.type === "radio" && fields.find((one) => one.name === fields[0].name && one.checked);
  return chosen || fields[0] || place?.querySelector(".actions button[type=submit]");
}

/** Whether somebody is typing into something. */
export const isTyping = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit])"));

export const later = (milliseconds, work) => {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => work(...given), milliseconds); };
};
