// How is the map painted, and which cell lies where? A cell is as strong as the square root of its lateness.
import { labeled } from "./heat_labels.js";
import { ranksOf, stepsOf } from "./heat_words.js";

const AXIS = 24, TALL = 640, HIGHEST = 22, LOWEST = 8;  // pixels: the axis, all rows, one row
const GUTTER = 240, NARROW = 760, NARROW_GUTTER = 90;
const MARK = 5, BESIDE = 8;
const LINE = 15, TICK = 56;  // pixels that a label needs
const GAPPED = 6;  // pixels from which on cells stand apart
const FONT = "11px system-ui, sans-serif";

export class HeatPainting {
  constructor(canvas, data) {
    Object.assign(this, { canvas, data, pen: canvas.getContext("2d") });
  }

  // All of it, with one cell framed and the rows of some ranks marked.
  draw(chosen, marked) {
    this.place();
    if (!this.canvas.width) return;  // there is no room, as in a window that is being resized
    this.style = getComputedStyle(this.canvas);
    this.pen.font = FONT;
    this.data.late_ns.forEach((cells, row) => cells.forEach((ns, column) => this.drawCell(row, column, ns)));
    this.drawRanks();
    this.drawSteps();
    marked.forEach((stretch) => this.drawMark(stretch));
    if (chosen) this.drawFrame(this.boxOf(chosen));
  }

  // Takes the room that there is.
  place() {
    const { canvas, data } = this, width = canvas.clientWidth, rows = data.late_ns.length;
    const high = Math.min(HIGHEST, Math.max(LOWEST, Math.floor(TALL / rows))), scale = window.devicePixelRatio || 1;
    const gutter = width < NARROW ? NARROW_GUTTER : GUTTER, height = AXIS + rows * high;
    Object.assign(this, { gutter, high, wide: (width - gutter) / data.late_ns[0].length });
    canvas.style.height = height + "px";
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    this.pen.setTransform(scale, 0, 0, scale, 0, 0);
  }

  boxOf({ row, column }) {
    return { left: this.gutter + column * this.wide, top: AXIS + row * this.high, wide: this.wide, high: this.high };
  }

  // The cell at a place of the canvas; null beside all.
  cellAt(px, py) {
    const row = Math.floor((py - AXIS) / this.high), column = Math.floor((px - this.gutter) / this.wide);
    const cells = this.data.late_ns[row];
    return cells && column >= 0 && column < cells.length ? { row, column } : null;
  }

  drawCell(row, column, ns) {
    if (ns < 0) return;  // a hole: it was not recorded
    const { pen } = this, box = this.boxOf({ row, column }), gap = Math.min(box.wide, box.high) >= GAPPED ? 1 : 0;
    const fill = (color, strength) => {
      pen.globalAlpha = strength;
      pen.fillStyle = this.color(color);
      pen.fillRect(box.left, box.top, box.wide - gap, box.high - gap);
    };
    fill("lane", 1);
    fill("lost-idle", Math.sqrt(ns / this.data.full_ns));
    pen.globalAlpha = 1;
  }

  // Beside as many rows as there is room for lines.
  drawRanks() {
    const { pen, data, high, gutter } = this;
    for (const { row, late } of labeled(data, Math.ceil(LINE / high))) {
      const [first, last] = ranksOf(data, row), name = first === last ? `${first}` : `${first}-${last}`;
      const host = gutter > NARROW_GUTTER && data.hosts[row] ? " · " + data.hosts[row] : "";
      pen.fillStyle = this.color(late ? "ink" : "soft");
      pen.fillText(this.fit(name + host, gutter - MARK - 2 * BESIDE), MARK + BESIDE, AXIS + (row + 0.5) * high + 4);
    }
  }

  drawSteps() {
    const { pen, data, wide, gutter } = this, columns = data.late_ns[0].length, every = Math.ceil(TICK / wide);
    pen.fillStyle = this.color("soft");
    pen.fillText("rank", MARK + BESIDE, AXIS - 8);
    for (let column = 0; column < columns; column += every) {
      const name = (column ? "" : "step ") + stepsOf(data, column)[0], px = gutter + column * wide;
      if (px + pen.measureText(name).width < gutter + columns * wide) pen.fillText(name, px, AXIS - 8);
    }
  }

  // A bar beside the rows of a stretch of ranks.
  drawMark([first, last]) {
    const { ranks_each, late_ns } = this.data, rows = late_ns.length;
    const from = Math.floor(first / ranks_each), to = Math.min(rows, Math.floor(last / ranks_each) + 1);
    this.pen.fillStyle = this.color("mark");
    if (to > from) this.pen.fillRect(0, AXIS + from * this.high, MARK, (to - from) * this.high);
  }

  drawFrame({ left, top, wide, high }) {
    this.pen.strokeStyle = this.color("ink");
    this.pen.lineWidth = 2;
    this.pen.strokeRect(left, top, wide, high);
  }

  color(name) { return this.style.getPropertyValue("--" + name).trim(); }

  // A name in its room; the end of a long one goes.
  fit(text, room) {
    let keep = text.length;
    while (keep > 1 && this.pen.measureText(text.slice(0, keep) + (keep < text.length ? "…" : "")).width > room) keep -= 1;
    return keep < text.length ? text.slice(0, keep) + "…" : text;
  }
}
