// The map of how late ranks came: which cell is chosen, which ranks are marked, and what is told of them.
import { HeatPainting } from "./heat_painting.js";
import { told } from "./heat_words.js";
import { calm } from "./glide.js";
import { Tip } from "./tip.js";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };  // rows, columns

export function heat() {
  const block = document.getElementById("heat-data");
  if (block) new Heat(document.getElementById("map"), JSON.parse(block.textContent));
}

class Heat {
  constructor(root, data) {
    const canvas = root.querySelector("canvas");
    Object.assign(this, { root, data, canvas, chosen: null, marked: [] });
    this.painting = new HeatPainting(canvas, data);
    this.tip = new Tip(document.getElementById("tip"));
    new ResizeObserver(() => this.draw()).observe(root);
    document.addEventListener("gpu-trace:theme", () => this.draw());
    document.addEventListener("gpu-trace:ranks", ({ detail }) => this.mark(detail.ranks));
    this.listen();
  }

  draw() {
    this.painting.draw(this.chosen, this.marked);
    if (this.chosen) this.tell();
  }

  listen() {
    const { canvas } = this, at = (event) => this.painting.cellAt(event.offsetX, event.offsetY);
    canvas.addEventListener("pointermove", (event) => this.point(at(event)));
    canvas.addEventListener("pointerleave", () => this.point(this.chosen));
    canvas.addEventListener("click", (event) => this.choose(at(event)));
    canvas.addEventListener("keydown", (event) => this.pressed(event));
    canvas.addEventListener("focus", () => { if (!this.chosen && canvas.matches(":focus-visible")) this.choose(this.latest()); });
  }

  pressed(event) {
    const move = MOVES[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (move) this.choose(this.moved(move));
    else if (event.key === "Home") this.choose(this.latest());
    else if (event.key === "Escape") this.forget();
    else return;
    event.preventDefault();
  }

  // The cell beside the chosen one, if there is one.
  moved([down, right]) {
    const { row, column } = this.chosen || this.latest(), { late_ns } = this.data;
    const within = (at, count) => Math.min(Math.max(at, 0), count - 1);
    return { row: within(row + down, late_ns.length), column: within(column + right, late_ns[0].length) };
  }

  latest() {
    const all = this.data.late_ns.flatMap((cells, row) => cells.map((ns, column) => ({ row, column, ns })));
    return all.reduce((a, b) => b.ns > a.ns ? b : a);
  }

  choose(cell) {
    this.chosen = cell;
    this.draw();
    this.point(cell);
  }

  forget() {
    this.marked = [];
    this.choose(null);
  }

  point(cell) {
    if (!cell) { this.tip.hide(); return; }
    const { left, top, wide, high } = this.painting.boxOf(cell);
    this.tip.show(told(this.data, cell), left + wide / 2, top + high / 2);
  }

  tell() { this.point(this.chosen); }

  // Rows of these ranks are marked, and the window shows the map.
  mark(ranks) {
    this.marked = ranks;
    this.draw();
    this.canvas.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }
}
