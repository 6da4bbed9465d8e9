// Which regions are drained: the same for all who know the same events, and the last decision holds.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { type DrainState, drainAt, drainedRegions, withDrain } from "../../../control-plane/membership/drain-state.ts";
import type { DrainEvent } from "../../../control-plane/purge/event.ts";

const NOTHING: DrainState = new Map();
const events = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom("drain", "undrain") as fc.Arbitrary<"drain" | "undrain">,
    region: fc.constantFrom<RegionId>("oc", "me"),
    at: fc.nat(3).map(epochMillis),
    dot: fc.record({ hub: fc.constantFrom("weur.aaaa", "enam.bbbb"), counter: fc.integer({ min: 1, max: 4 }) }),
    by: fc.constant("test"),
    v: fc.constant(1 as const),
  }),
  { selector: ({ dot }) => `${dot.hub}.${dot.counter}` },
);
const state = (known: readonly DrainEvent[]): DrainState => known.reduce(withDrain, NOTHING);

describe("drained regions", () => {
  test("are the same for all who know the same events, in any order and however often", () => {
    fc.assert(
      fc.property(
        events.chain((known) => fc.tuple(fc.constant(known), fc.shuffledSubarray(known, { minLength: known.length }))),
        ([known, order]) => {
          expect(drainedRegions(state([...order, ...known]))).toEqual(drainedRegions(state(known)));
        },
      ),
    );
  });

  test("follow the last decision even when its hub's clock is behind", () => {
    const drain: DrainEvent = {
      v: 1,
      kind: "drain",
      region: "oc",
      at: epochMillis(1000),
      by: "a",
      dot: { hub: "weur.aaaa", counter: 1 },
    };
    const before = state([drain]);
    expect(drainedRegions(before)).toEqual(["oc"]);
    const undrain: DrainEvent = {
      ...drain,
      kind: "undrain",
      at: drainAt(before, "oc", epochMillis(3)),
      dot: { hub: "enam.bbbb", counter: 1 },
    };
    expect(drainedRegions(withDrain(before, undrain))).toEqual([]);
    expect(drainAt(before, "me", epochMillis(3))).toBe(3);
  });
});
