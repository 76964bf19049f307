// How are times, shares and names written?

const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];

export const unitOf = (ns) => UNITS.find(([size]) => Math.abs(ns) >= size) || UNITS[3];

// How many digits behind the point tell a time from one that is a step later, in the unit of the largest.
export function digits(step, largest) {
  return Math.max(0, Math.ceil(Math.log10(unitOf(largest)[0] / Math.max(1, step)) - 1e-9));
}

// A time in the unit of the largest beside it, with so many.
export function time(ns, step, largest = ns) {
  const [size, unit] = unitOf(largest);
  return (ns / size).toFixed(digits(step, largest)) + " " + unit;
}

export const exact = (ns) => ns.toLocaleString("en-US");

export const share = (part) => part > 0 && part < 0.0005 ? "<0.1 %" : part < 1 && part >= 0.9995 ? ">99.9 %"
  : (100 * part).toFixed(1) + " %";

// A kernel's name without what it returns.
export const bare = (name) => name.replace(/^void /, "");
