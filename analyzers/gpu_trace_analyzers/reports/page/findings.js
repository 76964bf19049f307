// Which finding comes next? In the order in which the page has them; after the last, the first.
import { show } from "./places.js";

const FINDINGS = "[data-finding][data-start-ns]";

export class Findings {
  constructor() { this.at = null; }

  // To the next, with 1, or to the one before, with -1.
  go(by) {
    const all = eachOnce(document.querySelectorAll(FINDINGS));
    if (!all.length) return;
    const last = all.indexOf(this.at);
    this.at = all[last < 0 && by < 0 ? all.length - 1 : (last + by + all.length) % all.length];
    show(this.at);
  }
}

// The page has a loss in several places: the first of them counts.
function eachOnce(elements) {
  const first = new Map();
  for (const element of elements)
    if (!first.has(element.dataset.finding)) first.set(element.dataset.finding, element);
  return [...first.values()];
}
