// Places a region's label: below its dot, unless another dot is so near that the labels would overlap; then the western one's
// goes to the left and the eastern one's to the right.

export type LabelSide = "below" | "left" | "right";

/** In units of the map: labels below dots this far apart do not overlap. */
const NEAR_X = 70;
const NEAR_Y = 40;

/** The side of each point's label. */
export function labelSides(points: readonly (readonly [x: number, y: number])[]): readonly LabelSide[] {
  return points.map(([x, y], self) => {
    const neighbour = points.find(
      ([otherX, otherY], other) => other !== self && Math.abs(otherX - x) < NEAR_X && Math.abs(otherY - y) < NEAR_Y,
    );
    if (!neighbour) return "below";
    // For two dots in one place the order decides, so that one label goes left and one right.
    const west = x < neighbour[0] || (x === neighbour[0] && self < points.indexOf(neighbour));
    return west ? "left" : "right";
  });
}
