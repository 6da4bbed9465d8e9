// Names beside dots on the map: below, unless neighbours would collide.

import { describe, expect, it } from "vitest";
import { REGION_IDS, REGIONS } from "../../../config/world/regions.ts";
import { worldOutline } from "../../../config/world/world-outline.node.ts";
import { labelSides } from "../../../control-plane/dashboard/map-labels.ts";

describe("label sides", () => {
  it("part neighbours and leave the others below", () => {
    expect(
      labelSides([
        [0, 0],
        [60, 10],
        [300, 0],
      ]),
    ).toEqual(["left", "right", "below"]);
    expect(
      labelSides([
        [60, 10],
        [0, 0],
      ]),
    ).toEqual(["right", "left"]);
  });

  it("part even two dots in one place", () => {
    expect(
      labelSides([
        [5, 5],
        [5, 5],
      ]),
    ).toEqual(["left", "right"]);
  });

  it("keep names below that are near on one axis only", () => {
    expect(
      labelSides([
        [0, 0],
        [70, 0],
        [0, 40],
      ]),
    ).toEqual(["below", "below", "below"]);
  });

  it("part the two European regions and no others", () => {
    const world = worldOutline(960, 440);
    const sides = labelSides(REGION_IDS.map((id) => world.project(REGIONS[id].place)));
    expect(REGION_IDS.filter((_, index) => sides[index] === "left")).toEqual(["weur"]);
    expect(REGION_IDS.filter((_, index) => sides[index] === "right")).toEqual(["eeur"]);
  });
});
