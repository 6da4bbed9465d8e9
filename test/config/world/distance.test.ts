// Distances against published great-circle distances between cities, and the properties that every distance has.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BASE_ROUND_TRIP, greatCircle, roundTrip } from "../../../config/world/distance.ts";
import { type Coordinates, REGIONS } from "../../../config/world/regions.ts";

const point: fc.Arbitrary<Coordinates> = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

describe("the great-circle distance", () => {
  // Published distances are measured on the ellipsoid, which differs from a sphere by up to 0.6 percent.
  it.each([
    ["Amsterdam to Warsaw", REGIONS.weur.place, REGIONS.eeur.place, 1096],
    [
      "Heathrow to Kennedy airport",
      { latitude: 51.4775, longitude: -0.4614 },
      { latitude: 40.6398, longitude: -73.7789 },
      5555,
    ],
    ["Tokyo to Sydney", REGIONS.apac.place, REGIONS.oc.place, 7825],
    ["pole to pole", { latitude: 90, longitude: 0 }, { latitude: -90, longitude: 0 }, 20_015],
  ] as const)("from %s is the published one", (_name, a, b, published) => {
    expect(Math.abs(greatCircle(a, b) - published) / published).toBeLessThan(0.006);
  });

  it("crosses the date line the short way", () => {
    const distance = greatCircle({ latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 });
    expect(distance).toBeCloseTo(222.4, 0);
  });

  it("is symmetric, zero from a point to itself and never beyond half the circumference", () => {
    fc.assert(
      fc.property(point, point, (a, b) => {
        expect(greatCircle(a, b)).toBeCloseTo(greatCircle(b, a), 6);
        expect(greatCircle(a, a)).toBe(0);
        expect(greatCircle(a, b)).toBeLessThanOrEqual(20_016);
      }),
    );
  });
});

describe("the round-trip time", () => {
  it("grows with distance and never falls below what equipment costs", () => {
    expect(roundTrip(REGIONS.weur.place, REGIONS.weur.place)).toBe(BASE_ROUND_TRIP);
    // 200 km of great circle: 400 km both ways, 600 km of cable, 3 ms of light in fibre.
    const north = { latitude: 200 / 111.195, longitude: 0 };
    expect(roundTrip({ latitude: 0, longitude: 0 }, north)).toBeCloseTo(BASE_ROUND_TRIP + 3, 2);
  });

  it("puts Tokyo farther from Amsterdam than Warsaw is", () => {
    expect(roundTrip(REGIONS.weur.place, REGIONS.apac.place)).toBeGreaterThan(
      roundTrip(REGIONS.weur.place, REGIONS.eeur.place),
    );
  });
});
