// The timeline: what is in view, what is chosen, what is marked, and what is told of it.
import { Findings } from "./findings.js";
import { Frames } from "./frames.js";
import { gestures } from "./gestures.js";
import { calm, Glide } from "./glide.js";
import { keys } from "./keys.js";
import { position } from "./lane.js";
import { Painting } from "./painting.js";
import { Strip } from "./strip.js";
import { single, told, under } from "./telling.js";
import { time } from "./times.js";
import { Tip } from "./tip.js";
import { unpacked } from "./unpacking.js";
import { View } from "./view.js";

const MARKS = ["lost-copy", "lost-collective"];  // lanes whose spans are gone through one by one
const ABOVE = 0.2;  // of the window, above the lanes that it scrolls to

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
    document.getElementById("shown").textContent = "This browser cannot draw the timeline: " + problem.message;
  }
}

class Timeline {
  constructor(root, data) {
    const canvas = root.querySelector("canvas"), view = new View(data.span, () => this.moved());
    Object.assign(this, { root, data, canvas, view, chosen: null, marked: null, glide: new Glide() });
    this.frames = new Frames((all) => this.draw(all), () => this.drawRest());
    this.tip = new Tip(document.getElementById("tip"));
    this.strip = new Strip(root.querySelector(".strip"), canvas);
    this.painting = new Painting(canvas, data);
    this.exposed = data.groups.flatMap((group) => group.lanes.filter((lane) => MARKS.includes(lane.kind)));
    new ResizeObserver(() => this.resized()).observe(root);
    document.addEventListener("gpu-trace:theme", () => this.frames.all());
    addEventListener("scroll", () => { this.strip.show(this.painting.view); this.frames.scrolled(); }, { passive: true });
    this.painting.place(view);
    this.steady();
    this.frames.all();
  }

  resized() {
    this.painting.place(this.view);
    this.frames.all();
  }

  // What the account speaks of; everything, where that is not said.
  steady() { this.view.show(...this.data.steady ?? [0, this.data.span]); }

  // Another stretch of time is to be seen.
  moved() {
    this.root.dataset.viewStartNs = this.view.from;
    this.root.dataset.viewEndNs = this.view.to;
    this.glide.end();
    this.tip.hide();
    this.frames.ask();
  }

  draw(all) {
    const seen = this.glide.of(this.view), step = seen.length / 1000;
    this.painting.begin(seen);
    this.strip.show(seen);
    this.painting.draw(all ? this.painting.rows : this.painting.rowsInWindow(), this.chosen, this.marked);
    document.getElementById("shown").textContent =
      time(seen.length, step) + " from " + (seen.from ? time(seen.from, 10 * seen.perPixel, seen.to) : "0");
    if (all) this.allIsDrawn();
    if (seen !== this.view) this.frames.ask();
  }

  drawRest() {
    this.painting.draw(this.painting.rowsLeft(), this.chosen, this.marked);
    this.allIsDrawn();
  }

  allIsDrawn() { Object.assign(this.canvas.dataset, { from: this.painting.view.from, to: this.painting.view.to }); }

  // What is pointed at is told; of what was chosen, when nothing is.
  point(px, py) {
    const found = under(this.painting.rows, this.view, px, py);
    if (found) this.tip.show(told(found, this.view, this.data.names), px, py);
    else this.leave();
  }

  leave() {
    if (this.chosen) this.tell();
    else this.tip.hide();
  }

  choose(px, py) {
    this.chosen = under(this.painting.rows, this.view, px, py);
    this.leave();
    this.frames.ask();
  }

  // The tip of what was chosen stands at its lane, where it is in view.
  tell() {
    const { chosen, view } = this, { top, bar } = this.painting.rowOf(chosen.lane);
    const px = view.x((Math.max(chosen.from, view.from) + Math.min(chosen.to, view.to)) / 2);
    if (chosen.to <= view.from || chosen.from >= view.to) this.tip.hide();
    else this.tip.show(told(chosen, view, this.data.names), px, top + bar);
  }

  forget() {
    this.chosen = this.marked = null;
    this.tip.hide();
    this.frames.ask();
  }

  // Brings an interval into view and marks it, on the lanes of its rank or device if it is of one.
  reveal({ start_ns, end_ns, rank = null, device = null }) {
    this.marked = { from: start_ns, to: end_ns };
    this.goAround(start_ns, end_ns);
    const whose = (group) => device !== null ? group.device === device : rank === null || group.rank === rank;
    this.scrollTo(this.painting.rows.find((row) => whose(row.group)) || this.painting.rows[0]);
  }

  goAround(from, to) {
    const before = this.view.copy();
    this.view.around(from, to);
    this.glide.begin(before);
  }

  // To the lanes of a group, if the window does not show the first of them.
  scrollTo({ y }) {
    const top = this.canvas.getBoundingClientRect().top + y, behavior = calm() ? "auto" : "smooth";
    if (top < 0 || top > (1 - ABOVE) * innerHeight) scrollBy({ top: top - ABOVE * innerHeight, behavior });
  }

  // The exposed interval that begins next after the chosen one, of any device; after the last, the first.
  nextExposed() {
    const last = this.chosen ? this.exposed.indexOf(this.chosen.lane) : -1, since = this.chosen ? this.chosen.from : 0;
    const found = this.exposed.map((lane, order) => ({ lane, i: position(lane.start, since, order <= last) }))
      .filter(({ lane, i }) => i < lane.start.length).sort((a, b) => a.lane.start[a.i] - b.lane.start[b.i])[0];
    if (!found && !this.chosen) return;
    if (!found) { this.chosen = null; this.nextExposed(); return; }
    this.chosen = single(found.lane, found.i);
    this.goAround(this.chosen.from, this.chosen.to);
    this.tell();
  }
}
