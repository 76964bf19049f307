// The timeline: what is in view, what is chosen, what is marked, and what is told of it.
import { Findings } from "./findings.js";
import { gestures } from "./gestures.js";
import { keys } from "./keys.js";
import { position } from "./lane.js";
import { Painting } from "./painting.js";
import { single, told, under } from "./telling.js";
import { time } from "./times.js";
import { unpacked } from "./unpacking.js";
import { View } from "./view.js";

// Draws the timeline of the page, where it has one, as soon as its data is unpacked.
export async function timeline() {
  const root = document.getElementById("timeline");
  if (!root) return;
  try {
    const shown = new Timeline(root, await unpacked(JSON.parse(document.getElementById("data").textContent)));
    gestures(shown);
    keys(shown, new Findings());
    document.addEventListener("gpu-trace:show", ({ detail }) => shown.reveal(detail));
  } catch (problem) {
    document.getElementById("tip").textContent = "This browser cannot draw the timeline: " + problem.message;
  }
}

class Timeline {
  constructor(root, data) {
    const canvas = root.querySelector("canvas"), view = new View(data.span, () => this.moved());
    Object.assign(this, { root, data, canvas, view, tip: document.getElementById("tip"), chosen: null, marked: null });
    this.hint = this.tip.textContent;
    this.painting = new Painting(canvas, view, data);
    this.exposed = data.groups.flatMap((group) => group.lanes.filter(({ kind }) => kind === "lost-copy" || kind === "lost-collective"));
    new ResizeObserver(() => this.resized()).observe(root);
    document.addEventListener("gpu-trace:theme", () => this.redraw());
    this.resized();
    this.moved();
  }

  resized() {
    this.painting.place();
    this.draw();
  }

  // Another stretch of time is in view.
  moved() {
    this.root.dataset.viewStartNs = this.view.from;
    this.root.dataset.viewEndNs = this.view.to;
    if (this.chosen && this.chosen.count) this.tell(null);
    this.redraw();
  }

  redraw() {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    const { view } = this, step = view.length / 1000;
    this.queued = false;
    this.painting.draw(this.chosen, this.marked);
    document.getElementById("shown").textContent =
      time(view.length, step) + " from " + (view.from ? time(view.from, 10 * view.perPixel, view.to) : "0");
    this.canvas.dataset.from = view.from;
    this.canvas.dataset.to = view.to;
  }

  // Something is pointed at: what was told before stays, until there is something else.
  point(px, py) { this.tell(under(this.painting.rows, this.view, px, py) || this.chosen); }

  choose(px, py) { this.tell(under(this.painting.rows, this.view, px, py)); }

  tell(found) {
    this.chosen = found;
    this.tip.textContent = found ? told(found, this.view, this.data.names) : this.hint;
    this.redraw();
  }

  forget() {
    this.marked = null;
    this.tell(null);
  }

  // Brings an interval into view and marks it, on the lanes of its rank or device if it is of one.
  reveal({ start_ns, end_ns, rank = null, device = null }) {
    this.marked = { from: start_ns, to: end_ns };
    this.view.around(start_ns, end_ns);
    const whose = (group) => device !== null ? group.device === device : rank === null || group.rank === rank;
    this.scrollTo(this.painting.rows.find((row) => whose(row.group)) || this.painting.rows[0]);
  }

  // To the lanes of a group, if the window does not show the first of them.
  scrollTo({ y }) {
    const top = this.canvas.getBoundingClientRect().top + y, behavior = calm() ? "auto" : "smooth";
    if (top < 0 || top > 0.7 * innerHeight) scrollBy({ top: top - 0.2 * innerHeight, behavior });
  }

  // The exposed interval that begins next after the chosen one, of any device; after the last, the first.
  nextExposed() {
    const last = this.chosen ? this.exposed.indexOf(this.chosen.lane) : -1, since = this.chosen ? this.chosen.from : 0;
    const found = this.exposed.map((lane, order) => ({ lane, i: position(lane.start, since, order <= last) }))
      .filter(({ lane, i }) => i < lane.start.length).sort((a, b) => a.lane.start[a.i] - b.lane.start[b.i])[0];
    if (!found && !this.chosen) return;
    if (!found) { this.chosen = null; this.nextExposed(); return; }
    const next = single(found.lane, found.i);
    this.view.around(next.from, next.to);
    this.tell(next);
  }
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
