// The best source wins, every place names its source, and only a claim that cannot be read is an error.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { REGION_IDS, REGIONS } from "../../../config/world/regions.ts";
import { type LocateInput, locate } from "../../../edge/geo/locate.ts";

const database: Record<string, string> = { "203.0.113.7": "JP", "2001:db8::1": "BR", "198.51.100.1": "DE" };
const at = (input: Partial<LocateInput>) =>
  locate({ countryOf: (address) => database[address], region: "enam", ...input });
const CF = { country: "FR", continent: "EU", latitude: "48.85", longitude: "2.35" };

describe("Meridian-From", () => {
  test.each([
    ["JP", { country: "JP", continent: "AS" }],
    ["br", { country: "BR", continent: "SA" }],
    ["203.0.113.7", { country: "JP", continent: "AS" }],
    ["2001:DB8:0::1", { country: "BR", continent: "SA" }],
    ["35.68,139.69", { coordinates: { latitude: 35.68, longitude: 139.69 } }],
  ])("%s wins over everything else", (from, expected) => {
    expect(at({ from, cf: CF, address: "198.51.100.1" })).toMatchObject({ ...expected, source: "meridian-from" });
  });

  test("a point has no country, for none can be told from it", () => {
    expect(at({ from: "35.68,139.69" })).toEqual({
      coordinates: { latitude: 35.68, longitude: 139.69 },
      source: "meridian-from",
    });
  });

  test.each(["", "Japan", "ZZ", "91,0", "1.2.3", "JP,DE"])("%j is refused", (from) => {
    expect(at({ from })).toMatchObject({ kind: "invalid", detail: expect.stringMatching(/Meridian-From|latitude/) });
  });

  test("an address that the database does not know leaves the question to the next source", () => {
    expect(at({ from: "192.0.2.9", address: "198.51.100.1" })).toMatchObject({ country: "DE", source: "database" });
    expect(at({ from: "10.0.0.1" })).toMatchObject({ source: "region" });
  });
});

describe("the platform's facts", () => {
  test("give point, country and continent", () => {
    expect(at({ cf: CF, address: "203.0.113.7" })).toEqual({
      coordinates: { latitude: 48.85, longitude: 2.35 },
      country: "FR",
      continent: "EU",
      source: "cf",
    });
  });

  test.each([
    [{ country: "FR" }, { country: "FR", continent: "EU", source: "cf" }],
    [
      { ...CF, longitude: "" },
      { country: "FR", coordinates: { latitude: 47, longitude: 2.5 }, source: "cf" },
    ],
    [
      { ...CF, latitude: "north" },
      { country: "FR", coordinates: { latitude: 47, longitude: 2.5 }, source: "cf" },
    ],
    [
      { ...CF, latitude: "1000" },
      { country: "FR", coordinates: { latitude: 47, longitude: 2.5 }, source: "cf" },
    ],
    [
      { ...CF, continent: "XX" },
      { continent: "EU", source: "cf" },
    ],
    [{ country: "T1" }, { source: "region" }],
    [{ country: "XX" }, { source: "region" }],
    [{}, { source: "region" }],
  ])("%j", (cf, expected) => {
    expect(at({ cf })).toMatchObject(expected);
  });

  test("a point without a country that is known has none", () => {
    const place = at({ cf: { ...CF, country: "T1" } });
    expect(place).toEqual({ coordinates: { latitude: 48.85, longitude: 2.35 }, continent: "EU", source: "cf" });
  });
});

describe("the address", () => {
  test("is looked up where the platform says nothing", () => {
    expect(at({ address: "198.51.100.1" })).toMatchObject({ country: "DE", continent: "EU", source: "database" });
  });

  test("gives a point where the database has one", () => {
    const place = at({ address: "198.51.100.1", pointOf: () => ({ latitude: 52.5, longitude: 13.4 }) });
    expect(place).toMatchObject({
      country: "DE",
      coordinates: { latitude: 52.5, longitude: 13.4 },
      source: "database",
    });
  });
});

describe("the region", () => {
  test.each(REGION_IDS)("%s stands in for a client of whom nothing is known, without a country", (region) => {
    expect(at({ region, address: "192.0.2.1" })).toEqual({ coordinates: REGIONS[region].place, source: "region" });
  });

  test("even without a region there is a place", () => {
    expect(at({ region: undefined })).toMatchObject({ source: "region" });
  });
});

test("every input has a place on the earth or an error", () => {
  const text = fc.option(fc.oneof(fc.string(), fc.constantFrom("JP", "1,2", "203.0.113.7", "NaN", "1e9")), {
    nil: undefined,
  });
  const cf = fc.option(fc.record({ country: text, continent: text, latitude: text, longitude: text }), {
    nil: undefined,
  });
  fc.assert(
    fc.property(text, cf, text, (from, facts, address) => {
      const place = at({ from, cf: facts, address });
      if ("kind" in place) return;
      expect(Math.abs(place.coordinates.latitude)).toBeLessThanOrEqual(90);
      expect(Math.abs(place.coordinates.longitude)).toBeLessThanOrEqual(180);
    }),
  );
});
