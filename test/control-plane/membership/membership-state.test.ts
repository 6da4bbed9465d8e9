// What stands when events are dropped from a log: against the whole history, however it is cut, and with whomever's remains it is
// merged. Histories are wilder than hubs are: clocks go back, joins replace and lift what their hubs cannot know yet.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { drainedRegions } from "../../../control-plane/membership/drain-state.ts";
import { members, replacedHubs } from "../../../control-plane/membership/membership.ts";
import {
  drainsOf,
  joinsOf,
  mergedStanding,
  NOTHING_STANDS,
  reduced,
  type Standing,
  suspendsOf,
  withStanding,
} from "../../../control-plane/membership/membership-state.ts";
import { standingSuspensions } from "../../../control-plane/membership/suspension.ts";
import type { StandingEvent } from "../../../control-plane/purge/event.ts";
import { covers, type Dot, formatDot, join, type Vector } from "../../../control-plane/purge/vector.ts";

const HUBS = ["weur.aaaa", "weur.bbbb", "enam.aaaa", "enam.bbbb"] as const;
const OWN = "apac.aaaa";
const regionOf = (hub: string) => hub.split(".")[0] as "weur" | "enam";
const LONGEST = 5;

const dots = fc.record({ hub: fc.constantFrom(...HUBS), counter: fc.integer({ min: 1, max: LONGEST }) });
type Wish = Partial<Record<"lifts", readonly Dot[]>> & {
  readonly kind: "join" | "suspend" | "drain" | "undrain";
  readonly at: number;
  readonly other: (typeof HUBS)[number];
};
const wishes: fc.Arbitrary<Wish> = fc.record({
  kind: fc.constantFrom("join", "suspend", "suspend", "drain", "undrain"),
  at: fc.nat(6),
  other: fc.constantFrom(...HUBS),
  lifts: fc.array(dots, { maxLength: 2 }),
});
const histories = fc.tuple(...HUBS.map(() => fc.array(wishes, { maxLength: LONGEST })));
const vectors = fc.tuple(...HUBS.map(() => fc.nat(LONGEST)));

function eventOf(hub: string, counter: number, { kind, at, other, lifts = [] }: Wish): StandingEvent {
  const logged = { v: 1, dot: { hub, counter }, at: epochMillis(at) } as const;
  const region = regionOf(hub);
  if (counter === 1 || kind === "join") {
    const replaces = regionOf(other) === region && other !== hub ? [other] : [];
    return { ...logged, kind: "join", region, replaces, lifts };
  }
  if (kind === "suspend") return { ...logged, kind, region: regionOf(other), hub: other };
  return { ...logged, kind, region: regionOf(other), by: "test" };
}
const eventsOf = (history: readonly (readonly Wish[])[]): StandingEvent[] =>
  history.flatMap((ofHub, hub) => ofHub.map((wish, index) => eventOf(HUBS[hub] as string, index + 1, wish)));

const vectorOf = (counters: readonly number[]): Vector =>
  Object.fromEntries(counters.map((counter, hub) => [HUBS[hub] as string, counter]).filter(([, counter]) => counter));
const meet = (one: Vector, other: Vector): Vector =>
  Object.fromEntries(Object.entries(one).map(([hub, counter]) => [hub, Math.min(counter, other[hub] ?? 0)]));
const knowing = (events: readonly StandingEvent[], vector: Vector): Standing =>
  events.filter(({ dot }) => covers(vector, dot)).reduce(withStanding, NOTHING_STANDS);

/** All that anybody asks of it. */
function said(standing: Standing) {
  const joins = joinsOf(standing);
  const replaced = replacedHubs(joins, standing.replaced);
  const suspended = standingSuspensions(suspendsOf(standing), joins, (hub) => replaced.has(hub));
  return {
    members: [...members(joins, standing.replaced)].sort(),
    replaced: [...replaced].sort(),
    suspended: suspended.map(({ dot }) => formatDot(dot)).sort(),
    drained: drainedRegions(drainsOf(standing)),
  };
}

