// What do the keys and the buttons do with the timeline?

const STEP = 0.3;  // of the view
const ON_CANVAS = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "in", ArrowDown: "out",
  a: "left", d: "right", w: "in", s: "out", "+": "in", "=": "in", "-": "out", 0: "all", Home: "all", Escape: "none",
};
const EVERYWHERE = { n: "nextFinding", p: "previousFinding" };

export function keys(timeline, findings) {
  const { view } = timeline;
  const actions = {
    left: () => view.pan(-STEP), right: () => view.pan(STEP), in: () => view.zoom(2), out: () => view.zoom(0.5),
    all: () => view.all(), steady: () => timeline.steady(), none: () => timeline.forget(), next: () => timeline.nextExposed(),
    nextFinding: () => findings.go(1), previousFinding: () => findings.go(-1),
  };
  for (const button of document.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => actions[button.dataset.do]());
  timeline.canvas.addEventListener("keydown", (event) => pressed(event, ON_CANVAS));
  document.addEventListener("keydown", (event) => { if (!typing(event.target)) pressed(event, EVERYWHERE); });

  function pressed(event, meanings) {
    const action = meanings[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[action]();
  }
}

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
