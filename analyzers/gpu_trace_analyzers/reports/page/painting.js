// How is the timeline painted? On one canvas, from what is in view; names are drawn as text only.
//
// Each column of pixels is filled as high as the share of its time that was busy: the painted part of a lane is its
// figure, at every zoom. Spans that are wide enough to be told apart get an edge, and a name where that fits.
import { drawAxis } from "./axis.js";
import { AXIS, gutterOf, laidOut } from "./layout.js";
import { faint, painted, shadesOf } from "./pixels.js";
import { bare, share } from "./times.js";

export const APART = 3;  // pixels from which on a span is told apart
const FONT = "11px system-ui, sans-serif", HEADING = "600 12px system-ui, sans-serif";
const TALLEST = 32767;  // pixels: browsers show no canvas that is taller
const NAMED = 34;  // pixels from which on a span has room for a name

export class Painting {
  constructor(canvas, data) {
    Object.assign(this, { canvas, data, pen: canvas.getContext("2d"), rows: [], known: new Map() });
  }

  // Takes the room that there is, for a view.
  place(view) {
    const { canvas } = this, width = canvas.clientWidth;
    view.left = gutterOf(width);
    view.right = width;
    const { rows, height } = laidOut(this.data.groups, view.left);
    const scale = Math.min(window.devicePixelRatio || 1, TALLEST / height);
    canvas.style.height = height + "px";
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    Object.assign(this, { rows, height, scale });
    this.pen.setTransform(scale, 0, 0, scale, 0, 0);
  }

  // Anew, with what a view shows.
  begin(view) {
    Object.assign(this, { view, drawn: new Set(), colors: new Map(), style: getComputedStyle(this.canvas) });
    this.pen.clearRect(0, 0, view.right, this.height);
    this.pen.font = FONT;
    drawAxis(this.pen, view, (name) => this.color(name), this.height);
  }

  // Some rows, with one span or stretch chosen, and one interval marked on all lanes; these may be null. The pixels of
  // all lanes come before what is drawn on them: to set pixels, a canvas first finishes all that was drawn before.
  draw(rows, chosen, marked) {
    if (!this.canvas.width) return;  // there is no room, as in a window that is being resized
    for (const row of rows) if (row.lane) row.busy = this.setPixels(row);
    for (const row of rows) {
      if (row.lane) this.drawLane(row); else this.drawHead(row);
      this.drawn.add(row);
    }
    if (marked) this.drawMark(marked);
    const row = chosen && this.rowOf(chosen.lane);
    if (row) this.drawFrame(chosen, row.top, row.bar);
  }

  rowsInWindow() {
    const { top } = this.canvas.getBoundingClientRect();
    return this.rows.filter(({ y, height }) => y + height > -top && y < innerHeight - top);
  }

  rowsLeft() { return this.rows.filter((row) => !this.drawn.has(row)); }

  rowOf(wanted) { return this.rows.find(({ lane }) => lane === wanted); }

  // A variable of the page's style, without its dashes; a lane is drawn in that of its kind.
  color(name) {
    if (!this.colors.has(name)) this.colors.set(name, this.style.getPropertyValue("--" + name).trim());
    return this.colors.get(name);
  }

  drawHead({ y, group }) {
    this.pen.fillStyle = this.color("ink");
    this.pen.font = HEADING;
    this.pen.fillText(this.fit(group.title, this.view.right), 0, y + 17);
  }

  drawLane(row) {
    const { pen, view, scale } = this, { lane, top, bar, busy } = row, left = Math.round(view.left * scale);
    pen.font = FONT;
    this.drawLabel(row);
    for (const { from, to } of faint(busy, bar * scale))
      pen.fillRect((left + from) / scale, top + bar + 1, (to - from) / scale, 1);
    for (const i of lane.longer(APART * view.perPixel, view.from, view.to)) this.drawSpan(row, i);
  }

  drawLabel({ y, lane, top, bar }) {
    const { pen, view } = this;
    const busy = lane.kind === "range" ? "" : share(lane.covered(view.from, view.to) / view.length);
    const right = (view.left || view.right) - 10, line = view.left ? top + bar / 2 + 4 : y + 10;
    const room = pen.measureText(busy).width;
    pen.fillStyle = this.color("soft");
    pen.fillText(this.fit(lane.name, right - room - 8), 0, line);
    if (busy) pen.fillText(busy, right - room, line);
  }

  // The shares of a lane, as pixels and as numbers. Columns are those of the device, so that no edge is smeared over two.
  setPixels({ lane, top, bar }) {
    const { pen, view, scale } = this, left = Math.round(view.left * scale), columns = this.canvas.width - left;
    const high = Math.round(top * scale), low = Math.round((top + bar) * scale);
    const busy = lane.shares(view.from, view.length / columns, columns);
    pen.putImageData(painted(busy, low - high, this.shades(lane.kind)), left, high);
    return busy;
  }

  shades(kind) {
    const [color, ground] = [this.color(kind), this.color("lane")], name = color + ground;
    if (!this.known.has(name)) this.known.set(name, shadesOf(color, ground));
    return this.known.get(name);
  }

  drawSpan({ lane, top, bar }, i) {
    const { pen, view } = this, start = lane.start[i];
    const left = Math.max(view.left, view.x(start)), end = Math.min(lane.end[i], lane.start[i + 1] ?? Infinity);
    const wide = Math.min(view.right, view.x(end)) - left;
    pen.fillStyle = this.color("edge");
    const touched = lane.covered(start - view.perPixel, start) > view.perPixel / 2;
    if (touched && start > view.from) pen.fillRect(left, top, 1, bar);
    if (wide <= NAMED) return;
    pen.fillStyle = this.color(lane.kind + "-ink") || this.color("bar-ink");
    pen.fillText(this.fit(bare(this.data.names[lane.columns.name[i]]), wide - 8), left + 4, top + bar / 2 + 4);
  }

  // A frame around what is between two times, as far as it is in view.
  drawFrame({ from, to }, top, height) {
    const { pen, view } = this, left = Math.max(view.left, view.x(from)), right = Math.min(view.right, view.x(to));
    if (right < view.left || left > view.right) return;
    pen.strokeStyle = this.color("ink");
    pen.lineWidth = 2;
    pen.strokeRect(left, top, Math.max(right - left, 1), height);
  }

  // The interval that was asked for: lines through all lanes, which hide nothing inside it.
  drawMark({ from, to }) {
    const { pen, view } = this;
    pen.fillStyle = this.color("mark");
    for (const px of [view.x(from) - 1, view.x(to)])
      if (px >= view.left - 1 && px <= view.right) pen.fillRect(px, AXIS - 8, 1, this.height);
    const left = Math.max(view.left, view.x(from)), right = Math.min(view.right, view.x(to));
    if (right > left) pen.fillRect(left, AXIS - 8, Math.max(1, right - left), 3);
  }

  fit(text, room) {
    const wide = this.pen.measureText(text).width;
    if (wide <= room) return text;
    let keep = Math.floor(text.length * room / wide);
    while (keep > 0 && this.pen.measureText(text.slice(0, keep) + "…").width > room) keep -= 1;
    return keep > 1 ? text.slice(0, keep) + "…" : "";
  }
}
