// Where on the canvas does each lane stand?

export const AXIS = 22;
export const MARK = 3;
const LANE = 20, LOSS = 14, HEAD = 26, PAD = 3, LABEL = 14, BETWEEN = 6;
const NARROW = 560, GUTTER = 168;

// The room for names left of the lanes; 0 where they stand above.
export const gutterOf = (width) => width < NARROW ? 0 : GUTTER;

// Rows from top to bottom: the head of each group, and its lanes, with `top` and `bar` of what is painted; the height.
export function laidOut(groups, gutter) {
  const rows = [];
  let y = AXIS;
  for (const group of groups) {
    rows.push({ y, height: HEAD, group });
    y += HEAD;
    for (const lane of group.lanes) {
      const label = gutter ? 0 : LABEL, bar = lane.lost ? LOSS : LANE;
      rows.push({ y, height: bar + label + MARK, top: y + label, bar, lane, group });
      y += bar + label + MARK + PAD;
    }
    y += BETWEEN;
  }
  return { rows, height: y };
}
