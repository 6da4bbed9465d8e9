// The line of a cut link on the map: an arc from one region towards the other, with an arrow at its end. The lines of both
// directions between two regions curve to opposite sides, since each curves to its own left.

type MapPoint = readonly [x: number, y: number];

/** In units of the map: how far the line ends from the middle of a dot, and the length of its arrow. */
const CLEARANCE = 11;
const ARROW = 9;
/** The bend, as a share of the distance. */
const BEND = 0.12;

/** SVG path data. Two regions in one place get a line of length zero, without NaN. */
export function cutLine([x1, y1]: MapPoint, [x2, y2]: MapPoint): { readonly line: string; readonly arrow: string } {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const middle: MapPoint = [(x1 + x2) / 2 + dy * BEND, (y1 + y2) / 2 - dx * BEND];
  const start = towards([x1, y1], middle, CLEARANCE);
  const end = towards([x2, y2], middle, CLEARANCE);
  const base = towards(end, middle, ARROW);
  const [wx, wy] = [(end[1] - base[1]) / 2, (base[0] - end[0]) / 2];
  const wings: readonly MapPoint[] = [
    [base[0] + wx, base[1] + wy],
    [base[0] - wx, base[1] - wy],
  ];
  return {
    line: `M${text(start)}Q${text(middle)} ${text(base)}`,
    arrow: `M${text(end)}L${wings.map(text).join("L")}Z`,
  };
}

/** The point at `distance` from `from` towards `to`; `to` itself if it is nearer. */
function towards(from: MapPoint, to: MapPoint, distance: number): MapPoint {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const share = Math.min(1, distance / (Math.hypot(dx, dy) || 1));
  return [from[0] + dx * share, from[1] + dy * share];
}

const text = ([x, y]: MapPoint): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
