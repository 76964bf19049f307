// What is told of a cell of the map? Its ranks and their host, its steps, and how long the others waited.
import { exact, time } from "./times.js";

// Lines of text, the first of which is its name.
export function told(data, { row, column }) {
  return `${named("rank", ...ranksOf(data, row))}${hostOf(data, row)}\n${named("step", ...stepsOf(data, column))}\n` +
    waited(data, row, column);
}

// The first and the last rank of a row.
export function ranksOf({ ranks_each, ranks }, row) {
  const first = row * ranks_each;
  return [first, Math.max(first, Math.min(first + ranks_each, ranks) - 1)];
}

// The first and the last step of a column.
export function stepsOf({ first_step, steps_each }, column) {
  const first = first_step + column * steps_each;
  return [first, first + steps_each - 1];
}

const named = (noun, first, last) => first === last ? `${noun} ${first}` : `${noun}s ${first}-${last}`;

const hostOf = ({ hosts }, row) => hosts[row] ? " · " + hosts[row] : "";

function waited({ late_ns, late_rank, ranks_each }, row, column) {
  const ns = late_ns[row][column], rank = late_rank[row][column];
  if (ns < 0) return "not recorded";
  if (!ns) return "no other rank waited";
  const whom = ranks_each > 1 && rank >= 0 ? `rank ${rank}, the latest of them` : "it";
  return `the other ranks waited ${time(ns, ns / 1000)} for ${whom}\nexactly ${exact(ns)} ns in one step`;
}
