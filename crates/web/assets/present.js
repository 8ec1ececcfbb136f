// Tells the server that this case is open here, and shows who else has it open or is writing.
import { parse, post } from "./page.js";
import { put } from "./swap.js";

const open = document.querySelector("[data-case]");
async function tell() {
  if (document.hidden) return;
  const writes = document.querySelector("form[data-dirty]") ? "yes" : "no";
  try {
    const answer = await post(`/cases/${encodeURIComponent(open.dataset.number)}/here`, new URLSearchParams({ writes }));
    if (answer.ok) put(parse(await answer.text()), ["present"]);
  } catch { /* the next time */ }
}
if (open) {
  tell();
  setInterval(tell, 20_000);
  let wrote = false;
  document.addEventListener("input", () => { if (!wrote && document.querySelector("form[data-dirty]")) { wrote = true; tell(); } });
}
