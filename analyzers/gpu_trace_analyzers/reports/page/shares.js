// How busy was each column of pixels?

// The share of its time, exactly: the columns of a lane add up to what it covers of the view.
export function busyColumns(lane, from, each, columns) {
  const busy = new Float64Array(columns);
  for (let i = 0, before = lane.before(from); i < columns; i++) {
    const until = lane.before(from + (i + 1) * each);
    busy[i] = Math.min(1, (until - before) / each);
    before = until;
  }
  return busy;
}

// Columns that are equally busy, together; the idle ones are left out. A column beside a full one is the edge of
// something wide: it is drawn fainter, not lower, which is as much and looks straight.
export function* runs(busy) {
  const full = (i) => busy[i] > 0.999;
  for (let from = 0, to = 1; from < busy.length; from = to++) {
    while (to < busy.length && Math.abs(busy[to] - busy[from]) < 1e-6) to++;
    const edge = !full(from) && to - from === 1 && (full(from - 1) || full(to));
    if (busy[from] > 0) yield { from, to, busy: busy[from], edge };
  }
}
