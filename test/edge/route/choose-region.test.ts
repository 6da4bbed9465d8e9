// Regions for clients: residency is never violated, every region that may serve is in the list once, and the order has its reasons.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { regionSchema } from "../../../config/schema/schema.ts";
import { type Millis, millis } from "../../../config/units.ts";
import { CONTINENTS } from "../../../config/world/continents.ts";
import { countryCodes, countryPlace } from "../../../config/world/country-places.ts";
import { REGION_IDS, type RegionId } from "../../../config/world/regions.ts";
import type { Place } from "../../../edge/geo/place.ts";
import { type ChoiceInput, chooseRegion } from "../../../edge/route/choose-region.ts";

const NONE: ReadonlySet<RegionId> = new Set();
const configOf = (...regions: RegionId[]) => ({
  regions: Object.fromEntries(regions.map((region) => [region, regionSchema.parse({})])),
});
const placeOf = (country: string): Place => {
  const known = countryPlace(country);
  if (known === undefined) throw new Error(`no country ${country}`);
  return { ...known, country, source: "meridian-from" };
};
const choose = (input: Partial<ChoiceInput>) =>
  chooseRegion({
    place: placeOf("DE"),
    route: { prefer: {} },
    config: configOf(...REGION_IDS),
    drained: NONE,
    unhealthy: NONE,
    ...input,
  });
const ids = (input: Partial<ChoiceInput>): RegionId[] => choose(input).map((choice) => choice.region);

test.each([
  ["JP", "apac"],
  ["KR", "apac"],
  ["DE", "weur"],
  ["FR", "weur"],
  ["UA", "eeur"],
  ["US", "enam"],
  ["CA", "enam"],
  ["MX", "wnam"],
  ["BR", "sam"],
  ["AR", "sam"],
  ["AU", "oc"],
  ["NZ", "oc"],
  ["ZA", "afr"],
  ["IN", "me"],
  ["SA", "me"],
])("a client in %s is served by %s", (country, region) => {
  expect(choose({ place: placeOf(country) })[0]).toMatchObject({ region, reason: "nearest" });
});

describe("preferences", () => {
  test("the country's come first, then the continent's, then the nearest", () => {
    const route = { prefer: { EU: ["enam" as const], DE: ["sam" as const, "apac" as const] } };
    expect(choose({ route }).map((choice) => [choice.region, choice.reason])).toEqual([
      ["sam", "preferred"],
      ["apac", "preferred"],
      ["enam", "preferred"],
      ["weur", "nearest"],
      ["eeur", "nearest"],
      ["me", "nearest"],
      ["afr", "nearest"],
      ["wnam", "nearest"],
      ["oc", "nearest"],
    ]);
    expect(ids({ route, place: placeOf("FR") })[0]).toBe("enam");
    expect(ids({ route, place: placeOf("JP") })[0]).toBe("apac");
  });

  test("a preference for South America is none for Saudi Arabia, nor the other way round", () => {
    const continent = { prefer: { SA: ["oc" as const] } };
    expect(ids({ route: continent, place: placeOf("SA") })[0]).toBe("me");
    expect(ids({ route: continent, place: placeOf("BR") })[0]).toBe("oc");
    const country = { prefer: { "country:SA": ["oc" as const] } };
    expect(ids({ route: country, place: placeOf("SA") })[0]).toBe("oc");
    expect(ids({ route: country, place: placeOf("BR") })[0]).toBe("sam");
  });
});

describe("measurement", () => {
  test("a measured round trip counts where there is one, distance elsewhere", () => {
    const [first, second] = choose({ measured: { apac: millis(2), weur: millis(500) } });
    expect(first).toMatchObject({ region: "apac", reason: "nearest-by-measurement", roundTrip: 2 });
    expect(second).toMatchObject({ region: "eeur", reason: "nearest" });
    expect(ids({ measured: { weur: millis(500) } }).at(-1)).toBe("weur");
  });
});

