// Where does the tip stand? Beside what it tells of, inside the timeline.

const OFF = 14;  // pixels from the pointer

export class Tip {
  constructor(element) {
    this.element = element;
    this.hide();
  }

  // At a place on the timeline.
  show(text, px, py) {
    const { element } = this, { clientWidth } = element.parentElement;
    element.textContent = text;
    element.hidden = false;
    element.style.left = Math.max(0, Math.min(px + OFF, clientWidth - element.offsetWidth)) + "px";
    element.style.top = py + OFF + "px";
  }

  hide() {
    this.element.textContent = "";
    this.element.hidden = true;
  }
}