describe("what stands", () => {
  test("says the same once events are dropped, in one cut or in several, and with those that come later", () => {
    fc.assert(
      fc.property(histories, vectors, vectors, vectors, (history, first, second, all) => {
        const events = eventsOf(history);
        const vector = vectorOf(all);
        const cut = meet(vectorOf(first), vector);
        const later = join(cut, meet(vectorOf(second), vector));
        const once = reduced(knowing(events, vector), cut, OWN);
        const twice = reduced(once, later, OWN);
        for (const standing of [once, twice]) expect(said(standing)).toEqual(said(knowing(events, vector)));
        const whole = events.filter(({ dot }) => !covers(vector, dot)).reduce(withStanding, twice);
        expect(said(whole)).toEqual(said(events.reduce(withStanding, NOTHING_STANDS)));
      }),
      { numRuns: 3_000 },
    );
  });

  test("is that of both together where one hub's remains are taken by another, whatever each has dropped", () => {
    fc.assert(
      fc.property(histories, vectors, vectors, vectors, vectors, (history, mine, cut, theirs, reachOf) => {
        const events = eventsOf(history);
        const known = vectorOf(mine);
        const reach = meet(vectorOf(reachOf), vectorOf(theirs));
        const ours = reduced(knowing(events, known), meet(vectorOf(cut), known), OWN);
        const told = reduced(knowing(events, reach), reach, "enam.aaaa");
        const both = mergedStanding(ours, known, told, reach, OWN);
        expect(said(both)).toEqual(said(knowing(events, join(known, reach))));
        const dropped = join(meet(vectorOf(cut), known), reach);
        expect(said(reduced(both, dropped, OWN))).toEqual(said(both));
      }),
      { numRuns: 3_000 },
    );
  });

  test("does not grow with a region that is suspended and comes back again and again", () => {
    let standing = NOTHING_STANDS;
    for (let round = 1; round <= 500; round++) {
      const at = epochMillis(round);
      const dot = { hub: "enam.aaaa", counter: round };
      standing = withStanding(standing, { v: 1, kind: "suspend", dot, at, region: "weur", hub: "weur.aaaa" });
      const back = { hub: "weur.aaaa", counter: round };
      standing = withStanding(standing, {
        v: 1,
        kind: "join",
        dot: back,
        at,
        region: "weur",
        replaces: [],
        lifts: [dot],
      });
      if (round % 50 === 0) standing = reduced(standing, { "enam.aaaa": round, "weur.aaaa": round }, OWN);
      expect(standing.events.length).toBeLessThanOrEqual(2 * 50 + 1);
    }
    expect(said(standing)).toMatchObject({ members: [["weur", "weur.aaaa"]], suspended: [] });
  });

  test("keeps a hub's own last join, also if somebody has replaced it: it has still to answer that", () => {
    const dot = (hub: string) => ({ v: 1, dot: { hub, counter: 1 }, at: epochMillis(1), kind: "join" }) as const;
    const own: StandingEvent = { ...dot("weur.aaaa"), region: "weur", replaces: [] };
    const rival: StandingEvent = { ...dot("weur.bbbb"), region: "weur", replaces: ["weur.aaaa"] };
    const all = [own, rival].reduce(withStanding, NOTHING_STANDS);
    const vector = { "weur.aaaa": 1, "weur.bbbb": 1 };
    expect(reduced(all, vector, "weur.aaaa").events).toContain(own);
    expect(reduced(all, vector, "enam.aaaa").events).not.toContain(own);
    const told = reduced(all, vector, "weur.bbbb");
    const merged = mergedStanding(withStanding(NOTHING_STANDS, own), { "weur.aaaa": 1 }, told, vector, "weur.aaaa");
    expect(merged.events).toEqual([own, rival]);
  });
});
