// The table of countries is what its generator makes, whole, and near enough for choosing regions.

import { readFileSync } from "node:fs";
import countries from "i18n-iso-countries";
import { describe, expect, test } from "vitest";
import { isContinent, preferenceOf } from "../../../config/world/continents.ts";
import { countryCodes, countryPlace } from "../../../config/world/country-places.ts";
import { greatCircle } from "../../../config/world/distance.ts";
import { countryPlacesSource } from "../../../config/world/make-country-places.node.ts";

test("making the table again gives the same file", () => {
  const file = new URL("../../../config/world/country-places.ts", import.meta.url);
  expect(readFileSync(file, "utf8")).toBe(countryPlacesSource());
});

test("every country of ISO 3166 has a point on the earth and a continent", () => {
  expect(countryCodes()).toEqual(Object.keys(countries.getAlpha2Codes()).sort());
  for (const code of countryCodes()) {
    const place = countryPlace(code);
    expect(Math.abs(place?.coordinates.latitude ?? 999)).toBeLessThanOrEqual(90);
    expect(Math.abs(place?.coordinates.longitude ?? 999)).toBeLessThanOrEqual(180);
    expect(isContinent(place?.continent ?? "")).toBe(true);
  }
});

test.each(["", "jp", "ZZ", "XX", "T1", "EU", "JPN", "toString", "__proto__"])("%j is no country", (code) => {
  expect(countryPlace(code)).toBeUndefined();
});

describe("a country's point is near its people", () => {
  test.each([
    ["JP", 35.68, 139.69],
    ["US", 39.1, -94.6],
    ["CA", 43.65, -79.38],
    ["RU", 55.75, 37.62],
    ["BR", -23.55, -46.63],
    ["AU", -33.87, 151.21],
    ["CN", 31.23, 121.47],
    ["FR", 48.86, 2.35],
    ["NO", 59.91, 10.75],
    ["ZA", -26.2, 28.05],
    ["IN", 19.08, 72.88],
    ["NZ", -36.85, 174.76],
    ["KI", 1.45, 173.0],
    ["GF", 4.92, -52.31],
    ["XK", 42.66, 21.17],
  ])("%s", (code, latitude, longitude) => {
    const place = countryPlace(code);
    if (place === undefined) throw new Error("no such country");
    expect(greatCircle(place.coordinates, { latitude, longitude })).toBeLessThan(1000);
  });
});

test.each([
  ["JP", "AS"],
  ["TR", "AS"],
  ["RU", "EU"],
  ["CY", "EU"],
  ["EG", "AF"],
  ["MX", "NA"],
  ["PA", "NA"],
  ["CO", "SA"],
  ["NZ", "OC"],
  ["AQ", "AN"],
  ["GL", "NA"],
  ["RE", "AF"],
])("%s lies in %s", (code, continent) => {
  expect(countryPlace(code)?.continent).toBe(continent);
});

test.each([
  ["SA", { kind: "continent", continent: "SA" }],
  ["country:SA", { kind: "country", country: "SA" }],
  ["DE", { kind: "country", country: "DE" }],
  ["country:DE", { kind: "country", country: "DE" }],
  ["EU", { kind: "continent", continent: "EU" }],
])("a preference for %s means %j", (key, expected) => {
  expect(preferenceOf(key)).toEqual(expected);
});
