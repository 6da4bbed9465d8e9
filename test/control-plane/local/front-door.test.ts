// The front door's decisions: where a client is, and which region it is taken to.

import { describe, expect, it } from "vitest";
import { countryPlace } from "../../../config/world/country-places.ts";
import { REGION_IDS, REGIONS, type RegionId } from "../../../config/world/regions.ts";
import { type Atlas, placeClient } from "../../../control-plane/local/door/client-place.ts";
import { type Door, nearestFirst } from "../../../control-plane/local/door/nearest.ts";

const atlas: Atlas = {
  home: REGIONS.weur.place,
  country: (code) => countryPlace(code)?.coordinates,
  address: (address) => (address === "133.11.0.1" ? REGIONS.apac.place : undefined),
};
const doors = (states: Partial<Record<RegionId, Door["state"]>> = {}): Door[] =>
  REGION_IDS.map((region) => ({ region, place: REGIONS[region].place, state: states[region] ?? "live" }));
const order = (from: string, states?: Partial<Record<RegionId, Door["state"]>>): RegionId[] =>
  nearestFirst(placeClient(from, atlas).place, doors(states)).map((door) => door.region);

describe("a client", () => {
  it.each([
    [undefined, "home"],
    ["", "home"],
    [" JP ", "country"],
    ["jp", "country"],
    ["35.68,139.69", "coordinates"],
    ["-91,0", "unknown"],
    ["133.11.0.1", "address"],
    ["::ffff:133.11.0.1", "address"],
    // Private addresses are nowhere, whatever a database says of them.
    ["10.0.0.1", "unknown"],
    ["ZZ", "unknown"],
    ["somewhere", "unknown"],
  ])("that says %j is placed by %s", (from, kind) => {
    expect(placeClient(from, atlas).kind).toBe(kind);
  });

  it("of unknown place is at home", () => {
    expect(placeClient("ZZ", atlas).place).toEqual(atlas.home);
  });
});

describe("the nearest region", () => {
  it.each([
    ["JP", "apac"],
    ["DE", "weur"],
    ["PL", "eeur"],
    ["BR", "sam"],
    ["AU", "oc"],
    ["ZA", "afr"],
    ["AE", "me"],
    ["37.77,-122.42", "wnam"],
    ["40.71,-74.01", "enam"],
  ] as const)("of %s is %s", (from, region) => {
    expect(order(from)[0]).toBe(region);
  });

  it("that is down is passed over, and one that is drained comes last of those that live", () => {
    expect(order("JP", { apac: "down" })).not.toContain("apac");
    const drained = order("JP", { apac: "drained" });
    expect(drained[0]).not.toBe("apac");
    expect(drained.at(-1)).toBe("apac");
  });

  it("is a drained one when no other is left", () => {
    const down = Object.fromEntries(REGION_IDS.map((region) => [region, "down"]));
    expect(order("JP", { ...down, me: "drained" })).toEqual(["me"]);
    expect(order("JP", down)).toEqual([]);
  });

  it("follows the fixed order where distances are equal", () => {
    const here = REGIONS.weur.place;
    const same = (["me", "weur", "enam"] as const).map((region): Door => ({ region, place: here, state: "live" }));
    expect(nearestFirst(here, same).map((door) => door.region)).toEqual(["enam", "weur", "me"]);
  });
});
