// Which rows of the map have their names beside them, where not all have room? Those that were late before all others.

const LATE = 0.1;  // of the lateness that has the full color

// The places of rows, of which no two are closer than `apart` rows; with whether a row was late.
export function labeled({ late_ns, full_ns }, apart) {
  const most = late_ns.map((cells) => Math.max(...cells)), rows = most.map((ns, row) => ({ row, late: ns > LATE * full_ns }));
  const first = rows.filter(({ late }) => late).sort((a, b) => most[b.row] - most[a.row]), chosen = [];
  for (const each of [...first, ...rows])
    if (chosen.every(({ row }) => Math.abs(row - each.row) >= apart)) chosen.push(each);
  return chosen;
}
