// The reference of the API: operations are found while typing, and tried out in the session of whoever looks.
import { csrf, say } from "./page.js";

/** Characters of an answer that are shown; the rest can be saved. */
const MOST = 200_000;

const filter = document.querySelector("[data-filter]");
function find() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let any = false;
  for (const chapter of document.querySelectorAll("[data-chapter]")) {
    let some = false;
    for (const one of chapter.querySelectorAll("[data-operation]")) {
      const shown = one.textContent.toLowerCase();
      one.hidden = !words.every((word) => shown.includes(word));
      some ||= !one.hidden;
    }
    chapter.hidden = !some;
    any ||= some;
  }
  document.getElementById("nothing").hidden = any;
}
if (filter) {
  filter.addEventListener("input", find);
  filter.form.addEventListener("submit", (event) => event.preventDefault());
  if (filter.value) find();
}

const form = document.querySelector("form[data-call]");
const part = (name, within = form) => within.querySelector(`[data-${name}]`);

/** The request that the form says: address, method, headers, body. */
function request() {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const one of form.querySelectorAll("[data-in]")) {
    if (one.value === "") continue;
    if (one.dataset.in === "path") path = path.replace(`{${one.name}}`, encodeURIComponent(one.value));
    else if (one.dataset.in === "query") query.append(one.name, one.value);
    else headers[one.name] = one.value;
  }
  const text = part("body")?.value;
  if (text) headers["Content-Type"] = "application/json";
  const asked = query.toString();
  return { method: form.dataset.method.toUpperCase(), address: asked ? `${path}?${asked}` : path, headers, text, file: part("file")?.files[0] };
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The same as a command, with a place for a key. */
function command({ method, address, headers, text, file }) {
  const words = [method === "GET" ? "curl -i" : `curl -i -X ${method}`, quoted(location.origin + address)];
  if (form.dataset.key !== undefined) words.push('-H "Authorization: Bearer $KEY"');
  for (const [name, value] of Object.entries(headers)) words.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (text) words.push(`-d ${quoted(text)}`);
  if (part("file")) words.push(`-F ${quoted(`file=@${file?.name ?? "FILE"}`)}`);
  return words.join(" \\\n  ");
}

let stopping;

/** Sends it, and shows what comes, as it comes. */
async function send({ method, address, headers, text, file }) {
  const came = document.querySelector("[data-came]");
  const [status, took, said, body, save] = ["status", "took", "headers", "text", "save"].map((name) => part(name, came));
  let content = text;
  if (file) {
    content = new FormData();
    content.append("file", file);
  }
  stopping?.abort();
  const mine = new AbortController();
  stopping = mine;
  came.hidden = false;
  status.textContent = "…";
  status.className = "";
  for (const one of [took, said, body]) one.textContent = "";
  save.hidden = true;
  part("stop").hidden = false;
  const begun = performance.now();
  try {
    const answer = await fetch(address, {
      method, body: content || undefined, signal: mine.signal, credentials: "same-origin",
      headers: { Accept: "*/*", ...headers, "X-CSRF-Token": csrf() },
    });
    status.textContent = `${answer.status} ${answer.statusText}`;
    status.className = answer.ok ? "fine" : "late";
    took.textContent = `${Math.round(performance.now() - begun)} ms`;
    said.textContent = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    await show(answer, body, save);
  } catch (error) {
    if (error.name !== "AbortError") { status.textContent = say("lost"); status.className = "late"; }
  } finally {
    if (stopping === mine) part("stop").hidden = true;
  }
  came.scrollIntoView({ block: "nearest" });
}

async function show(answer, place, save) {
  const kind = answer.headers.get("content-type") ?? "";
  if (!/json|^text\//.test(kind) || /attachment/.test(answer.headers.get("content-disposition") ?? "")) {
    const file = await answer.blob();
    if (!file.size) return;
    if (save.href) URL.revokeObjectURL(save.href);
    save.href = URL.createObjectURL(file);
    save.download = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "answer";
    save.hidden = false;
    return;
  }
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    if (text.length > MOST) { await reader.cancel(); text = `${text.slice(0, MOST)}…`; break; }
    // A stream of events never ends by itself.
    place.textContent = text;
  }
  try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* shown as it came */ }
  place.textContent = text;
}

if (form) {
  form.hidden = false;
  const line = document.querySelector(".attempt [data-command-line]");
  const really = part("really");
  const changed = () => {
    line.textContent = command(request());
    if (really) really.hidden = true;
  };
  changed();
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const call = request();
    // What changes something is asked for twice; the focus does not stand on the button, so that one key pressed twice does nothing.
    if (really && event.submitter?.value !== "yes") {
      part("line").textContent = `${call.method} ${call.address}`;
      really.hidden = false;
      return really.focus();
    }
    if (really) really.hidden = true;
    send(call);
  });
  part("no")?.addEventListener("click", () => { really.hidden = true; part("send").focus(); });
  part("stop").addEventListener("click", () => stopping?.abort());
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) { event.preventDefault(); form.requestSubmit(part("send")); }
  });
}
