// The timeline: lanes on one canvas. Everything it shows comes from the JSON block, and is drawn as text only.
//
// Each column of pixels is filled as high as the share of its time that was busy: the painted part of a lane is its
// figure, at every zoom. Spans that are wide enough to be told apart get an edge, and a name where that fits.
unpack(JSON.parse(document.getElementById("data").textContent)).then((data) => {
  const canvas = document.querySelector("canvas"), tip = document.getElementById("tip");
  const shown = document.getElementById("shown"), pen = canvas.getContext("2d");
  const LANE = 20, EXPOSED = 14, MARK = 3, HEAD = 26, AXIS = 22, PAD = 3;
  const HINT = tip.textContent;
  const APART = 3;  // pixels from which on a span is told apart
  let view = { from: 0, to: data.span }, width = 0, gutter = 0, scale = 1, rows = [], chosen = null, queued = false;

  const FONT = "11px system-ui, sans-serif";
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const unitOf = (ns) => UNITS.find(([size]) => Math.abs(ns) >= size) || UNITS[3];

  // A time in the unit of the largest beside it, with as many digits as tell it from one that is a step later.
  function time(ns, step, largest = ns) {
    const [size, unit] = unitOf(largest), digits = Math.ceil(Math.log10(size / Math.max(1, step)) - 1e-9);
    return (ns / size).toFixed(Math.max(0, digits)) + " " + unit;
  }

  const share = (part) => part > 0 && part < 0.0005 ? "<0.1 %" : part < 1 && part >= 0.9995 ? ">99.9 %"
    : (100 * part).toFixed(1) + " %";
  const perPixel = () => (view.to - view.from) / (width - gutter);

  function place() {
    const narrow = canvas.clientWidth < 560;
    gutter = narrow ? 0 : 168;
    let y = AXIS;
    rows = [];
    for (const group of data.groups) {
      rows.push({ y, height: HEAD, title: group.title });
      y += HEAD;
      for (const lane of group.lanes) {
        const label = narrow ? 14 : 0, height = lane.kind === "exposed" ? EXPOSED : LANE;
        rows.push({ y, height: height + label + MARK, top: y + label, bar: height, lane });
        y += height + label + MARK + PAD;
      }
      y += 6;
    }
    scale = window.devicePixelRatio || 1;
    width = canvas.clientWidth;
    canvas.style.height = y + "px";
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(y * scale);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
  }

  const x = (ns) => gutter + ((ns - view.from) / (view.to - view.from)) * (width - gutter);
  const at = (px) => view.from + ((px - gutter) / (width - gutter)) * (view.to - view.from);

  function drawLane(row, colors) {
    const { lane, top, bar } = row;
    pen.font = FONT;
    drawLabel(row, colors);
    pen.fillStyle = colors.idle;
    pen.fillRect(gutter, top, width - gutter, bar);
    drawShares(row, colors);
    for (const i of lane.longer(APART * perPixel(), view.from, view.to)) drawSpan(row, i, colors);
    if (chosen && chosen.lane === lane) {
      const left = Math.max(gutter, x(chosen.from)), right = Math.min(width, x(chosen.to));
      pen.strokeStyle = colors.ink;
      pen.lineWidth = 2;
      pen.strokeRect(left, top, Math.max(right - left, 1), bar);
    }
  }

  function drawLabel({ y, lane, top, bar }, colors) {
    const busy = lane.kind === "range" ? "" : share(lane.covered(view.from, view.to) / (view.to - view.from));
    const right = (gutter || width) - 10, line = gutter ? top + bar / 2 + 4 : y + 10;
    const room = pen.measureText(busy).width;
    pen.fillStyle = colors.soft;
    pen.fillText(fit(lane.name, right - room - 8), 0, line);
    if (busy) pen.fillText(busy, right - room, line);
  }

  // Columns are those of the device, so that no edge is smeared over two of them.
  function drawShares({ lane, top, bar }, colors) {
    const left = Math.round(gutter * scale), columns = canvas.width - left, each = (view.to - view.from) / columns;
    const low = Math.round((top + bar) * scale), high = low - Math.round(top * scale);
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    for (const { from, to, busy, edge } of runs(lane, columns, each)) {
      pen.fillStyle = colors[lane.kind];
      pen.globalAlpha = edge ? busy : 1;
      pen.fillRect(left + from, low, to - from, edge ? -high : -busy * high);
      pen.globalAlpha = 1;
      pen.fillStyle = colors.soft;
      if (!edge && busy * high < 1) pen.fillRect(left + from, low + scale, to - from, Math.max(1, scale));
    }
    pen.restore();
  }

  // Columns that are equally busy, together; the idle ones are left out. A column beside a full one is the edge of
  // something wide: it is drawn fainter, not lower, which is as much and looks straight.
  function* runs(lane, columns, each) {
    const busy = new Float64Array(columns);
    for (let i = 0, before = lane.before(view.from); i < columns; i++) {
      const until = lane.before(view.from + (i + 1) * each);
      busy[i] = Math.min(1, (until - before) / each);
      before = until;
    }
    const full = (i) => busy[i] > 0.999;
    for (let from = 0, to = 1; from < columns; from = to++) {
      while (to < columns && Math.abs(busy[to] - busy[from]) < 1e-6) to++;
      const edge = !full(from) && to - from === 1 && (full(from - 1) || full(to));
      if (busy[from] > 0) yield { from, to, busy: busy[from], edge };
    }
  }

  function drawSpan({ lane, top, bar }, i, colors) {
    const left = Math.max(gutter, x(lane.start[i])), end = Math.min(lane.end[i], lane.start[i + 1] ?? Infinity);
    const wide = Math.min(width, x(end)) - left;
    pen.fillStyle = colors.edge;
    const touched = lane.covered(lane.start[i] - perPixel(), lane.start[i]) > perPixel() / 2;
    if (touched && lane.start[i] > view.from) pen.fillRect(left, top, 1, bar);
    if (wide <= 34) return;
    pen.fillStyle = colors[lane.kind === "range" ? "range-ink" : "bar-ink"];
    pen.fillText(fit(data.names[lane.name_of[i]].replace(/^void /, ""), wide - 8), left + 4, top + bar / 2 + 4);
  }

  function fit(text, room) {
    if (pen.measureText(text).width <= room) return text;
    let keep = Math.floor(text.length * room / pen.measureText(text).width);
    while (keep > 0 && pen.measureText(text.slice(0, keep) + "…").width > room) keep -= 1;
    return keep > 1 ? text.slice(0, keep) + "…" : "";
  }

  function drawAxis(colors) {
    const raw = (view.to - view.from) / Math.max(2, (width - gutter) / 110);
    const power = 10 ** Math.floor(Math.log10(raw)), step = Math.max(1, [1, 2, 5, 10].find((n) => n * power >= raw) * power);
    pen.font = FONT;
    for (let n = Math.ceil(view.from / step); n * step <= view.to; n++) {
      const tick = n * step, text = tick ? time(tick, step, view.to) : "0", wide = pen.measureText(text).width;
      pen.fillStyle = colors.line;
      pen.fillRect(x(tick), AXIS - 6, 1, canvas.clientHeight);
      pen.fillStyle = colors.soft;
      if (x(tick) + wide < width) pen.fillText(text, x(tick) + 3, 12);
    }
  }

  function draw() {
    queued = false;
    const colors = {};
    for (const name of ["compute", "collective", "copy", "memset", "unknown", "exposed", "critical", "range", "range-ink", "idle",
      "soft", "ink", "line", "edge", "bar-ink"]) colors[name] = style(name);
    pen.clearRect(0, 0, width, canvas.clientHeight);
    drawAxis(colors);
    canvas.dataset.from = view.from;
    canvas.dataset.to = view.to;
    shown.textContent = time(view.to - view.from, (view.to - view.from) / 1000) + " from " +
      (view.from ? time(view.from, 10 * perPixel(), view.to) : "0");
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
    if (chosen && chosen.count) tell(null);
    redraw();
  }

  function zoom(by, px) {
    const centre = at(px === undefined ? gutter + (width - gutter) / 2 : px);
    show(centre - (centre - view.from) / by, centre + (view.to - centre) / by);
  }

  const pan = (share) => { const by = share * (view.to - view.from); show(view.from + by, view.to + by); };

  // What lies under the pointer: one span where it can be told from others, else how many there are and how busy.
  function pick(px, py) {
    const row = rows.find((r) => r.lane && py >= r.y && py < r.y + r.height);
    if (!row || px < gutter) return null;
    const { lane } = row, slack = APART / 2 * perPixel(), ns = at(px), from = ns - slack, to = ns + slack;
    const count = lane.touching(from, to), under = lane.lastOf(ns, ns + 1), one = under < 0 ? lane.lastOf(from, to) : under;
    if (!count || one < 0) return null;
    if (count === 1 || lane.end[one] - lane.start[one] >= APART * perPixel()) return single(lane, one);
    return { lane, from: Math.max(0, from), to: Math.min(data.span, to), count };
  }

  const single = (lane, i) => ({ lane, from: lane.start[i], to: lane.end[i], name: data.names[lane.name_of[i]] });

  function tell(found) {
    chosen = found;
    tip.textContent = !found ? HINT : found.count ? crowd(found) : alone(found);
    redraw();
  }

  function alone({ lane, from, to, name }) {
    const long = to - from, step = Math.min(long, perPixel()) / 10, what = lane.kind === "exposed" ? "exposed copy: " : "";
    return what + name + "\n" + lane.name.trim() + " · " + time(long, long / 1000) +
      " · from " + time(from, step, to) + " to " + time(to, step);
  }

  function crowd({ lane, from, to, count }) {
    const long = to - from, busy = share(lane.covered(from, to) / long);
    return count + " " + (lane.kind === "range" ? "ranges" : lane.kind === "exposed" ? "exposed intervals" : "operations") +
      ", " + busy + " of the " + time(long, long / 100) + " here; zoom in to tell them apart\n" + lane.name.trim() +
      " · from " + time(from, long / 10, to) + " to " + time(to, long / 10);
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

  const exposed = data.groups.flatMap((group) => group.lanes.filter((lane) => lane.kind === "exposed"));
  // The one that begins next after the chosen one, of any device; after the last, the first.
  function nextExposed() {
    const last = chosen ? exposed.indexOf(chosen.lane) : -1, since = chosen ? chosen.from : 0;
    const found = exposed.map((lane, order) => ({ lane, i: position(lane.start, since, order <= last) }))
      .filter(({ lane, i }) => i < lane.start.length).sort((a, b) => a.lane.start[a.i] - b.lane.start[b.i])[0];
    if (!found && !chosen) return;
    if (!found) { chosen = null; nextExposed(); return; }
    const { from, to } = single(found.lane, found.i), long = to - from;
    show(from - 2 * long, from + 3 * long);
    tell(single(found.lane, found.i));
  }

  new ResizeObserver(() => { place(); draw(); }).observe(canvas.parentElement);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  place();
  draw();
  document.documentElement.dataset.ready = "true";
}).catch((problem) => {
  document.getElementById("tip").textContent = "This browser cannot draw the timeline: " + problem.message;
});
