// When is the timeline drawn, and how much of it? All of it in the next frame; where that takes long, first what the
// window shows, and the rest when nothing has moved for a while.

const LONG = 8;  // ms: half of a frame
const WHILE = 120;  // ms

export class Frames {
  // `draw` begins anew, with all or with what the window shows; `rest` adds what that left out.
  constructor(draw, rest) {
    Object.assign(this, { draw, rest, took: 0, asked: false, waiting: 0 });
  }

  ask() {
    clearTimeout(this.waiting);
    this.waiting = 0;
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => this.next());
  }

  // The window shows something that may not be drawn yet.
  scrolled() { if (this.waiting) this.ask(); }

  next() {
    this.asked = false;
    if (this.took <= LONG) return this.all();
    const took = timed(() => this.draw(false));
    this.waiting = setTimeout(() => {
      this.waiting = 0;
      this.took = took + timed(this.rest);
    }, WHILE);
  }

  all() { this.took = timed(() => this.draw(true)); }
}

function timed(work) {
  const began = performance.now();
  work();
  return performance.now() - began;
}
