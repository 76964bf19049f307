// Where does the tip stand? Beside what it tells of, inside the timeline.

const OFF = 14;  // pixels from the pointer

export class Tip {
  constructor(element) {
    this.element = element;
    this.hide();
  }

  // Lines of text, the first of which is the name, at a place on the timeline.
  show(text, px, py) {
    const { element } = this, { clientWidth } = element.parentElement, name = document.createElement("b");
    const [first, ...others] = text.split("\n");
    name.textContent = first;
    element.replaceChildren(name, others.join("\n"));
    element.hidden = false;
    element.style.left = Math.max(0, Math.min(px + OFF, clientWidth - element.offsetWidth)) + "px";
    element.style.top = py + OFF + "px";
  }

  hide() {
    this.element.textContent = "";
    this.element.hidden = true;
  }
}
