// While a case is taken down: who calls, what is open already, and what the deadlines will be.
import { later, parse, post } from "./page.js";
import { put } from "./swap.js";

const form = () => document.querySelector("form[data-look]");
let turn = 0;
const look = later(300, async () => {
  const one = form();
  if (!one) return;
  const mine = ++turn;
  const body = new URLSearchParams([...new FormData(one)].filter(([, value]) => typeof value === "string"));
  try {
    const answer = await post(one.dataset.look, body);
    if (answer.ok && mine === turn) put(parse(await answer.text()), ["foreseen", "known"]);
  } catch { /* the next key tries again */ }
});
document.addEventListener("input", (event) => { if (event.target.form && event.target.form === form()) look(); });
if (form()) {
  look();
  if (document.activeElement === document.body) form().querySelector(".fields input:not([type=hidden])")?.focus();
}
