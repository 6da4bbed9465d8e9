// Lists of places as users type them, and that each default place is a client of the region it stands for.

import { describe, expect, it } from "vitest";
import { greatCircle } from "../../../config/world/distance.ts";
import { parseMeridianFrom } from "../../../config/world/meridian-from.ts";
import { REGION_IDS, REGIONS } from "../../../config/world/regions.ts";
import { LATENCY_LIMITS } from "../../../control-plane/latency/limits.ts";
import { PLACE_OF_REGION, parsePlaces } from "../../../control-plane/latency/places.ts";

describe("a list of places", () => {
  it.each([
    ["JP,de BR", ["JP", "DE", "BR"]],
    ["35.68,139.69", ["35.68,139.69"]],
    ["JP,35.68,139.69,DE;-33.87,151.21", ["JP", "35.68,139.69", "DE", "-33.87,151.21"]],
    ["203.0.113.7,JP,2001:db8::1", ["203.0.113.7", "JP", "2001:db8::1"]],
    ["JP,JP", ["JP"]],
  ])("%s", (text, expected) => {
    const list = parsePlaces(text);
    expect(list.kind === "places" && list.places.map(({ from }) => from)).toEqual(expected);
  });

  it("knows where a point is, and what a country is called", () => {
    expect(parsePlaces("35.68,139.69")).toMatchObject({ places: [{ place: { latitude: 35.68, longitude: 139.69 } }] });
    expect(parsePlaces("JP")).toMatchObject({ places: [{ name: "Japan" }] });
  });

  it.each(["", " , ", "Tokyo", "95,10", "10,181", "JP,12"])("refuses %j", (text) => {
    expect(parsePlaces(text).kind).toBe("invalid");
  });

  it("has as many places as one run measures, and not one more", () => {
    const points = (count: number) => Array.from({ length: count }, (_, index) => `${index},0`).join(";");
    expect(parsePlaces(points(LATENCY_LIMITS.latencyPlaces)).kind).toBe("places");
    expect(parsePlaces(points(LATENCY_LIMITS.latencyPlaces + 1)).kind).toBe("invalid");
  });
});

describe("the default places", () => {
  it.each(REGION_IDS)("%s is the nearest region to its place, and not next door", (id) => {
    const { place, from } = PLACE_OF_REGION[id];
    if (!place) throw new Error(`${id} has a place without coordinates`);
    const distances = REGION_IDS.map((other) => ({ other, away: greatCircle(place, REGIONS[other].place) }));
    distances.sort((a, b) => a.away - b.away);
    expect(distances[0]?.other).toBe(id);
    expect(distances[0]?.away).toBeGreaterThan(200);
    expect(parseMeridianFrom(from ?? "")).toEqual({ kind: "coordinates", coordinates: place });
  });
});
