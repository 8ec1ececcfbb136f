// Forms that lose nothing: drafts here and on the server, sending without leaving.
import { later, parse, post, say, toast } from "./page.js";
import { put } from "./swap.js";

// By person: on a machine that several share, nobody finds what another has typed.
const person = document.getElementById("me")?.dataset.person ?? "";
const place = (form) => `draft ${person} ${form.dataset.draft}`;
const texts = (form) => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["csrf", "once", "draft"].includes(name));
// What is empty says something to the server only where the field would hold something if nobody had touched it: there it was emptied.
function typed(form) {
  const held = new Set([...form.querySelectorAll("[data-held] [name]")].map((one) => one.name));
  return texts(form).filter(([name, value]) => value.trim() !== "" || held.has(name));
}

// What reached no server stays on this machine, readable, until its author is back. Once somebody else has signed in here it is gone: it
// holds names and numbers that are none of his business, and a machine is handed over more often than a connection stays away.
try {
  for (const key of Object.keys(localStorage)) {
    if (person && key.startsWith("draft ") && !key.startsWith(`draft ${person} `)) localStorage.removeItem(key);
  }
} catch { /* forbidden: then nothing was kept either */ }

const dirty = {
  add: (form) => { form.dataset.dirty = "yes"; },
  delete: (form) => { delete form.dataset.dirty; },
  has: (form) => form.dataset.dirty !== undefined,
};

function keepHere(form) {
  try { localStorage.setItem(place(form), JSON.stringify(texts(form))); } catch { /* full or forbidden: the server has it */ }
}
function forget(form) {
  try { localStorage.removeItem(place(form)); } catch { /* see above */ }
}

async function keep(form) {
  const note = form.querySelector("[data-saved]");
  try {
    const answer = await post(`/drafts/${encodeURIComponent(form.dataset.draft)}`, new URLSearchParams(typed(form)));
    if (answer.status === 401) { if (note) note.textContent = say("keptLocal"); return; }
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
      // Whom the form was filled in with belongs to what is shown of him; of which version it was begun, to what is warned of.
      else if (one.type !== "file" && (one.type !== "hidden" || ["customer", "seen"].includes(name))) one.value = value;
    }
  }
  dirty.add(form);
  const told = form.querySelector("[data-restored]");
  if (told) told.hidden = false;
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
    // Said by session.js for as long as it is so.
    if (answer.status === 401) return;
    const page = parse(await answer.text());
    const id = form.dataset.within;
    const fresh = page.getElementById(id);
    if (!fresh) { document.open(); document.write(page.documentElement.outerHTML); return document.close(); }
    document.activeElement?.blur();
    // What comes back holds what was typed; what was done before is not what happened now.
    forget(form);
    if (!answer.ok) for (const done of document.querySelectorAll("#main .notice.fine[role=status]")) done.remove();
    put(page, [id, "conflict"].filter(Boolean), { answer: true });
    // Whoever was overtaken reads first what changed; else what is wrong.
    const overtaken = document.querySelector("#conflict .notice");
    const place = document.getElementById(id);
    (overtaken ?? place?.querySelector("[aria-invalid=true], .notice.late"))?.focus({ preventScroll: true });
    (overtaken ?? place)?.scrollIntoView({ block: "start" });
    const again = document.querySelector(`#${CSS.escape(id)} form[data-draft]`);
    if (again) { dirty.add(again); keepHere(again); keepThere(again); }
  } catch {
    // Nothing is lost: it is still in the form, and sending it again is harmless.
    toast(say("notSent"), 8_000);
  } finally {
    if (!sent) delete form.dataset.sending;
    buttons.forEach((one) => { one.disabled = false; });
  }
});

// A draft is thrown away here and on the server; until the page is left it can be taken back.
const UNDO = "discarded draft";
document.addEventListener("submit", async (event) => {
  const removal = event.target;
  if (!removal.matches("[data-discard]") || event.defaultPrevented) return;
  event.preventDefault();
  const form = removal.parentElement.querySelector("form[data-form]");
  const something = dirty.has(form) || form.querySelector("[data-restored]:not([hidden])");
  // No later key brings it back.
  form.dataset.sending = "yes";
  try { if (something) sessionStorage.setItem(UNDO, JSON.stringify([place(form), texts(form)])); } catch { /* then it is gone for good */ }
  dirty.delete(form);
  await saving.get(form);
  forget(form);
  removal.submit();
});
function takeBack() {
  let kept;
  try {
    kept = JSON.parse(sessionStorage.getItem(UNDO) ?? "null");
    sessionStorage.removeItem(UNDO);
  } catch { kept = null; }
  const form = kept && [...forms()].find((one) => one.dataset.draft && place(one) === kept[0]);
  if (!form) return;
  const does = () => {
    try { localStorage.setItem(kept[0], JSON.stringify(kept[1])); } catch { return; }
    restore(form);
    form.dispatchEvent(new CustomEvent("restored", { bubbles: true }));
  };
  toast(say("discarded"), 12_000, { text: say("undo"), does });
}
takeBack();

/** The form that is meant where the focus is in none: the one that a notice speaks of, else the one that is being filled in. */
function meant(target) {
  const told = document.getElementById(target.closest?.("[data-sends]")?.dataset.sends);
  if (told) return told.querySelector("form[data-form]");
  return target === document.body ? [...forms()].find((form) => dirty.has(form)) : undefined;
}

// Ctrl+Enter sends; Enter moves on to the next field where the form says so.
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.key !== "Enter" || event.altKey) return;
  const form = event.target.form ?? event.target.closest?.("form") ?? meant(event.target);
  if (!form?.matches("[data-form]")) return;
  if (event.ctrlKey || event.metaKey) { event.preventDefault(); return form.requestSubmit(); }
  if (form.dataset.enter === undefined || event.target.matches("textarea, button, summary, a")) return;
  event.preventDefault();
  const all = [...form.elements].filter((one) => one.tabIndex >= 0 && !one.disabled && one.type !== "hidden" && one.checkVisibility());
  const name = event.target.name;
  const rest = all.slice(all.indexOf(event.target) + 1).filter((one) => !(one.type === "radio" && one.name === name) && one.type !== "fieldset");
  rest[0]?.focus();
});

addEventListener("beforeunload", (event) => {
  for (const form of forms()) if (dirty.has(form) && !form.dataset.draft) event.preventDefault();
});
