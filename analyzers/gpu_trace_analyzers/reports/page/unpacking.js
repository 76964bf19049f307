// What is in the page's data? Of each lane the distances of its starts, its lengths and its names, all as varints.
import { Lane } from "./lane.js";

// The data with its lanes in place of what was said about them.
export async function unpacked(data) {
  const column = reader(await inflated(data.spans));
  for (const group of data.groups) group.lanes = group.lanes.map((about) => {
    const start = column(about.count), end = column(about.count), name = column(about.count);
    for (let i = 1; i < start.length; i++) start[i] += start[i - 1];
    for (let i = 0; i < start.length; i++) end[i] += start[i];
    return new Lane(about, start, end, { name });
  });
  return data;
}

async function inflated(base64) {
  const text = atob(base64), packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Takes one column after the other: 7 bits a byte, the lowest first, with the top bit where more follow.
function reader(bytes) {
  let at = 0;
  return (count) => {
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      let byte = bytes[at++], scale = 1, value = byte & 127;
      while (byte & 128) { byte = bytes[at++]; scale *= 128; value += (byte & 127) * scale; }
      values[i] = value;
    }
    return values;
  };
}
