// A session that ends while something is being filled in: that is said until somebody has signed in again, in another tab; then this
// page goes on where it was.
import { parse, say, toast } from "./page.js";

let notice;
export const isOut = () => Boolean(notice);

document.addEventListener("signedout", () => {
  if (notice) return;
  notice = document.createElement("div");
  notice.id = "signed-out";
  notice.className = "notice near";
  notice.setAttribute("role", "alert");
  const link = document.createElement("a");
  link.className = "button small";
  link.href = "/sign-in";
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = say("signInDo");
  const text = document.createElement("p");
  text.textContent = say("signIn");
  notice.append(text, link);
  document.getElementById("main")?.prepend(notice);
});

/** Looks whether somebody is signed in again: the page takes the new session's token along. */
async function look() {
  if (!notice || document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    const page = parse(await answer.text());
    const person = page.getElementById("me")?.dataset.person;
    if (!person || !notice) return;
    // What stands here is another person's: whoever came sees his own.
    if (person !== document.getElementById("me")?.dataset.person) return location.reload();
    const token = page.querySelector("meta[name=csrf]").content;
    document.querySelector("meta[name=csrf]").content = token;
    for (const one of document.querySelectorAll("input[name=csrf]")) one.value = token;
    notice.remove();
    notice = undefined;
    document.dispatchEvent(new CustomEvent("signedin"));
    toast(say("signedIn"));
  } catch { /* the next time */ }
}
document.addEventListener("visibilitychange", look);
addEventListener("focus", look);
