// Who the hubs are, whatever order their joins arrive in and whatever their clocks said.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { isJoined, members, unreplaced } from "../../../control-plane/membership/membership.ts";
import type { JoinEvent } from "../../../control-plane/purge/event.ts";

const joined = (
  region: RegionId,
  incarnation: string,
  at: number,
  replaces: readonly string[] = [],
  counter = 1,
): JoinEvent => ({
  v: 1,
  kind: "join",
  dot: { hub: `${region}.${incarnation}`, counter },
  at: epochMillis(at),
  region,
  replaces,
});

describe("members", () => {
  test("a region's member is its newest incarnation, whatever the clocks said", () => {
    const lost = joined("weur", "aaaa", 900);
    const begun = joined("weur", "bbbb", 100);
    const saidSo = joined("weur", "bbbb", 101, ["weur.aaaa"], 2);
    expect(members([lost, begun, saidSo]).get("weur")).toBe("weur.bbbb");
  });

  test("an incarnation that was replaced stays so, also when it replaced others itself", () => {
    const joins = [
      joined("weur", "aaaa", 1),
      joined("weur", "bbbb", 2, ["weur.aaaa"]),
      joined("weur", "cccc", 0, ["weur.aaaa", "weur.bbbb"]),
      joined("oc", "dddd", 1),
    ];
    expect([...members(joins)]).toEqual([
      ["weur", "weur.cccc"],
      ["oc", "oc.dddd"],
    ]);
  });

  test("every order and repetition of the same events gives the same members", () => {
    const joins = [
      joined("weur", "aaaa", 5),
      joined("weur", "bbbb", 5),
      joined("weur", "cccc", 1, ["weur.aaaa"]),
      joined("oc", "dddd", 1),
      joined("oc", "dddd", 2, ["oc.eeee"], 2),
      joined("oc", "eeee", 9),
    ];
    const expected = [...members(joins)].sort();
    fc.assert(
      fc.property(fc.shuffledSubarray(joins, { minLength: joins.length }), fc.subarray(joins), (order, again) => {
        expect([...members([...order, ...again])].sort()).toEqual(expected);
      }),
    );
  });

  test("a hub joins again only while it knows an incarnation that it has not replaced itself", () => {
    const mine = joined("weur", "cccc", 3, ["weur.aaaa"]);
    const joins = [joined("weur", "aaaa", 1), joined("weur", "bbbb", 2), joined("oc", "dddd", 1), mine];
    expect(unreplaced(joins, "weur.cccc", "weur")).toEqual(["weur.bbbb"]);
    const again = joined("weur", "cccc", 4, ["weur.aaaa", "weur.bbbb"], 2);
    expect(unreplaced([...joins, again], "weur.cccc", "weur")).toEqual([]);
  });
});

describe("a hub has joined", () => {
  const dot = { hub: "weur.aaaa", counter: 2 };
  test.each([
    ["when it is alone", [], {}, true],
    ["when every other region holds its join", ["oc", "me"], { oc: 2, me: 3 }, true],
    ["not while one holds less", ["oc", "me"], { oc: 2, me: 1 }, false],
    ["not while one was never heard", ["oc", "me"], { oc: 2 }, false],
    ["without a region that left the configuration", ["oc"], { oc: 2, me: 0 }, true],
  ] as const)("%s", (_, others, counters: Partial<Record<RegionId, number>>, expected) => {
    const heldBy = (region: RegionId) =>
      counters[region] === undefined ? undefined : { "weur.aaaa": counters[region] };
    expect(isJoined(dot, others, heldBy)).toBe(expected);
  });
});
