// `Meridian-From` is read in each of its forms, and what is none of them is refused with the reason.

import { expect, test } from "vitest";
import { parseMeridianFrom } from "../../../config/world/meridian-from.ts";

test.each([
  ["JP", { kind: "country", country: "JP" }],
  [" jp ", { kind: "country", country: "JP" }],
  ["203.0.113.7", { kind: "address", address: "203.0.113.7" }],
  ["2001:DB8::1", { kind: "address", address: "2001:db8::1" }],
  ["35.68,139.69", { kind: "coordinates", coordinates: { latitude: 35.68, longitude: 139.69 } }],
  ["-90 , +180", { kind: "coordinates", coordinates: { latitude: -90, longitude: 180 } }],
  ["0,0", { kind: "coordinates", coordinates: { latitude: 0, longitude: 0 } }],
])("%j is read", (text, expected) => {
  expect(parseMeridianFrom(text)).toEqual(expected);
});

test.each([
  ["90.1,0", /latitude 90.1/],
  ["0,-180.5", /longitude -180.5/],
  ["", /must be a country/],
  ["JPN", /must be a country/],
  ["1.2.3", /must be a country/],
  ["1,2,3", /must be a country/],
  ["1e1,2", /must be a country/],
  ["NaN,0", /must be a country/],
  ["Tokyo", /must be a country/],
])("%j is refused, and it says why", (text, detail) => {
  expect(parseMeridianFrom(text)).toEqual({ kind: "invalid", detail: expect.stringMatching(detail) });
});
