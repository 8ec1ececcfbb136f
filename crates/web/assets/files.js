// Files of a form: by choosing, pasting and dropping; each is listed with its name, images as they look, and can be taken out again.
import { isTyping, say, toast } from "./page.js";

const picked = new WeakMap();
const same = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

function hold(input, files) {
  const all = new DataTransfer();
  for (const file of files) all.items.add(file);
  input.files = all.files;
  picked.set(input, files);
  draw(input, files);
}

function add(input, files) {
  const known = picked.get(input) ?? [];
  hold(input, [...known, ...[...files].filter((file) => !known.some((one) => same(one, file)))]);
}

function line(input, file) {
  const item = document.createElement("li");
  item.className = "tag";
  if (file.type.startsWith("image/")) {
    const image = document.createElement("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    item.append(image);
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "bare small";
  button.textContent = "×";
  button.setAttribute("aria-label", say("takeOut").replace("{name}", file.name));
  button.addEventListener("click", () => {
    hold(input, picked.get(input).filter((one) => one !== file));
    input.focus();
  });
  item.append(file.name, button);
  return item;
}

function draw(input, files) {
  let list = input.nextElementSibling;
  if (!list?.matches(".picked")) {
    list = document.createElement("ul");
    list.className = "files picked";
    list.setAttribute("role", "status");
    input.after(list);
  }
  list.replaceChildren(...files.map((file) => line(input, file)));
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("form[data-form] input[type=file]")) add(event.target, event.target.files);
});

// What is on the server already is taken out of the form, and of the case when the form is sent.
const begin = () => document.querySelectorAll("[data-take-out]").forEach((one) => { one.hidden = false; });
begin();
document.addEventListener("swapped", begin);
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-take-out]");
  if (!button) return;
  const form = button.closest("form");
  button.closest("li").remove();
  form?.querySelector("[name]")?.dispatchEvent(new Event("input", { bubbles: true }));
});

const place = (form) => form?.querySelector("input[type=file]");

/** Files that came without anybody having looked for their place: it is opened, brought into sight and named. */
function take(input, files) {
  for (let fold = input.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  add(input, files);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  input.closest(".field")?.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  toast(say("filesAdded").replace("{names}", [...files].map((file) => file.name).join(", ")), 5_000);
}

/** The form that is meant where somebody pastes or drops: the one around it, else the first that takes files. */
function formAt(target) {
  const all = [...document.querySelectorAll("form[data-form]")];
  const form = target.form ?? target.closest?.("form") ?? all.find(place) ?? all[0];
  return form?.matches("[data-form]") ? form : null;
}

function bring(form, files) {
  const input = place(form);
  if (input) return take(input, files);
  const elsewhere = form.dataset.filesAt;
  toast(elsewhere ? say("noFilesHere").replace("{step}", elsewhere) : say("noFiles"), 8_000);
}

document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  if (!files?.length) return;
  // Tables and web pages bring a picture of themselves along: where one writes, their text is meant.
  if (isTyping(event.target) && event.clipboardData.types.includes("text/plain")) return;
  const form = formAt(event.target);
  if (!form) return;
  event.preventDefault();
  bring(form, files);
});
// A file that is dropped beside a form would be opened in place of the page.
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const form = event.dataTransfer?.types.includes("Files") && formAt(event.target);
    if (!form) return;
    event.preventDefault();
    place(form)?.classList.toggle("drop", kind === "dragover");
    if (kind === "drop") bring(form, event.dataTransfer.files);
  });
}
