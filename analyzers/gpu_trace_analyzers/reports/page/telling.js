// What lies under the pointer, and what is told of it?
import { APART } from "./painting.js";
import { bare, exact, share, time } from "./times.js";

// One span where it can be told from others, else how many there are; null where nothing is.
export function under(rows, view, px, py) {
  const row = rows.find((r) => r.lane && py >= r.y && py < r.y + r.height);
  if (!row || px < view.left) return null;
  const { lane } = row, slack = APART / 2 * view.perPixel, ns = view.at(px), from = ns - slack, to = ns + slack;
  const count = lane.touching(from, to), here = lane.lastOf(ns, ns + 1), one = here < 0 ? lane.lastOf(from, to) : here;
  if (!count || one < 0) return null;
  if (count === 1 || lane.end[one] - lane.start[one] >= APART * view.perPixel) return single(lane, one);
  return { lane, from: Math.max(0, from), to: Math.min(view.span, to), count };
}

export const single = (lane, i) => ({ lane, i, from: lane.start[i], to: lane.end[i] });

// Both in lines of text.
export const told = (found, view, names) => found.count ? crowd(found) : alone(found, view, names);

function alone({ lane, i, from, to }, view, names) {
  const long = to - from, step = Math.min(long, view.perPixel) / 10, { name, stream, range } = lane.columns;
  const said = [lane.name.trim()];
  if (stream[i]) said.push(names[stream[i] - 1]);
  if (range[i]) said.push("range " + names[range[i] - 1]);
  return bare(names[name[i]]) + "\n" + said.join(" · ") +
    `\n${time(long, long / 1000)} · from ${time(from, step, to)} to ${time(to, step)}` +
    `\nexactly ${exact(long)} ns, from ${exact(from)} to ${exact(to)}`;
}

function crowd({ lane, from, to, count }) {
  const long = to - from, busy = share(lane.covered(from, to) / long);
  const what = lane.kind === "range" ? "ranges" : lane.lost ? "intervals" : "operations";
  return `${count} ${what}, ${busy} of the ${time(long, long / 100)} here; zoom in to tell them apart\n` +
    `${lane.name.trim()} · from ${time(from, long / 10, to)} to ${time(to, long / 10)}`;
}
