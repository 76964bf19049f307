// Where are the ticks of the axis, and what do they say?
import { AXIS } from "./layout.js";
import { digits, time, unitOf } from "./times.js";

const APART = 110;  // pixels between two ticks, about
const BASELINE = 12, BESIDE = 3;
const MOST = 3;  // digits behind the point of a time on the axis

// The distance of ticks: 1, 2 or 5 of a power of ten, and so many that each has room.
function tickStep(view) {
  const raw = view.perPixel * APART, power = 10 ** Math.floor(Math.log10(raw));
  return Math.max(1, [1, 2, 5, 10].find((n) => n * power >= raw) * power);
}

// Times that need many digits to differ say how far they are behind a round one that stands in front of all; 0 if few do.
function baseOf(view, step) {
  if (digits(step, view.to) <= MOST) return 0;
  const round = 1000 * unitOf(view.length)[0];
  return Math.floor(view.from / round) * round;
}

// The ticks in view: where, and what they say; and what stands in front of all of them, or nothing.
export function axisOf(view) {
  const step = tickStep(view), base = baseOf(view, step), ticks = [];
  for (let n = Math.ceil(view.from / step); n * step <= view.to; n++) {
    const ns = n * step, text = base ? "+" + time(ns - base, step, view.length) : ns ? time(ns, step, view.to) : "0";
    ticks.push({ px: view.x(ns), text });
  }
  return { before: base ? time(base, 1000 * unitOf(view.length)[0]) : "", ticks };
}

export function drawAxis(pen, view, color, height) {
  const { before, ticks } = axisOf(view), room = before ? pen.measureText(before).width + 2 * BESIDE : 0;
  pen.fillStyle = color("line");
  for (const { px } of ticks) pen.fillRect(px, AXIS - 6, 1, height);
  pen.fillStyle = color("soft");
  pen.fillText(before, view.left ? view.left - room : 0, BASELINE);
  for (const { px, text } of ticks) {
    const covered = !view.left && px < room;  // where lanes have no names beside them, what is before stands on the axis
    if (!covered && px + pen.measureText(text).width < view.right) pen.fillText(text, px + BESIDE, BASELINE);
  }
}
