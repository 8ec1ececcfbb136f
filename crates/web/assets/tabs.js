// The place where one is stands in sight, among tabs as on the way of a case, however long the row is.
function show() {
  for (const here of document.querySelectorAll(".tabs [aria-current], .path [aria-current]")) {
    const row = here.parentElement;
    row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
  }
}
show();
document.addEventListener("swapped", show);
