// How does the axis stay in sight when the lanes are scrolled up? As text that sticks to the top of the window.
import { axisOf } from "./axis.js";

export class Strip {
  constructor(strip, canvas) { Object.assign(this, { strip, canvas }); }

  // The axis of a view, if that on the canvas is out of sight.
  show(view) {
    const { strip, canvas } = this;
    strip.hidden = canvas.getBoundingClientRect().top >= 0;
    if (strip.hidden) return;
    const { before, ticks } = axisOf(view), said = ticks.map(({ px, text }) => [px + 3, text]);
    if (before && view.left) said.unshift([0, before]);
    strip.replaceChildren(...said.map(([px, text]) => {
      const tick = document.createElement("span");
      tick.textContent = text;
      tick.style.left = px + "px";
      return tick;
    }));
  }
}
