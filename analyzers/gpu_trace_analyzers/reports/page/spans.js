"use strict";
// The spans of a lane, and how much of any stretch of time they cover. Times are whole ns since the page's zero, as
// doubles: exact up to 104 days.

// The first position at which a sorted column is at least (or, with `beyond`, more than) a value.
function position(column, value, beyond = false) {
  let low = 0, high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beyond ? column[middle] <= value : column[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

class Lane {
  // Spans in order of their start, which may overlap; `name` are positions in the page's names.
  constructor(about, start, end, name) {
    Object.assign(this, about, { start, end, name_of: name });
    this.ends = end.slice().sort();
    this.longest = Lane.blocks(start, end);
    this.unite();
  }

  // When any span runs: disjoint stretches, and the time that all before each of them cover.
  unite() {
    const { start, end } = this, opens = [], closes = [], until = [0];
    for (let i = 0, reach = -1; i < start.length; i++) {
      if (start[i] > reach) { opens.push(start[i]); closes.push(end[i]); }
      else if (end[i] > reach) closes[closes.length - 1] = end[i];
      reach = closes[closes.length - 1];
    }
    for (let i = 0; i < opens.length; i++) until.push(until[i] + closes[i] - opens[i]);
    this.opens = Float64Array.from(opens);
    this.closes = Float64Array.from(closes);
    this.until = Float64Array.from(until);
  }

  // How much time before an instant is covered. The difference of two is what lies between, and all add up.
  before(ns) {
    const last = position(this.opens, ns) - 1;
    return last < 0 ? 0 : this.until[last] + Math.min(ns, this.closes[last]) - this.opens[last];
  }

  covered(from, to) { return this.before(to) - this.before(from); }

  // How many spans touch a stretch.
  touching(from, to) { return position(this.start, to) - position(this.ends, from, true); }

  // The last span to begin of those that touch a stretch; -1 without one.
  lastOf(from, to) {
    for (let i = position(this.start, to) - 1; i >= 0; i--) {
      if (this.end[i] > from) return i;
      if (i % Lane.BLOCK === 0)  // what lies farther back than the longest span of a block cannot reach here
        while (i >= Lane.BLOCK && this.start[i - 1] + this.longest[i / Lane.BLOCK - 1] <= from) i -= Lane.BLOCK;
    }
    return -1;
  }

  // Every span of at least a length that touches a stretch, by position.
  *longer(least, from, to) {
    for (let block = 0; block < this.longest.length; block++) {
      const first = block * Lane.BLOCK, last = Math.min(first + Lane.BLOCK, this.start.length);
      if (this.start[first] >= to) return;
      if (this.longest[block] < least || this.start[last - 1] + this.longest[block] <= from) continue;
      for (let i = first; i < last && this.start[i] < to; i++)
        if (this.end[i] > from && this.end[i] - this.start[i] >= least) yield i;
    }
  }

  static BLOCK = 256;

  static blocks(start, end) {
    const longest = new Float64Array(Math.ceil(start.length / Lane.BLOCK));
    for (let i = 0; i < start.length; i++) {
      const block = Math.floor(i / Lane.BLOCK);
      longest[block] = Math.max(longest[block], end[i] - start[i]);
    }
    return longest;
  }
}

// The lanes of a page's data: of each lane the distances of its starts, its lengths and its names, all as varints.
async function unpack(data) {
  const text = atob(data.spans), packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let at = 0;
  function column(count) {
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      let byte = bytes[at++], scale = 1, value = byte & 127;
      while (byte & 128) { byte = bytes[at++]; scale *= 128; value += (byte & 127) * scale; }
      values[i] = value;
    }
    return values;
  }
  for (const group of data.groups) group.lanes = group.lanes.map((about) => {
    const start = column(about.count), end = column(about.count), name = column(about.count);
    for (let i = 1; i < start.length; i++) start[i] += start[i - 1];
    for (let i = 0; i < start.length; i++) end[i] += start[i];
    return new Lane(about, start, end, name);
  });
  return data;
}
