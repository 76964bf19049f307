// How are times and shares written?

const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];

export const unitOf = (ns) => UNITS.find(([size]) => Math.abs(ns) >= size) || UNITS[3];

// A time in the unit of the largest beside it, with as many digits as tell it from one that is a step later.
export function time(ns, step, largest = ns) {
  const [size, unit] = unitOf(largest), digits = Math.ceil(Math.log10(size / Math.max(1, step)) - 1e-9);
  return (ns / size).toFixed(Math.max(0, digits)) + " " + unit;
}

export const exact = (ns) => ns.toLocaleString("en-US");

export const share = (part) => part > 0 && part < 0.0005 ? "<0.1 %" : part < 1 && part >= 0.9995 ? ">99.9 %"
  : (100 * part).toFixed(1) + " %";
