// The map's geometry: great circles, the map's sides, colours at their bounds, and that names are escaped.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { greatCircle } from "../../../config/world/distance.ts";
import { along, drawMap, speedOf } from "../../../control-plane/latency/map.ts";

const place = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

it("a point along a great circle divides its length", () => {
  fc.assert(
    fc.property(place, place, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
      const length = greatCircle(a, b);
      // Between opposite points every way is a great circle: nothing to check.
      fc.pre(length > 1 && length < 20_000);
      const point = along(a, b, share);
      expect(greatCircle(a, point)).toBeCloseTo(share * length, 1);
      expect(greatCircle(point, b)).toBeCloseTo((1 - share) * length, 1);
    }),
  );
});

it.each([
  [0, 0],
  [20, 0],
  [20.1, 1],
  [50, 1],
  [200, 3],
  [200.1, 4],
  [9999, 4],
])("%s ms has colour %s", (time, speed) => {
  expect(speedOf(time)).toBe(speed);
});

describe("the drawing", () => {
  // A flat map of 360 by 180: x and y are degrees.
  const outline = {
    path: "M0,0",
    project: ({ latitude, longitude }: { latitude: number; longitude: number }) =>
      [longitude + 180, 90 - latitude] as const,
  };
  const report = (name: string, latitude: number, longitude: number, region: string) => ({
    name,
    from: name,
    place: { latitude, longitude },
    region,
    series: {},
  });

  it("breaks an arc in two where it crosses the map's side, and only there", () => {
    const commands = (svg: string) => /class="arc[^"]*" d="([^"]*)"/.exec(svg)?.[1]?.match(/M/g)?.length;
    // From Honolulu to Tokyo the short way crosses the date line.
    expect(commands(drawMap(outline, [report("HI", 21.3, -157.9, "apac")], 360, 180))).toBe(2);
    expect(commands(drawMap(outline, [report("KR", 37.6, 127, "apac")], 360, 180))).toBe(1);
  });

  it("draws places whose region is unknown without an arc, and leaves out those without coordinates", () => {
    const svg = drawMap(
      outline,
      [report("KR", 37.6, 127, "nowhere"), { name: "XX", from: "XX", series: {} }],
      360,
      180,
    );
    expect(svg).not.toContain('class="arc ');
    expect(svg).toContain("KR");
    expect(svg).not.toContain("XX");
  });

  it("escapes what it writes", () => {
    expect(drawMap(outline, [report("<script>", 0, 0, "afr")], 360, 180)).not.toContain("<script>");
  });
});