describe("failure", () => {
  test("an unhealthy region is asked last, even if it is preferred", () => {
    const route = { prefer: { DE: ["weur" as const] } };
    const choices = choose({ route, unhealthy: new Set(["weur"]) });
    expect(choices[0]?.region).toBe("eeur");
    expect(choices.at(-1)).toMatchObject({ region: "weur", reason: "fallback-unhealthy" });
  });

  test("if all are thought unhealthy, all are asked all the same, nearest first", () => {
    expect(ids({ unhealthy: new Set(REGION_IDS) })).toEqual(ids({}));
  });

  test("a drained region is asked by nobody", () => {
    expect(ids({ drained: new Set(["weur"]) })).not.toContain("weur");
    expect(ids({ drained: new Set(REGION_IDS) })).toEqual([]);
  });
});

test("a route bound to a region that is drained has no region", () => {
  expect(ids({ route: { residency: ["weur"], prefer: {} }, drained: new Set(["weur"]) })).toEqual([]);
});

test("a region's own place counts, not its hint's", () => {
  const config = configOf("weur", "oc");
  const moved = {
    regions: { ...config.regions, oc: regionSchema.parse({ place: { latitude: 52.5, longitude: 13.4 } }) },
  };
  expect(ids({ config: moved })).toEqual(["oc", "weur"]);
});

describe("whatever the input", () => {
  const regionSet = fc.uniqueArray(fc.constantFrom(...REGION_IDS)).map((regions) => new Set(regions));
  const preferences = fc.dictionary(
    fc.oneof(fc.constantFrom(...CONTINENTS), fc.constantFrom("DE", "JP", "US", "country:SA")),
    fc.array(fc.constantFrom(...REGION_IDS), { minLength: 1, maxLength: 4 }),
  );
  const input = fc.record({
    place: fc.constantFrom(...countryCodes()).map(placeOf),
    route: fc.record({
      residency: fc.option(fc.uniqueArray(fc.constantFrom(...REGION_IDS), { minLength: 1 }), { nil: undefined }),
      prefer: preferences,
    }),
    config: fc.uniqueArray(fc.constantFrom(...REGION_IDS), { minLength: 1 }).map((regions) => configOf(...regions)),
    drained: regionSet,
    unhealthy: regionSet,
    measured: fc.dictionary(fc.constantFrom(...REGION_IDS), fc.integer({ min: 0, max: 300 }).map(millis)),
  });
  type Generated = ChoiceInput & { measured: Partial<Record<RegionId, Millis>> };

  test("the list holds each allowed, undrained region once and no other; the unhealthy come last", () => {
    fc.assert(
      fc.property(input, (generated) => {
        const { route, config, drained, unhealthy } = generated as unknown as Generated;
        const listed = ids(generated as unknown as Generated);
        const allowed = REGION_IDS.filter(
          (region) =>
            config.regions[region] !== undefined && !drained.has(region) && (route.residency?.includes(region) ?? true),
        );
        expect([...listed].sort()).toEqual([...allowed].sort());
        const firstUnhealthy = listed.findIndex((region) => unhealthy.has(region));
        if (firstUnhealthy >= 0) {
          for (const region of listed.slice(firstUnhealthy)) expect(unhealthy.has(region)).toBe(true);
        }
      }),
    );
  });

  test("the same facts give the same list, in whatever order they are written", () => {
    fc.assert(
      fc.property(input, (generated) => {
        const given = generated as unknown as Generated;
        const reversed = <Value extends object>(value: Value): Value =>
          Object.fromEntries(Object.entries(value).reverse()) as Value;
        const rewritten: Generated = {
          ...given,
          config: { regions: reversed(given.config.regions) },
          drained: new Set([...given.drained].reverse()),
          unhealthy: new Set([...given.unhealthy].reverse()),
          measured: reversed(given.measured),
          route: { ...given.route, ...(given.route.residency && { residency: [...given.route.residency].reverse() }) },
        };
        expect(choose(rewritten)).toEqual(choose(given));
      }),
    );
  });
});
