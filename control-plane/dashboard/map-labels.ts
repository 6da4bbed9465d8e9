// Where a region's name stands beside its dot: below, unless another dot is so near that the names would meet; then the
// western one's name goes to the left and the eastern one's to the right.

export type LabelSide = "below" | "left" | "right";

/** In units of the map: wider apart than this, two names below their dots do not touch. */
const NEAR_X = 70;
const NEAR_Y = 40;

/** For each point, the side on which its name is written. */
export function labelSides(points: readonly (readonly [x: number, y: number])[]): readonly LabelSide[] {
  return points.map(([x, y], self) => {
    const neighbour = points.find(
      ([otherX, otherY], other) => other !== self && Math.abs(otherX - x) < NEAR_X && Math.abs(otherY - y) < NEAR_Y,
    );
    if (!neighbour) return "below";
    // Two dots in one place part by their order, so that one goes left and one goes right.
    const west = x < neighbour[0] || (x === neighbour[0] && self < points.indexOf(neighbour));
    return west ? "left" : "right";
  });
}
