// The lines of cut links on the map.

import { describe, expect, it } from "vitest";
import { cutLine } from "../../../control-plane/dashboard/map-lines.ts";

const numbers = (path: string): number[] =>
  path
    .split(/[MQLZ ]/)
    .filter(Boolean)
    .map(Number);

describe("the line of a cut link", () => {
  it("ends with its arrow beside the region that does not answer", () => {
    const [x = 0, y = 0] = numbers(cutLine([100, 100], [300, 100]).arrow);
    expect(Math.hypot(x - 300, y - 100)).toBeCloseTo(11, 0);
  });

  it("bends to the other side than that of the way back", () => {
    const bend = (line: string): number => numbers(line)[3] ?? 0;
    expect(bend(cutLine([100, 100], [300, 100]).line)).toBeLessThan(100);
    expect(bend(cutLine([300, 100], [100, 100]).line)).toBeGreaterThan(100);
  });

  it("is made of numbers even between regions in one place", () => {
    for (const path of Object.values(cutLine([5, 5], [5, 5]))) expect(numbers(path).every(Number.isFinite)).toBe(true);
  });
});
