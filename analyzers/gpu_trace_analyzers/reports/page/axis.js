// Where are the ticks of the axis, and what do they say?
import { AXIS } from "./layout.js";
import { time } from "./times.js";

const APART = 110;  // pixels between two ticks, about

// The distance of ticks: 1, 2 or 5 of a power of ten, and so many that each has room.
export function tickStep(view) {
  const raw = view.perPixel * APART, power = 10 ** Math.floor(Math.log10(raw));
  return Math.max(1, [1, 2, 5, 10].find((n) => n * power >= raw) * power);
}

export function drawAxis(pen, view, color, height) {
  const step = tickStep(view);
  for (let n = Math.ceil(view.from / step); n * step <= view.to; n++) {
    const tick = n * step, text = tick ? time(tick, step, view.to) : "0", wide = pen.measureText(text).width;
    pen.fillStyle = color("line");
    pen.fillRect(view.x(tick), AXIS - 6, 1, height);
    pen.fillStyle = color("soft");
    if (view.x(tick) + wide < view.right) pen.fillText(text, view.x(tick) + 3, 12);
  }
}
