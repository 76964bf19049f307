// What is in the page's data? Columns of all lanes, one after the other, as varints.
import { gaps } from "./gaps.js";
import { Lane } from "./lane.js";

// The data, with lanes in place of what is said about them.
export async function unpacked(data) {
  const columns = new Columns(await inflated(data.spans));
  for (const group of data.groups) {
    const lanes = [];
    for (const about of group.lanes) lanes.push("cuts" in about ? idleLane(about, columns, lanes) : lane(about, columns));
    group.lanes = lanes;
  }
  return data;
}

// Distances of starts, lengths, names, and streams and ranges, which begin at 1 where there is one.
function lane(about, columns) {
  const { count } = about, start = columns.running(count), end = after(start, columns.next(count));
  return new Lane(about, start, end, { name: columns.next(count), stream: columns.next(count), range: columns.next(count) });
}

// It has no times of its own, but those in which all lanes before it do nothing.
function idleLane(about, columns, lanes) {
  const start = columns.running(about.recorded), end = after(start, columns.next(about.recorded));
  const found = gaps(lanes.filter((other) => !other.lost), { start, end }, columns.running(about.cuts), about.count);
  const none = new Float64Array(about.count);
  return new Lane(about, found.start, found.end, { name: columns.next(about.count), stream: none, range: none });
}

const after = (start, length) => length.map((ns, i) => start[i] + ns);

async function inflated(base64) {
  const text = atob(base64), packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Takes one column after the other: 7 bits a byte, the lowest first, with the top bit where more follow.
class Columns {
  constructor(bytes) { Object.assign(this, { bytes, at: 0 }); }

  next(count) {
    const { bytes } = this, values = new Float64Array(count);
    let { at } = this;
    for (let i = 0; i < count; i++) {
      let byte = bytes[at++], scale = 1, value = byte & 127;
      while (byte & 128) { byte = bytes[at++]; scale *= 128; value += (byte & 127) * scale; }
      values[i] = value;
    }
    this.at = at;
    return values;
  }

  // The sums of a column of distances.
  running(count) {
    const values = this.next(count);
    for (let i = 1; i < count; i++) values[i] += values[i - 1];
    return values;
  }
}
