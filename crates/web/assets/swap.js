// Links and forms with data-swap replace one part of the page with the same part of the answer; the address stays true.
import { first, parse, say, toast } from "./page.js";

const fetched = async (url) => {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  const out = answer.redirected && new URL(answer.url).pathname === "/sign-in";
  // Nobody is sent away from what he has not sent yet.
  if (out && document.querySelector("form[data-dirty]")) document.dispatchEvent(new CustomEvent("signedout"));
  else if (out) location.assign(answer.url);
  return { ok: answer.ok && !out, out, url: answer.url, page: parse(await answer.text()) };
};

const numberOf = (row) => row.querySelector("[data-number]")?.dataset.number;

/** Where somebody stands in a list, by the case's number: what was replaced puts him there again, beside it where the case has gone. */
function standing(part) {
  const rows = [...part.querySelectorAll("[data-row]")];
  const row = rows.find((one) => one.matches(".here"));
  if (!row) return () => {};
  const at = document.activeElement;
  const inside = [...row.querySelectorAll("a, button, input:not([type=hidden])")].indexOf(at);
  return (fresh) => {
    const all = [...fresh.querySelectorAll("[data-row]")];
    const same = all.find((one) => numberOf(one) === numberOf(row));
    const now = same ?? all[Math.min(rows.indexOf(row), all.length - 1)];
    now?.classList.add("here");
    if (now && inside >= 0) (now.querySelectorAll("a, button, input:not([type=hidden])")[same ? inside : 0] ?? now.querySelector("a"))?.focus({ preventScroll: true });
  };
}

/** Replaces the parts with these ids by those of another page. What somebody is filling in stays, unless it is the answer to that. */
export function put(page, ids, { answer = false } = {}) {
  for (const id of ids) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (!old || !fresh) continue;
    const busy = old.querySelector("form[data-dirty], [data-keep] :focus") || (old.contains(document.activeElement) && document.activeElement.closest("form[data-form]"));
    if (busy && !answer && !old.matches("[data-always]")) continue;
    const open = [...old.querySelectorAll("details[open][id]")].map((one) => one.id);
    const stand = standing(old);
    old.replaceWith(document.adoptNode(fresh));
    stand(fresh);
    open.forEach((one) => document.getElementById(one)?.setAttribute("open", ""));
  }
  document.dispatchEvent(new CustomEvent("swapped"));
}

/** Loads an address into parts of this page. */
export async function swap(url, ids, { remember = true } = {}) {
  try {
    const { ok, out, url: final, page } = await fetched(url);
    if (out) return;
    if (!ok || !page.getElementById(ids[0])) return location.assign(url);
    put(page, ids, { answer: true });
    if (remember) history.pushState({ ids }, "", final);
    document.title = page.title || document.title;
  } catch {
    toast(say("lost"));
  }
}

/** Shows the parts of this page that change by themselves as they are now. */
export async function refresh() {
  const ids = [...document.querySelectorAll("[data-live]")].map((one) => one.id);
  if (!ids.length) return;
  const { ok, page } = await fetched(location.href);
  if (ok) put(page, ids);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-swap]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const ids = link.dataset.swap.split(" ");
  swap(link.href, ids).then(() => {
    if (link.hash) document.querySelector(link.hash)?.scrollIntoView({ block: "start" });
    const begins = link.dataset.focus && (document.querySelector(link.dataset.focus) ?? first(link.hash && document.querySelector(link.hash)));
    if (begins) begins.focus();
  });
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get" || !form.dataset.swap) return;
  event.preventDefault();
  const filled = [...new FormData(form)].filter(([, value]) => value !== "");
  swap(`${form.action.split("?")[0]}?${new URLSearchParams(filled)}`, form.dataset.swap.split(" "));
});
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.dataset.auto !== undefined && event.target.matches("select, [type=checkbox], [type=radio]")) form.requestSubmit();
});
// What was just done is said once.
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(history.state, "", here);
}
addEventListener("popstate", (event) => {
  if (event.state?.ids) swap(location.href, event.state.ids, { remember: false });
  else if (document.querySelector("[data-swap]")) location.reload();
});
