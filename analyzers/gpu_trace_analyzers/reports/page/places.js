// What happens when something that has a place in time is clicked? Whoever draws the time brings it into view.
//
// Anything on the page may have `data-start-ns` and `data-end-ns` (ns since the page's zero), and, where it is of one
// rank or device, `data-rank` or `data-device`.

const PLACED = "[data-start-ns][data-end-ns]";
const CLICKS = "button, a, summary";  // with Enter, by themselves

export function places() {
  document.addEventListener("click", (event) => show(event.target.closest(PLACED)));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches(PLACED) && !event.target.matches(CLICKS)) show(event.target);
  });
  for (const element of document.querySelectorAll(PLACED))
    if (!element.hasAttribute("tabindex") && element.tabIndex < 0) element.tabIndex = 0;
}

// Asks for the time of an element.
export function show(element) {
  if (!element) return;
  const { startNs, endNs, rank, device } = element.dataset, known = (text) => text === undefined ? null : Number(text);
  const detail = { start_ns: Number(startNs), end_ns: Number(endNs), rank: known(rank), device: known(device) };
  document.dispatchEvent(new CustomEvent("gpu-trace:show", { detail }));
}
