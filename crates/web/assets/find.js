// People are found by typing: a list gets a field that narrows it, a box of choices has one. Whoever is chosen without the role that
// the step wants is said to be so.

/** Whether a label holds all that was typed. */
const holds = (text, sought) => sought.every((part) => text.toLowerCase().includes(part));
const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

function narrow(list, text) {
  const sought = words(text);
  const found = [];
  for (const option of list.options) {
    const fits = !option.value || holds(option.textContent, sought);
    option.hidden = !fits;
    if (fits && option.value) found.push(option);
  }
  for (const group of list.querySelectorAll("optgroup")) group.hidden = ![...group.children].some((one) => !one.hidden);
  if (sought.length && found.length === 1 && !found[0].selected) {
    found[0].selected = true;
    list.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function begin() {
  for (const list of document.querySelectorAll("select[data-find]:not([data-found])")) {
    list.dataset.found = "yes";
    const ask = document.createElement("input");
    ask.type = "search";
    ask.className = "find";
    ask.autocomplete = "off";
    ask.placeholder = list.dataset.find;
    ask.setAttribute("aria-label", `${list.labels?.[0]?.firstChild?.textContent ?? ""} ${list.dataset.find}`.trim());
    ask.addEventListener("input", () => narrow(list, ask.value));
    list.before(ask);
  }
}
begin();
document.addEventListener("swapped", begin);

document.addEventListener("input", (event) => {
  const box = event.target.closest?.("[data-narrows]");
  if (!box) return;
  const sought = words(event.target.value);
  for (const one of box.closest("details").querySelectorAll("label.choice")) one.hidden = !holds(one.textContent, sought);
});

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.matches?.("select[data-misfit]")) {
    const note = document.getElementById(target.dataset.misfit);
    if (note) note.hidden = !target.selectedOptions[0]?.closest("optgroup[data-others]");
  }
  const box = target.closest?.("details.who");
  if (box && target.type === "checkbox") {
    const names = [...box.querySelectorAll(":checked")].map((one) => one.closest("label").textContent.split(" · ", 1)[0].trim());
    const place = box.querySelector("[data-chosen]");
    place.textContent = names.length ? names.join(", ") : place.dataset.chosen;
  }
});
