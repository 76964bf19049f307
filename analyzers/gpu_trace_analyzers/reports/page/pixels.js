// How do the shares of a lane become pixels? Each column is filled from below, as high as its share.

const STEPS = 256;  // of a pixel that is painted in part

// A column beside a full one, and unlike both its neighbors, is the edge of something wide: it is drawn fainter and not
// lower, which is as much and looks straight.
function isEdge(busy, i) {
  const full = (share) => share > 0.999;
  return !full(busy[i]) && (full(busy[i - 1]) || full(busy[i + 1])) && busy[i - 1] !== busy[i] && busy[i + 1] !== busy[i];
}

// Rows of pixels for `busy`, which has the share of each column, in the `shades` of a lane. As much is painted as was busy.
export function painted(busy, height, shades) {
  const wide = busy.length, image = imageOf(wide, height), pixels = new Uint32Array(image.data.buffer);
  pixels.fill(shades[0]);
  const fill = (x, from, to, shade) => { for (let y = from; y < to; y++) pixels[y * wide + x] = shade; };
  for (let x = 0; x < wide; x++) {
    if (busy[x] === 0) continue;
    if (isEdge(busy, x)) { fill(x, 0, height, shades[Math.round(STEPS * busy[x])]); continue; }
    const full = Math.floor(busy[x] * height + 0.5 / STEPS), top = height - full;
    fill(x, top, height, shades[STEPS]);
    if (top) fill(x, top - 1, top, shades[Math.round(STEPS * Math.max(0, busy[x] * height - full))]);
  }
  return image;
}

// There are lanes of two heights; making an image for each lane takes longer than to paint it.
const images = new Map();

function imageOf(wide, height) {
  if (images.get(height)?.width !== wide) images.set(height, new ImageData(wide, height));
  return images.get(height);
}

// Stretches of columns in which something is painted, but less than a pixel.
export function* faint(busy, height) {
  const little = (i) => busy[i] > 0 && busy[i] * height < 1 && !isEdge(busy, i);
  for (let from = 0, to; from < busy.length; from = to + 1) {
    for (to = from; little(to);) to++;
    if (to > from) yield { from, to };
  }
}

// From the ground of a lane to its color, as pixels lie in memory.
export function shadesOf(color, ground) {
  const [a, b] = [rgb(ground), rgb(color)], shades = new Uint32Array(STEPS + 1);
  for (let step = 0; step <= STEPS; step++) {
    const [red, green, blue] = a.map((part, i) => Math.round(part + (b[i] - part) * step / STEPS));
    shades[step] = 255 << 24 | blue << 16 | green << 8 | red;
  }
  return shades;
}

// The parts of a color of CSS.
function rgb(color) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}
