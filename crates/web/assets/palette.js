// The command bar: search while typing, and every command of the page by its name.
import { later, parse, say } from "./page.js";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const hits = dialog?.querySelector(".hits");
const none = document.createElement("p");
none.className = "none quiet";
none.setAttribute("role", "status");
hits?.after(none);
let asked = 0;

/** Commands: every link and button of this page that names itself. */
function commands(text) {
  const found = [];
  for (const one of document.querySelectorAll("[data-command]")) {
    const name = one.dataset.command;
    if (name.toLowerCase().includes(text.toLowerCase()) && !found.some((known) => known.name === name)) found.push({ name, one });
  }
  return found.slice(0, text ? 8 : 20);
}

function line(name, key) {
  const button = document.createElement("button");
  button.type = "button";
  button.role = "option";
  const what = document.createElement("span");
  what.className = "what";
  what.textContent = name;
  button.append(what);
  if (key) { const mark = document.createElement("kbd"); mark.textContent = key; button.append(mark); }
  return button;
}

function head(text) {
  const place = document.createElement("p");
  place.className = "head";
  place.textContent = text;
  return place;
}

const options = () => [...hits.querySelectorAll("[role=option]")];
function choose(one) {
  options().forEach((option, place) => {
    option.setAttribute("aria-selected", String(option === one));
    option.id ||= `hit-${place}`;
    option.tabIndex = -1;
  });
  if (one) { input.setAttribute("aria-activedescendant", one.id); one.scrollIntoView({ block: "nearest" }); }
  else input.removeAttribute("aria-activedescendant");
}

function draw(text, cases) {
  const found = commands(text);
  hits.replaceChildren();
  if (cases?.children.length) hits.append(...cases.children);
  if (found.length) {
    hits.append(head(say("commands")));
    for (const { name, one } of found) {
      const button = line(name, one.dataset.shortcut);
      button.addEventListener("click", () => { dialog.close(); one.click(); });
      hits.append(button);
    }
  }
  // What cannot be chosen is no option: it is said beside the list.
  none.textContent = hits.children.length ? "" : say("nothing");
  hits.hidden = !hits.children.length;
  input.setAttribute("aria-expanded", String(!hits.hidden));
  choose(options()[0]);
}

async function look() {
  const text = input.value.trim();
  const turn = ++asked;
  if (!text) return draw("");
  try {
    const answer = await fetch(`/search?q=${encodeURIComponent(text)}&part=hits`, { credentials: "same-origin" });
    const page = parse(await answer.text());
    if (turn === asked) draw(text, page.getElementById("hits"));
  } catch {
    if (turn === asked) draw(text);
  }
}
const soon = later(120, look);

function open() {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  input.value = "";
  look();
}

if (dialog) {
  document.addEventListener("palette", open);
  for (const finder of document.querySelectorAll("[data-finder]")) {
    finder.addEventListener("focus", () => { finder.blur(); open(); });
  }
  input.addEventListener("input", (event) => { if (!event.isComposing) soon(); });
  input.addEventListener("compositionend", soon);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const all = options();
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      all[Math.max(at, 0)]?.click();
    }
  });
}
