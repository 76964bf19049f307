// What happens when something that is of ranks is clicked? Whoever draws ranks marks them. The keys n and p go through
// the findings.

const OF_RANKS = "[data-ranks]", FINDINGS = "[data-finding] [data-ranks]", ROWS = "tr[data-ranks]";
const FOLDED = "details:not([open])";
const WAYS = { n: 1, p: -1 };

export function ofRanks() {
  document.addEventListener("click", (event) => show(event.target.closest(OF_RANKS)));
  for (const row of document.querySelectorAll(ROWS)) row.tabIndex = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches(ROWS)) show(event.target);
    const way = WAYS[event.key.toLowerCase()];
    if (!way || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    next(way);
  });
}

// Asks for the ranks of an element: the first and the last of each stretch.
function show(element) {
  if (!element) return;
  const ranks = element.dataset.ranks.split(",").map((stretch) => stretch.split("-").map(Number));
  document.dispatchEvent(new CustomEvent("gpu-trace:ranks", { detail: { ranks } }));
}

function next(way) {
  const all = [...document.querySelectorAll(FINDINGS)].filter((each) => !each.closest(FOLDED));
  const last = all.indexOf(document.activeElement);
  if (!all.length) return;
  const found = all[last < 0 && way < 0 ? all.length - 1 : (last + way + all.length) % all.length];
  found.focus();
  show(found);
}
