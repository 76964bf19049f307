// How does the eye follow when another stretch of time comes into view? It glides there, unless motion is unwelcome.

const LASTS = 220;  // ms

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Glide {
  constructor() { this.since = -Infinity; }

  // Begins at what a view shows now, on the way to what it will show.
  begin(view) {
    if (calm()) return;
    this.first = view.copy();
    this.since = performance.now();
  }

  end() { this.since = -Infinity; }

  get runs() { return performance.now() - this.since < LASTS; }

  // What the eye sees of a view now.
  of(view) {
    if (!this.runs) return view;
    const done = (performance.now() - this.since) / LASTS, eased = 1 - (1 - done) ** 3, seen = view.copy();
    seen.from = this.first.from + eased * (view.from - this.first.from);
    seen.to = this.first.to + eased * (view.to - this.first.to);
    return seen;
  }
}
