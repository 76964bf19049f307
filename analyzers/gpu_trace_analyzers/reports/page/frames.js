// When is the timeline drawn, and how much of it? All of it in the next frame; where that takes long, first what the
// window shows, and the rest when nothing has moved for a while.

const LONG = 8;  // ms: half of a frame
const WHILE = 120;  // ms

export class Frames {
  // `draw` is told whether to draw all.
  constructor(draw) {
    Object.assign(this, { draw, took: 0, asked: false, rest: 0 });
  }

  ask() {
    clearTimeout(this.rest);
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => this.next());
  }

  // The window shows something that may not be drawn yet.
  scrolled() { if (this.took > LONG) this.ask(); }

  next() {
    this.asked = false;
    if (this.took <= LONG) return this.all();
    this.draw(false);
    this.rest = setTimeout(() => this.all(), WHILE);
  }

  all() {
    const began = performance.now();
    this.draw(true);
    this.took = performance.now() - began;
  }
}
