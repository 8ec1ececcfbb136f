// What the modules share: words, requests, messages.
export const words = JSON.parse(document.getElementById("words")?.dataset.words ?? "{}");
export const say = (key) => words[key] ?? key;

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
export const csrf = () => meta("csrf");

/** Posts a form's fields; resolves with the answer, rejects when there is none. */
export const post = (url, body) =>
  fetch(url, { method: "POST", body, headers: { "X-CSRF-Token": csrf(), Accept: "text/html" }, credentials: "same-origin" });

export const parse = (html) => new DOMParser().parseFromString(html, "text/html");

let gone;
/** Says something for a moment; screen readers read it as well. */
export function toast(text, stays = 3500) {
  let place = document.getElementById("toast");
  if (!place) {
    place = document.createElement("div");
    place.id = "toast";
    place.className = "toast";
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  place.hidden = false;
  place.textContent = text;
  clearTimeout(gone);
  gone = setTimeout(() => { place.hidden = true; }, stays);
}

/** Whether somebody is typing into something. */
export const isTyping = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit])"));

export const later = (milliseconds, work) => {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => work(...given), milliseconds); };
};
