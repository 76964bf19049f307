// Which finding comes next? In the order in which the page has them; after the last, the first.
import { show } from "./places.js";

const FINDINGS = "[data-finding][data-start-ns]";

export class Findings {
  constructor() { this.at = null; }

  // To the next, with 1, or to the one before, with -1. Those in view are counted from, too, if one was clicked.
  go(by) {
    const all = [...document.querySelectorAll(FINDINGS)];
    if (!all.length) return;
    const last = all.indexOf(this.at);
    this.at = all[last < 0 && by < 0 ? all.length - 1 : (last + by + all.length) % all.length];
    show(this.at);
  }
}
