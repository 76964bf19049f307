"use strict";
// The timeline: lanes of spans on one canvas. Everything it shows comes from the JSON block, and is drawn as text only.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const canvas = document.querySelector("canvas"), tip = document.getElementById("tip");
  const pen = canvas.getContext("2d");
  const LANE = 22, EXPOSED = 7, HEAD = 26, AXIS = 22, PAD = 3;
  let view = { from: 0, to: data.span }, width = 0, gutter = 0, rows = [], chosen = null, queued = false;

  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  function duration(ns) {
    for (const [size, unit] of [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]])
      if (Math.abs(ns) >= size) return (ns / size).toFixed(Math.abs(ns) / size < 10 ? 2 : 1) + " " + unit;
    return Math.round(ns) + " ns";
  }

  function place() {
    const narrow = canvas.clientWidth < 560;
    gutter = narrow ? 0 : 128;
    let y = AXIS;
    rows = [];
    for (const group of data.groups) {
      rows.push({ y, height: HEAD, title: group.title });
      y += HEAD;
      for (const lane of group.lanes) {
        const label = narrow ? 14 : 0, height = lane.kind === "exposed" ? EXPOSED + 8 : LANE;
        rows.push({ y, height: height + label, label, lane });
        y += height + label + PAD;
      }
      y += 6;
    }
    const scale = window.devicePixelRatio || 1;
    width = canvas.clientWidth;
    canvas.style.height = y + "px";
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(y * scale);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
  }

  const x = (ns) => gutter + ((ns - view.from) / (view.to - view.from)) * (width - gutter);
  const at = (px) => view.from + ((px - gutter) / (width - gutter)) * (view.to - view.from);

  function firstVisible(spans, ns) {  // spans of a lane are sorted by start and do not overlap
    let low = 0, high = spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (spans[middle][0] + spans[middle][1] <= ns) low = middle + 1; else high = middle;
    }
    return low;
  }

  function drawLane(row, colors) {
    const { lane } = row, top = row.y + row.label, height = row.height - row.label;
    pen.fillStyle = colors.soft;
    pen.font = "11px system-ui, sans-serif";
    if (gutter) pen.fillText(fit(lane.name, gutter - 10), 0, top + Math.min(height, LANE) / 2 + 4);
    else pen.fillText(lane.name, 0, row.y + 10);
    pen.fillStyle = colors.idle;
    pen.fillRect(gutter, top, width - gutter, height);
    const color = colors[lane.kind];
    for (let i = firstVisible(lane.spans, view.from); i < lane.spans.length; i++) {
      const span = lane.spans[i];
      if (span[0] >= view.to) break;
      const left = Math.max(gutter, x(span[0])), right = Math.min(width, x(span[0] + span[1]));
      const wide = Math.max(right - left - (right - left > 3 ? 0.6 : 0), 0.8);
      pen.fillStyle = color;
      pen.fillRect(left, top, wide, height);
      if (chosen && chosen.span === span) {
        pen.strokeStyle = colors.ink;
        pen.lineWidth = 2;
        pen.strokeRect(left, top, wide, height);
      }
      if (wide > 34 && height > 14) {
        pen.fillStyle = lane.kind === "range" ? colors["range-ink"] : "#fff";
        pen.fillText(fit(nameOf(lane, span).replace(/^void /, ""), wide - 8), left + 4, top + height / 2 + 4);
      }
    }
  }

  function fit(text, room) {
    if (pen.measureText(text).width <= room) return text;
    let keep = Math.floor(text.length * room / pen.measureText(text).width);
    while (keep > 0 && pen.measureText(text.slice(0, keep) + "…").width > room) keep -= 1;
    return keep > 1 ? text.slice(0, keep) + "…" : "";
  }

  const nameOf = (lane, span) => span[3] > 1 ? span[3] + " operations" : data.names[span[2]];

  function drawAxis(colors) {
    const raw = (view.to - view.from) / Math.max(2, (width - gutter) / 110);
    const power = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 5, 10].find((n) => n * power >= raw) * power;
    pen.font = "11px system-ui, sans-serif";
    for (let tick = Math.ceil(view.from / step) * step; tick <= view.to; tick += step) {
      pen.fillStyle = colors.line;
      pen.fillRect(x(tick), AXIS - 6, 1, canvas.clientHeight);
      pen.fillStyle = colors.soft;
      const text = duration(tick), wide = pen.measureText(text).width;
      if (x(tick) + wide < width) pen.fillText(text, x(tick) + 3, 12);
    }
  }

  function draw() {
    queued = false;
    const colors = {};
    for (const name of ["compute", "collective", "copy", "memset", "unknown", "exposed", "range", "range-ink", "idle",
      "soft", "ink", "line"]) colors[name] = style(name);
    pen.clearRect(0, 0, width, canvas.clientHeight);
    drawAxis(colors);
    for (const row of rows) {
      if (row.lane) drawLane(row, colors);
      else {
        pen.fillStyle = colors.ink;
        pen.font = "600 12px system-ui, sans-serif";
        pen.fillText(fit(row.title, width), 0, row.y + 17);
      }
    }
  }

  const redraw = () => { if (!queued) { queued = true; requestAnimationFrame(draw); } };

  function show(from, to) {
    const least = Math.min(data.span, 200), length = Math.min(Math.max(to - from, least), data.span);
    const start = Math.min(Math.max(from, 0), data.span - length);
    view = { from: start, to: start + length };
    redraw();
  }

  function zoom(by, px) {
    const centre = at(px === undefined ? gutter + (width - gutter) / 2 : px);
    show(centre - (centre - view.from) / by, centre + (view.to - centre) / by);
  }

  const pan = (share) => { const by = share * (view.to - view.from); show(view.from + by, view.to + by); };

  function pick(px, py) {
    const row = rows.find((r) => r.lane && py >= r.y && py < r.y + r.height);
    if (!row || px < gutter) return null;
    const slack = 2 * (view.to - view.from) / (width - gutter), ns = at(px);
    const span = row.lane.spans[firstVisible(row.lane.spans, ns - slack)];
    return span && span[0] <= ns + slack ? { lane: row.lane, span } : null;
  }

  function tell(found) {
    chosen = found;
    if (found) {
      const [start, length] = found.span;
      const more = found.lane.kind === "exposed" ? "exposed copy: " : "";
      tip.textContent = more + nameOf(found.lane, found.span) + "\n" + found.lane.name + " · " + duration(length) +
        " · from " + duration(start) + " to " + duration(start + length);
    }
    redraw();
  }

  const pointers = new Map();
  let pinch = 0, moved = 0;
  const offset = (event) => event.clientX - canvas.getBoundingClientRect().left;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, offset(event));
    pinch = moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const px = offset(event), before = pointers.get(event.pointerId);
    if (before === undefined) {
      tell(pick(px, event.clientY - canvas.getBoundingClientRect().top) || chosen);
      return;
    }
    pointers.set(event.pointerId, px);
    const [a, b] = [...pointers.values()];
    if (b !== undefined) {
      const apart = Math.abs(a - b);
      if (pinch) zoom(apart / pinch, (a + b) / 2);
      pinch = Math.max(apart, 1);
    } else {
      moved += Math.abs(px - before);
      pan((before - px) / (width - gutter));
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    if (moved < 5 && pointers.size === 1)
      tell(pick(offset(event), event.clientY - canvas.getBoundingClientRect().top));
    pointers.delete(event.pointerId);
    pinch = 0;
  });
  canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("dblclick", (event) => zoom(3, offset(event)));
  canvas.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 200), offset(event));
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      pan(event.deltaX / width);
    }
  }, { passive: false });
  const actions = { in: () => zoom(2), out: () => zoom(0.5), all: () => show(0, data.span), left: () => pan(-0.3),
    right: () => pan(0.3), next: () => nextExposed() };
  for (const button of document.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => actions[button.dataset.do]());
  canvas.addEventListener("keydown", (event) => {
    const action = { "+": "in", "=": "in", "-": "out", "0": "all", ArrowLeft: "left", ArrowRight: "right" }[event.key];
    if (action) { event.preventDefault(); actions[action](); }
  });

  const exposed = data.groups.flatMap((g) => g.lanes.filter((lane) => lane.kind === "exposed")
    .flatMap((lane) => lane.spans.map((span) => ({ lane, span })))).sort((a, b) => a.span[0] - b.span[0]);
  function nextExposed() {
    if (!exposed.length) return;
    const now = chosen ? exposed.findIndex((e) => e.span === chosen.span) : -1;
    const found = exposed[(now + 1) % exposed.length], [start, length] = found.span;
    show(start - 2 * length, start + 3 * length);
    tell(found);
  }

  new ResizeObserver(() => { place(); draw(); }).observe(canvas.parentElement);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  place();
  draw();
  document.documentElement.dataset.ready = "true";
})();
