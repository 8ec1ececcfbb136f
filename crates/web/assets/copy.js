// Text that is wanted elsewhere - a link, a command - is one press away; without a clipboard it is selected by hand.
import { say, toast } from "./page.js";

function offer() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  const text = button?.parentElement.querySelector("[data-copied]");
  if (text) navigator.clipboard.writeText(text.textContent).then(() => toast(say("copied")), () => getSelection().selectAllChildren(text));
});

document.addEventListener("swapped", offer);
offer();
