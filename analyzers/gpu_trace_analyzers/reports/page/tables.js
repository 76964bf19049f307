// In which order are the rows of a table? A click on a heading sorts them: figures the largest first, words by the
// alphabet, and after both ways as the page had them.
//
// Figures are read from their cells, which are rounded. Rows that are equal there keep the order that the page had,
// which is that of their exact times wherever it is by time.

const UNITS = { ns: 1, "µs": 1e3, ms: 1e6, s: 1e9, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
const FIGURE = /^([<>]?)([+−-]?)([\d,]*\.?\d+)\s*([^\s/]*)/;
const NEXT = {
  words: { none: "ascending", ascending: "descending", descending: "none" },
  figures: { none: "descending", descending: "ascending", ascending: "none" },
};

export function tables() {
  for (const table of document.querySelectorAll("main table")) {
    const rows = [...table.tBodies[0].rows];
    for (const heading of table.tHead.rows[0].cells) heading.replaceChildren(button(heading, () => sort(table, rows, heading)));
  }
}

function button(heading, act) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", title: "sort by this column", textContent: heading.textContent });
  made.addEventListener("click", act);
  return made;
}

function sort(table, rows, heading) {
  const kind = heading.classList.contains("word") ? "words" : "figures";
  const order = NEXT[kind][heading.getAttribute("aria-sort") || "none"];
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  if (order !== "none") heading.setAttribute("aria-sort", order);
  table.tBodies[0].append(...(order === "none" ? rows : sorted(rows, heading.cellIndex, kind, order)));
}

function sorted(rows, place, kind, order) {
  const way = order === "ascending" ? 1 : -1, text = (row) => row.cells[place].textContent.trim();
  const words = (a, b) => text(a).localeCompare(text(b), "en", { numeric: true });
  const figures = (a, b) => Math.sign(figure(text(a)) - figure(text(b))) || 0;
  return [...rows].sort((a, b) => way * (kind === "words" ? words : figures)(a, b));
}

// What a cell is sorted by; one without a figure is less than all others.
function figure(text) {
  const [, about, sign, digits, unit] = FIGURE.exec(text) || [];
  if (digits === undefined) return -Number.MAX_VALUE;
  const value = Number(digits.replaceAll(",", "")) * (UNITS[unit] || 1) * (sign && sign !== "+" ? -1 : 1);
  return value * ({ "<": 0.99, ">": 1.01 }[about] || 1);
}
