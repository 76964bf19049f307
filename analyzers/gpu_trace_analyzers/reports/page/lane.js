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

const FILLED = 16;  // times in a stretch of an index, about

// Finds times in a sorted column: it knows the first position of each of equal stretches of time.
class Index {
  constructor(column) {
    const stretches = Math.ceil(column.length / FILLED), last = column[column.length - 1] ?? 0;
    Object.assign(this, { column, each: Math.max(1, last / Math.max(1, stretches)) });
    this.first = new Int32Array(stretches + 2).fill(column.length);
    for (let i = column.length - 1; i >= 0; i--) this.first[Math.floor(column[i] / this.each)] = i;
    for (let i = stretches; i >= 0; i--) this.first[i] = Math.min(this.first[i], this.first[i + 1]);
  }

  // As `position` of a time that is not negative.
  position(ns) {
    const stretch = Math.min(Math.floor(ns / this.each), this.first.length - 2);
    return position(this.column, ns, false, this.first[stretch], this.first[stretch + 1]);
  }
}

const BLOCK = 1024;  // spans of which the longest is known, so that a search can leave all of them out

export class Lane {
  // Spans in order of their start, which may overlap; `columns` has what is known of each of them.
  constructor(about, start, end, columns) {
    Object.assign(this, about, { start, end, columns });
    this.ends = end.slice().sort();
    this.longest = longestOfBlocks(start, end);
    Object.assign(this, united(start, end));
    this.index = new Index(this.opens);
  }

  // How much time before an instant is covered. The difference of two is what lies between, and all add up.
  before(ns) {
    const next = this.index.position(ns);
    return next ? this.until[next - 1] + Math.min(ns, this.closes[next - 1]) - this.opens[next - 1] : 0;
  }

  covered(from, to) { return this.before(to) - this.before(from); }

  // The share of its time that each of some columns is covered; together they are what is covered of all.
  shares(from, each, columns) {
    const busy = new Float64Array(columns);
    for (let i = 0, before = this.before(from); i < columns; i++) {
      const until = this.before(from + (i + 1) * each);
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
