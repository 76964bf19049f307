// When did a device do nothing? In the recorded time that none of its lanes covers.

// The gaps, in parts where an instant of `cuts` lies inside one; there are `count` of them.
export function gaps(lanes, recorded, cuts, count) {
  const start = new Float64Array(count), end = new Float64Array(count), next = lanes.map(() => 0);
  let found = 0, cut = 0;
  for (let i = 0; i < recorded.start.length; i++)
    for (let at = recorded.start[i]; at < recorded.end[i];) {
      const free = busyUntil(lanes, next, at), until = Math.min(begins(lanes, next), recorded.end[i]);
      for (at = free; at < until;) {
        while (cuts[cut] <= at) cut++;
        start[found] = at;
        at = end[found++] = Math.min(until, cuts[cut] ?? Infinity);
      }
    }
  if (found !== count) throw new Error(`there are ${found} gaps, and not ${count}`);
  return { start, end };
}

// The end of all that follows an instant without a gap; moves each lane's position behind it.
function busyUntil(lanes, next, at) {
  for (let before = -1; before < at;) {
    before = at;
    for (let lane = 0; lane < lanes.length; lane++)
      while (lanes[lane].opens[next[lane]] <= at) at = Math.max(at, lanes[lane].closes[next[lane]++]);
  }
  return at;
}

// When any lane is busy again.
function begins(lanes, next) {
  let first = Infinity;
  for (let lane = 0; lane < lanes.length; lane++) first = Math.min(first, lanes[lane].opens[next[lane]] ?? Infinity);
  return first;
}
