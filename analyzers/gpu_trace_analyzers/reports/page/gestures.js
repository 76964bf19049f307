// What do a mouse, a wheel and fingers do with the timeline?

const CLICK = 5;  // pixels: who moves more drags

export function gestures(timeline) {
  const { canvas, view } = timeline, pointers = new Map();
  let pinch = 0, moved = 0;
  const at = (event) => [event.clientX - canvas.getBoundingClientRect().left, event.clientY - canvas.getBoundingClientRect().top];

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event)[0]);
    pinch = moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = at(event), before = pointers.get(event.pointerId);
    if (before === undefined) return timeline.point(px, py);
    pointers.set(event.pointerId, px);
    if (pointers.size > 1) return pinched();
    moved += Math.abs(px - before);
    view.pan((before - px) / (view.right - view.left));
  });
  canvas.addEventListener("pointerup", (event) => {
    if (moved < CLICK && pointers.size === 1) timeline.choose(...at(event));
    pointers.delete(event.pointerId);
    pinch = 0;
  });
  canvas.addEventListener("pointerleave", () => timeline.leave());
  canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("dblclick", (event) => view.zoom(3, at(event)[0]));
  canvas.addEventListener("wheel", wheel, { passive: false });

  function pinched() {
    const [a, b] = [...pointers.values()], apart = Math.max(Math.abs(a - b), 1);
    if (pinch) view.zoom(apart / pinch, (a + b) / 2);
    pinch = apart;
  }

  // Without Ctrl, the page scrolls.
  function wheel(event) {
    const zooms = event.ctrlKey || event.metaKey;
    if (!zooms && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
    event.preventDefault();
    if (zooms) view.zoom(Math.exp(-event.deltaY / 200), at(event)[0]);
    else view.pan(event.deltaX / (view.right - view.left));
  }
}
