// Forms that lose nothing: drafts here and on the server, sending without leaving.
import { later, parse, post, say, toast } from "./page.js";
import { put } from "./swap.js";

// By person: on a machine that several share, nobody finds what another has typed.
const person = document.getElementById("me")?.dataset.person ?? "";
const place = (form) => `draft ${person} ${form.dataset.draft}`;
const typed = (form) => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["csrf", "seen", "key"].includes(name));
const dirty = {
  add: (form) => { form.dataset.dirty = "yes"; },
  delete: (form) => { delete form.dataset.dirty; },
  has: (form) => form.dataset.dirty !== undefined,
};

function keepHere(form) {
  try { localStorage.setItem(place(form), JSON.stringify(typed(form))); } catch { /* full or forbidden: the server has it */ }
}
function forget(form) {
  try { localStorage.removeItem(place(form)); } catch { /* see above */ }
}

async function keep(form) {
  const note = form.querySelector("[data-saved]");
  try {
    const answer = await post(`/drafts/${encodeURIComponent(form.dataset.draft)}`, new URLSearchParams(typed(form)));
    if (!answer.ok) throw new Error();
    // On the server now; it follows to another device.
    forget(form);
    if (note) note.textContent = say("kept");
  } catch {
    if (note) note.textContent = say("keptHere");
  }
}
const saving = new WeakMap();
const keepThere = later(900, (form) => {
  // What is being sent is no draft any more.
  if (form.dataset.sending === undefined) saving.set(form, keep(form));
});

/** Puts back what was typed and did not reach the server. */
function restore(form) {
  let kept;
  try { kept = JSON.parse(localStorage.getItem(place(form)) ?? "null"); } catch { kept = null; }
  if (!kept) return;
  for (const one of form.elements) if (one.type === "checkbox" || one.type === "radio") one.checked = false;
  for (const [name, value] of kept) {
    for (const one of form.elements) {
      if (one.name !== name) continue;
      if (one.type === "checkbox" || one.type === "radio") { if (one.value === value) one.checked = true; }
      else if (one.tagName === "SELECT" && one.multiple) { for (const option of one.options) if (option.value === value) option.selected = true; }
      else if (one.type !== "file" && one.type !== "hidden") one.value = value;
    }
  }
  dirty.add(form);
  toast(say("restored"));
  keepThere(form);
}

const forms = () => document.querySelectorAll("form[data-form]");
const begin = () => forms().forEach((form) => {
  if (form.dataset.begun) return;
  form.dataset.begun = "yes";
  if (form.dataset.draft) restore(form);
});
begin();
document.addEventListener("swapped", begin);

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.matches("[data-form]")) return;
  dirty.add(form);
  if (form.dataset.draft) { keepHere(form); keepThere(form); }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-form]") || event.defaultPrevented) return;
  event.preventDefault();
  const body = form.enctype === "multipart/form-data" ? new FormData(form, event.submitter) : new URLSearchParams([...new FormData(form, event.submitter)].filter(([, value]) => typeof value === "string"));
  const buttons = form.querySelectorAll("button");
  buttons.forEach((one) => { one.disabled = true; });
  form.dataset.sending = "yes";
  let sent = false;
  try {
    await saving.get(form);
    const answer = await post(form.action, body);
    if (answer.redirected) {
      forget(form);
      dirty.delete(form);
      sent = true;
      return location.assign(answer.url);
    }
    if (answer.status === 401) return toast(say("signIn"), 8_000);
    const page = parse(await answer.text());
    const id = form.dataset.within;
    const fresh = page.getElementById(id);
    if (!fresh) { document.open(); document.write(page.documentElement.outerHTML); return document.close(); }
    document.activeElement?.blur();
    put(page, [id, "conflict"].filter(Boolean), { answer: true });
    // Whoever was overtaken reads first what changed; else what is wrong.
    const overtaken = document.querySelector("#conflict .notice");
    const place = document.getElementById(id);
    (overtaken ?? place?.querySelector("[aria-invalid=true], .notice.late"))?.focus({ preventScroll: true });
    (overtaken ?? place)?.scrollIntoView({ block: "start" });
    const again = document.querySelector(`#${CSS.escape(id)} form[data-draft]`);
    if (again) { dirty.add(again); keepThere(again); }
  } catch {
    // Nothing is lost: it is still in the form, and sending it again is harmless.
    toast(say("notSent"), 8_000);
  } finally {
    if (!sent) delete form.dataset.sending;
    buttons.forEach((one) => { one.disabled = false; });
  }
});

/** The form that is meant where the focus is in none: the one that a notice speaks of, else the one that is being filled in. */
function meant(target) {
  const told = document.getElementById(target.closest?.("[data-sends]")?.dataset.sends);
  if (told) return told.querySelector("form[data-form]");
  return target === document.body ? [...forms()].find((form) => dirty.has(form)) : undefined;
}

// Ctrl+Enter sends; Enter moves on to the next field where the form says so.
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.key !== "Enter") return;
  const form = event.target.form ?? event.target.closest?.("form") ?? meant(event.target);
  if (!form?.matches("[data-form]")) return;
  if (event.ctrlKey || event.metaKey) { event.preventDefault(); return form.requestSubmit(); }
  if (form.dataset.enter === undefined || event.target.matches("textarea, button, summary, a")) return;
  event.preventDefault();
  const all = [...form.elements].filter((one) => one.tabIndex >= 0 && !one.disabled && one.type !== "hidden" && one.offsetParent !== null);
  const name = event.target.name;
  const rest = all.slice(all.indexOf(event.target) + 1).filter((one) => !(one.type === "radio" && one.name === name) && one.type !== "fieldset");
  rest[0]?.focus();
});

addEventListener("beforeunload", (event) => {
  for (const form of forms()) if (dirty.has(form) && !form.dataset.draft) event.preventDefault();
});
