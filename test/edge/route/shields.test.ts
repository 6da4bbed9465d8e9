// Shields: the configured ones first, then the nearest to the origin, and never one outside the residency.

import fc from "fast-check";
import { expect, test } from "vitest";
import { originSchema, regionSchema } from "../../../config/schema/schema.ts";
import { REGION_IDS, type RegionId } from "../../../config/world/regions.ts";
import { shieldRegions } from "../../../edge/route/shields.ts";

const configOf = (...regions: RegionId[]) => ({
  regions: Object.fromEntries(regions.map((region) => [region, regionSchema.parse({})])),
});
const origin = (settings: object) => originSchema.parse({ url: "https://o.example", ...settings });
const ALL = configOf(...REGION_IDS);

test.each([
  ["nearest to the origin's region", origin({ place: "enam" }), ["enam", "wnam", "weur"]],
  ["nearest to the origin's point", origin({ place: { latitude: 35.7, longitude: 139.7 } }), ["apac", "oc", "me"]],
  [
    "the configured one, then the nearest to the origin",
    origin({ place: "enam", shield: "oc" }),
    ["oc", "enam", "wnam"],
  ],
  ["the configured ones in their order", origin({ place: "enam", shield: ["sam", "weur"] }), ["sam", "weur", "enam"]],
  [
    "the configured one, then the nearest to it where the origin's place is open",
    origin({ shield: "oc" }),
    ["oc", "apac", "afr"],
  ],
  ["the fixed order where nothing is known", origin({}), ["wnam", "enam", "sam"]],
])("%s", (_, from, expected) => {
  expect(shieldRegions(from, ALL).slice(0, 3)).toEqual(expected);
});

test("a route's residency binds its shields: one that is configured outside is passed over", () => {
  expect(shieldRegions(origin({ shield: "enam" }), ALL, ["eeur", "weur"])).toEqual(["weur", "eeur"]);
});

test("every region that takes part and is allowed is in the list once, and no other", () => {
  const some = fc.uniqueArray(fc.constantFrom(...REGION_IDS), { minLength: 1 });
  fc.assert(
    fc.property(some, fc.option(some, { nil: undefined }), some, (taking, allowed, shield) => {
      const listed = shieldRegions(origin({ shield }), configOf(...taking), allowed);
      const due = taking.filter((region) => allowed?.includes(region) ?? true);
      expect([...listed].sort()).toEqual([...due].sort());
    }),
  );
});
