// What one hub tells another, over every pair of vectors: bounded, complete in the end, and never taken over a gap.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { isSameEvent, lacking, sortOut, withEvents } from "../../../control-plane/gossip/exchange.ts";
import type { ControlEvent } from "../../../control-plane/purge/event.ts";
import { coversAll, type HubId, type Vector } from "../../../control-plane/purge/vector.ts";

const HUBS = ["enam.aaaa", "oc.bbbb", "weur.cccc"];
const eventAt = (hub: HubId, counter: number, digest = ""): ControlEvent => ({
  v: 1,
  kind: "purge",
  dot: { hub, counter },
  at: epochMillis(0),
  severity: "hard",
  scopes: [{ kind: "tag", tag: "x".repeat(counter * 10) }],
  by: "test",
  requestDigest: digest,
});
const read = (hub: HubId, after: number, limit: number): ControlEvent[] =>
  Array.from({ length: limit }, (_, index) => eventAt(hub, after + 1 + index));
/** A log that ends where its vector does. */
const readUpTo =
  (mine: Vector) =>
  (hub: HubId, after: number, limit: number): ControlEvent[] =>
    read(hub, after, Math.min(limit, (mine[hub] ?? 0) - after));

const vectors = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)).map((counters) => {
  const vector: Record<HubId, number> = {};
  for (const [index, counter] of counters.entries()) if (counter > 0) vector[HUBS[index] as string] = counter;
  return vector;
});

describe("a batch", () => {
  test("holds what the other lacks, in log order, within its limits, and says when some was left", () => {
    fc.assert(
      fc.property(
        vectors,
        vectors,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 3000 }),
        (mine, theirs, events, bytes) => {
          const batch = lacking(readUpTo(mine), mine, theirs, { events, bytes });
          expect(batch.events.length).toBeLessThanOrEqual(events);
          if (batch.events.length > 1)
            expect(JSON.stringify(batch.events).length).toBeLessThan(bytes + 2 + batch.events.length);
          const after = withEvents(theirs, batch.events);
          expect(sortOut(batch.events, theirs).fresh).toHaveLength(batch.events.length);
          expect(coversAll(after, mine)).toBe(!batch.more);
          if (!coversAll(theirs, mine)) expect(batch.events.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  test("after batch comes everything, however small they are", () => {
    fc.assert(
      fc.property(vectors, vectors, (mine, theirs) => {
        let known: Vector = theirs;
        for (let round = 0; round < 27; round++) {
          known = withEvents(known, lacking(readUpTo(mine), mine, known, { events: 1, bytes: 1 }).events);
        }
        expect(coversAll(known, mine)).toBe(true);
      }),
    );
  });
});

describe("events that came in", () => {
  test("are taken once each and never over a gap, whatever was lost, repeated or reordered", () => {
    const all = HUBS.flatMap((hub) => read(hub, 0, 5));
    fc.assert(
      fc.property(vectors, fc.array(fc.constantFrom(...all), { maxLength: 30 }), (vector, events) => {
        const { fresh, repeated } = sortOut(events, vector);
        const counters: Record<HubId, number> = { ...vector };
        for (const { dot } of fresh) {
          expect(dot.counter).toBe((counters[dot.hub] ?? 0) + 1);
          counters[dot.hub] = dot.counter;
        }
        expect(counters).toEqual(withEvents(vector, fresh));
        for (const { dot } of repeated) expect(dot.counter).toBeLessThanOrEqual(vector[dot.hub] ?? 0);
        for (const { dot } of events) {
          const next = (counters[dot.hub] ?? 0) + 1;
          expect(dot.counter === next).toBe(false);
        }
      }),
    );
  });

  test("at a dot that names another event are told apart", () => {
    expect(isSameEvent(eventAt("oc.bbbb", 1, "a"), eventAt("oc.bbbb", 1, "a"))).toBe(true);
    expect(isSameEvent(eventAt("oc.bbbb", 1, "a"), eventAt("oc.bbbb", 1, "b"))).toBe(false);
    expect(isSameEvent(eventAt("oc.bbbb", 1, "a"), { ...eventAt("oc.bbbb", 1, "a"), at: epochMillis(1) })).toBe(false);
  });
});
