// What did the host execute while the device was idle? A function is as wide as its samples, below its caller.
import { Calls, has } from "./calls.js";
import { share } from "./times.js";

const ROW = 20;
const NARROWEST = 1;  // pixels of what is drawn
const LABELED = 14;  // pixels from which a name is written

export function flames() {
  const block = document.getElementById("stacks");
  if (block) new Flames(document.getElementById("flames"), JSON.parse(block.textContent));
}

class Flames {
  constructor(panel, { texts, threads }) {
    const [graph, told, select] = [".flames", ".told", "select"].map((each) => panel.querySelector(each));
    Object.assign(this, { texts, threads, graph, told, select, search: "" });
    select.addEventListener("change", () => this.choose());
    panel.querySelector(".bar button").addEventListener("click", () => this.zoom(this.calls.all));
    document.addEventListener("gpu-trace:search", ({ detail }) => { this.search = detail.text; this.draw(); });
    this.choose();
    this.listen();
  }

  choose() {
    this.calls = new Calls(this.threads[Number(this.select.value)], this.texts);
    this.zoom(this.calls.all);
  }

  zoom(node) {
    this.zoomed = node;
    this.draw();
  }

  draw() {
    const nodes = [...this.shown()];
    this.width = this.graph.clientWidth;
    this.graph.style.height = ROW * (Math.max(...nodes.map((node) => node.depth)) + 1) + "px";
    this.graph.replaceChildren(...nodes.map((node) => this.element(node)));
    this.tell(this.zoomed);
  }

  // What is drawn: what called the function that is zoomed to, that function, and what is wide enough below it.
  *shown() {
    const callers = [];
    for (let node = this.zoomed.caller; node; node = node.caller) callers.unshift(node);
    yield* callers;
    const least = NARROWEST * this.zoomed.samples / Math.max(1, this.graph.clientWidth), rest = [this.zoomed];
    while (rest.length) {
      const node = rest.pop();
      yield node;
      rest.push(...node.called.filter((each) => each.samples >= least).reverse());
    }
  }

  element(node) {
    const { zoomed } = this, drawn = document.createElement("div");
    const from = Math.max(node.left, zoomed.left), to = Math.min(node.left + node.samples, zoomed.left + zoomed.samples);
    const part = (samples) => samples / zoomed.samples, wide = part(to - from);
    Object.assign(drawn, { node, textContent: wide * this.width < LABELED ? "" : node.name, tabIndex: node === zoomed ? 0 : -1 });
    drawn.setAttribute("role", "treeitem");
    drawn.setAttribute("aria-level", node.depth + 1);
    drawn.setAttribute("aria-label", this.words(node));
    const classes = { "of-user": node.ofUser, found: has(node, this.search), above: node.depth < zoomed.depth };
    for (const [name, on] of Object.entries(classes)) drawn.classList.toggle(name, Boolean(on));
    drawn.style.left = 100 * part(from - zoomed.left) + "%";
    drawn.style.width = 100 * wide + "%";
    drawn.style.top = ROW * node.depth + "px";
    return drawn;
  }

  tell(node) { this.told.textContent = node.i < 0 ? this.whole() : this.words(node); }

  words({ i, name, file, line, samples, own }) {
    if (i < 0) return this.whole();
    const at = line > 0 ? `, mostly line ${line}` : "";
    return `${name}: ${samples} of ${this.calls.total} samples (${share(samples / this.calls.total)}), ${own} in itself` +
      `\n${file}${at}`;
  }

  whole() {
    const { all, total } = this.calls, found = this.search ? this.calls.matching(this.search) : 0;
    const unread = all.own ? `, ${all.own} without a readable stack` : "";
    return `${total} samples in idle time${unread}` +
      (this.search ? `\n${found} (${share(found / total)}) have “${this.search}” in their stacks` : "");
  }

  listen() {
    const on = (type, act) => this.graph.addEventListener(type, (event) => { if (event.target.node) act(event.target.node, event); });
    on("focusin", (node) => this.tell(node));
    on("pointerover", (node) => this.tell(node));
    on("click", (node) => this.zoom(node));
    on("keydown", (node, event) => this.pressed(node, event));
    this.graph.addEventListener("pointerleave", () => this.tell(this.zoomed));
    new ResizeObserver(() => { if (this.graph.clientWidth !== this.width) this.draw(); }).observe(this.graph);
  }

  pressed(node, event) {
    const beside = (step) => node.caller && node.caller.called[node.caller.called.indexOf(node) + step];
    const next = { ArrowUp: node.caller, ArrowDown: node.called[0], ArrowLeft: beside(-1), ArrowRight: beside(1) };
    if (event.key === "Enter") this.zoom(node);
    else if (event.key === "Escape") this.zoom(this.calls.all);
    else if (!(event.key in next)) return;
    event.preventDefault();
    this.focus(next[event.key] || node);
  }

  // Arrows go from one to the next, Tab past all of them.
  focus(node) {
    const target = [...this.graph.children].find((each) => each.node === node);
    if (!target) return;
    for (const each of this.graph.children) each.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  }
}
