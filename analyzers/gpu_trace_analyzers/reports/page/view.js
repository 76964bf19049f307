// Which stretch of time is in view, and where on the canvas does a time lie?

const SHORTEST = 200;  // ns

export class View {
  // All of a span; `changed` is called whenever another stretch of it comes into view.
  constructor(span, changed) {
    Object.assign(this, { span, changed, from: 0, to: span, left: 0, right: 1 });
  }

  copy() { return Object.assign(Object.create(View.prototype), this); }

  get length() { return this.to - this.from; }
  get perPixel() { return this.length / (this.right - this.left); }

  x(ns) { return this.left + (ns - this.from) / this.perPixel; }
  at(px) { return this.from + (px - this.left) * this.perPixel; }

  // The nearest that can be shown: whole ns, inside the span. So a share in view is one that `summary --from` can have.
  show(from, to) {
    const length = Math.min(Math.max(Math.round(to - from), SHORTEST), this.span);
    this.from = Math.min(Math.max(Math.round(from), 0), this.span - length);
    this.to = this.from + length;
    this.changed();
  }

  // An interval with as much before and behind it.
  around(from, to) {
    const margin = Math.max(to - from, (SHORTEST - (to - from)) / 2);
    this.show(from - margin, to + margin);
  }

  all() { this.show(0, this.span); }

  pan(share) {
    const by = share * this.length;
    this.show(this.from + by, this.to + by);
  }

  // The time under a pixel stays there.
  zoom(by, px = (this.left + this.right) / 2) {
    const center = this.at(px);
    this.show(center - (center - this.from) / by, center + (this.to - center) / by);
  }
}
