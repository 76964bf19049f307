// Which spans does a lane have, and how much of any stretch of time do they cover? Times are whole ns since the page's
// zero, as doubles: exact up to 104 days.

// The first position at which a sorted column is at least (or, with `beyond`, more than) a value.
export function position(column, value, beyond = false, low = 0, high = column.length) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beyond ? column[middle] <= value : column[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

// The same, of a value that lies not far behind a position.
function onward(column, value, low) {
  let step = 1;
  while (low + step < column.length && column[low + step] < value) step *= 2;
  return position(column, value, false, low + (step >> 1), Math.min(low + step + 1, column.length));
}

const BLOCK = 1024;  // spans of which the longest is known, so that a search can leave all of them out

export class Lane {
  // Spans in order of their start, which may overlap; `columns` has what is known of each of them.
  constructor(about, start, end, columns) {
    Object.assign(this, about, { start, end, columns });
    this.ends = end.slice().sort();
    this.longest = longestOfBlocks(start, end);
    Object.assign(this, united(start, end));
  }

  // How much time before an instant is covered. The difference of two is what lies between, and all add up.
  before(ns, next = position(this.opens, ns)) {
    return next ? this.until[next - 1] + Math.min(ns, this.closes[next - 1]) - this.opens[next - 1] : 0;
  }

  covered(from, to) { return this.before(to) - this.before(from); }

  // The share of its time that each of some columns is covered; together they are what is covered of all.
  shares(from, each, columns) {
    const busy = new Float64Array(columns);
    for (let i = 0, next = position(this.opens, from), before = this.before(from, next); i < columns; i++) {
      const to = from + (i + 1) * each;
      next = onward(this.opens, to, next);
      const until = this.before(to, next);
      busy[i] = Math.min(1, (until - before) / each);
      before = until;
    }
    return busy;
  }

  // How many spans touch a stretch.
  touching(from, to) { return position(this.start, to) - position(this.ends, from, true); }

  // The last span to begin of those that touch a stretch; -1 without one.
  lastOf(from, to) {
    for (let i = position(this.start, to) - 1; i >= 0; i--) {
      if (this.end[i] > from) return i;
      if (i % BLOCK === 0)  // what lies farther back than the longest span of a block cannot reach here
        while (i >= BLOCK && this.start[i - 1] + this.longest[i / BLOCK - 1] <= from) i -= BLOCK;
    }
    return -1;
  }

  // Every span of at least a length that touches a stretch, by position.
  *longer(least, from, to) {
    for (let block = 0; block < this.longest.length; block++) {
      const first = block * BLOCK, last = Math.min(first + BLOCK, this.start.length);
      if (this.start[first] >= to) return;
      if (this.longest[block] < least || this.start[last - 1] + this.longest[block] <= from) continue;
      for (let i = first; i < last && this.start[i] < to; i++)
        if (this.end[i] > from && this.end[i] - this.start[i] >= least) yield i;
    }
  }
}

function longestOfBlocks(start, end) {
  const longest = new Float64Array(Math.ceil(start.length / BLOCK));
  for (let i = 0; i < start.length; i++) {
    const block = Math.floor(i / BLOCK);
    longest[block] = Math.max(longest[block], end[i] - start[i]);
  }
  return longest;
}

// When any span runs: disjoint stretches, and the time that all before each of them cover.
function united(start, end) {
  const opens = new Float64Array(start.length), closes = new Float64Array(start.length);
  let count = 0;
  for (let i = 0; i < start.length; i++) {
    if (count && start[i] <= closes[count - 1]) closes[count - 1] = Math.max(closes[count - 1], end[i]);
    else { opens[count] = start[i]; closes[count++] = end[i]; }
  }
  const until = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) until[i + 1] = until[i] + closes[i] - opens[i];
  return { opens: opens.slice(0, count), closes: closes.slice(0, count), until };
}
