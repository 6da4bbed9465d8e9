// Which kind of run a seed stands for. Half of the seeds mix everything (plan.ts). The others are close calls: each family sets up
// one situation in which a mechanism is all that stands between an old body and a client (clocks that drift apart as far as
// allowed, a hub that forgets whom it leased to, a line that is cut right after a lease), and leaves to chance the moments,
// by milliseconds, and the distances. Chance alone would need tens of thousands of runs to come so close.

import type { RegionId } from "../../config/world/regions.ts";
import { HUB_LIMITS } from "../../control-plane/hub/limits.ts";
import type { Scope } from "../../control-plane/purge/event.ts";
import { Chance } from "./chance.ts";
import { type Clock, MOST_DRIFT, mixed, type Plan, type RegionPlan, SAFETY_MILLIS, type Step } from "./plan.ts";

export const FAMILIES = [
  "mixed",
  "last-lease",
  "copies",
  "drift",
  "restart",
  "behind",
  "cut-off",
  "long-cut",
  "short-logs",
  "hearsay",
] as const;

/**
 * `last-lease`: shards get a lease right before a purge of which they then hear nothing, with slow lines to their hub or clients
 * far away. `copies`: the same, and clients come when edges' copies end. `drift`: the same, as near to the end of that lease as
 * the clocks allow, and the hub goes down so that nobody waits for it. `restart`: a hub forgets whom it leased to, then logs a
 * purge. `behind`: a shield hears of nothing, its callers do. `cut-off`: shards without a lease, on a route that then
 * revalidates. `long-cut`: a region is cut off until every receipt says complete, and messages from before arrive when nobody
 * expects them. `short-logs`: a hub is cut off for longer than the others' logs reach. `hearsay`: two regions that reach each
 * other are cut off from two others for as long, and keep telling each other whom they have heard.
 */
export type Family = (typeof FAMILIES)[number];

/** The family of a seed in a run over all families. */
function familyOf(seed: number): Family {
  if (seed % 2 === 0) return "mixed";
  return FAMILIES[1 + (((seed - 1) / 2) % (FAMILIES.length - 1))] as Family;
}

/** What seed `seed` does, of its own family or of `family`. */
export function planOf(seed: number, family: Family = familyOf(seed)): Plan {
  if (family === "mixed") return mixed(seed);
  const chance = new Chance(seed);
  return { ...common(seed, chance), ...SITUATIONS[family](chance) };
}

/** The region that something happens to, and the other one. */
const NEAR: RegionId = "enam";
const FAR: RegionId = "weur";
/** When it happens: by then hubs know each other, and what was stored is there. */
const BEGINS = 7_000;

/** A still world, in which only what a family adds goes wrong. */
const common = (seed: number, chance: Chance): Plan => ({
  seed,
  regions: [regionOf(FAR, 2, chance), regionOf(NEAR, 1, chance)],
  shields: [chance.pick([NEAR, FAR])],
  whenCutOff: chance.pick(["serve", "revalidate", "refuse"]),
  edgeCopies: chance.is(0.5),
  capacity: 1_000_000,
  purgeRecords: 1_000,
  logEvents: HUB_LIMITS.logEvents,
  objects: [chance.pick(["tagged", "dated", "varied"])],
  lag: 0,
  links: { loss: 0, repetition: 0, delay: 5, hub: 1, hubSlow: 0, edge: 1, slow: 0, stragglers: 0 },
  broken: 0,
  thinks: 60,
  lasts: SAFETY_MILLIS,
  answersAll: false,
  steps: [],
});

/** What makes a purge look complete early runs fast, what makes a lease long runs slow: as far apart as is allowed. */
function regionOf(region: RegionId, shards: number, chance: Chance): RegionPlan {
  const clock = (drift: number): Clock => ({ skew: chance.between(-2_000, 2_000), drift: drift * MOST_DRIFT });
  return { region, shards, clocks: { hub: clock(1), shards: clock(-1), edge: clock(-1) } };
}

const asks = (at: number, region: RegionId = NEAR): Step => ({
  at: Math.max(0, at),
  kind: "request",
  region,
  object: 0,
  language: "en",
  demands: false,
  leavesAfter: undefined,
});

const several = (count: number, chance: Chance, from: number, to: number, region?: RegionId): Step[] =>
  Array.from({ length: count }, () => asks(chance.between(from, to), region));

const SCOPES: readonly Scope[] = [
  { kind: "everything" },
  { kind: "url", url: "http://site.test/a/0" },
  { kind: "tag", tag: "object-0" },
];

const NOTHING_HERE: readonly Scope[] = [{ kind: "tag", tag: "unrelated" }];

const purges = (at: number, region: RegionId, chance: Chance): Step => ({
  at,
  kind: "purge",
  region,
  object: 0,
  scopes: [chance.pick(SCOPES)],
  severity: "hard",
  key: undefined,
  waits: "complete",
});

const inOrder = (steps: readonly Step[]): readonly Step[] => [...steps].sort((one, other) => one.at - other.at);

type Situation = (chance: Chance) => Partial<Plan>;

const SITUATIONS: Readonly<Record<Exclude<Family, "mixed">, Situation>> = {
  "last-lease": (chance) => {
    const still = common(0, chance).links;
    const [hub, edge] = chance.pick([
      [1, 800],
      [600, 1],
      [1, 1],
    ] as const);
    // Whoever asks before reaches the shard, and through it the hub, at about the moment of the purge.
    const before = Math.round(1.5 * edge + 3 * hub) + 5;
    return {
      links: { ...still, hub, edge },
      thinks: chance.pick([60, 4_000]),
      steps: inOrder([
        ...several(2, chance, 2_000, 3_000),
        ...several(4, chance, BEGINS - before, BEGINS),
        { at: BEGINS - chance.between(0, 3), kind: "deafen", region: NEAR, for: 6_000 },
        purges(BEGINS, chance.pick([NEAR, FAR]), chance),
        ...several(8, chance, BEGINS + 1_000 - edge, BEGINS + 3_000 - edge),
      ]),
    };
  },

  copies: (chance) => {
    const edge = chance.pick([300, 800]);
    return {
      edgeCopies: true,
      objects: ["tagged"],
      links: { ...common(0, chance).links, edge },
      steps: inOrder([
        ...several(2, chance, 2_000, 3_000),
        // A copy comes with the second of two that are asked for under one lease.
        ...several(4, chance, BEGINS - 2 * edge, BEGINS),
        { at: BEGINS - chance.between(0, 3), kind: "deafen", region: NEAR, for: 6_000 },
        purges(BEGINS, chance.pick([NEAR, FAR]), chance),
        ...several(4, chance, BEGINS, BEGINS + 1_700 - edge),
        ...several(6, chance, BEGINS + 2_260, BEGINS + 3_600),
      ]),
    };
  },

  drift: (chance) => ({
    objects: ["tagged"],
    steps: inOrder([
      asks(3_000),
      asks(BEGINS - chance.between(3, 9)),
      // The purge comes from far, and reaches the hub when its shards cannot hear it any more.
      { at: BEGINS, kind: "deafen", region: NEAR, for: 1_490 },
      purges(BEGINS - chance.between(0, 6), FAR, chance),
      { at: BEGINS + 1_500, kind: "crash-hub", region: NEAR, for: 3_000 },
      // This one finds the hub gone: whoever comes after does not wait for it.
      asks(BEGINS + 1_550),
      ...several(10, chance, BEGINS + 1_960, BEGINS + 2_035),
    ]),
  }),

  restart: (chance) => ({
    steps: inOrder([
      asks(3_000),
      asks(BEGINS - chance.between(20, 500)),
      { at: BEGINS, kind: "crash-hub", region: NEAR, for: 50 },
      purges(BEGINS + chance.between(60, 300), NEAR, chance),
      ...several(8, chance, BEGINS + 100, BEGINS + 2_000),
    ]),
  }),

  behind: (chance) => ({
    shields: [NEAR],
    whenCutOff: chance.pick(["serve", "revalidate"]),
    answersAll: true,
    steps: inOrder([
      ...several(2, chance, 2_500, 3_500, FAR),
      asks(BEGINS - chance.between(5, 900), FAR),
      { at: BEGINS - 1, kind: "deafen", region: NEAR, for: 6_000 },
      purges(BEGINS, FAR, chance),
      ...several(8, chance, BEGINS + 10, BEGINS + 2_500, FAR),
    ]),
  }),

  "cut-off": (chance) => {
    const edge = chance.pick([1, 800]);
    const shields: readonly (readonly RegionId[])[] = [[NEAR], [FAR], [FAR, NEAR]];
    return {
      whenCutOff: "revalidate",
      shields: chance.pick(shields),
      links: { ...common(0, chance).links, edge },
      steps: inOrder([
        ...several(3, chance, 1_500, 3_000),
        { at: 3_400, kind: "deafen", region: NEAR, for: 10_000 },
        // The shield may hear nothing either, but has its last lease.
        ...several(3, chance, BEGINS - 2 * edge - 600, BEGINS - edge - 10, FAR),
        ...(chance.is(0.6) ? [{ at: BEGINS - 2, kind: "deafen", region: FAR, for: 6_000 } as const] : []),
        purges(BEGINS, FAR, chance),
        ...several(8, chance, BEGINS - edge, BEGINS + 4_000 - edge),
      ]),
    };
  },

  "long-cut": (chance) => ({
    lasts: 90_000,
    // Two that hear each other, so that a purge is durable without the third.
    regions: [regionOf(FAR, 2, chance), regionOf(NEAR, 1, chance), regionOf("apac", 1, chance)],
    links: { ...common(0, chance).links, stragglers: 0.5 },
    steps: inOrder([
      ...several(4, chance, 2_000, BEGINS),
      { at: BEGINS, kind: "isolate", region: NEAR, for: 82_000 },
      purges(BEGINS + 1, FAR, chance),
      // The receipt is complete when all that a region can do unheard is over (68 s).
      ...several(12, chance, BEGINS + 67_000, BEGINS + 80_000),
    ]),
  }),

  "short-logs": (chance) => {
    // After a short cut the hub still leases, for it was heard lately; the question after the purge comes when it is back.
    const isShort = chance.is(0.6);
    const back = BEGINS + (isShort ? 4_000 : 9_000);
    const unrelated = Array.from({ length: 12 }, (_, index): Step => {
      const scopes: readonly Scope[] = [{ kind: "tag", tag: `unrelated-${index}` }];
      const purge = {
        kind: "purge",
        region: FAR,
        object: undefined,
        scopes,
        severity: "hard",
        key: undefined,
      } as const;
      return { at: BEGINS + 100 + 50 * index, ...purge, waits: "accepted" };
    });
    return {
      regions: [regionOf(FAR, 2, chance), regionOf(NEAR, 1, chance), regionOf("apac", 1, chance)],
      logEvents: chance.between(4, 8),
      purgeRecords: chance.pick([1_000, 2]),
      steps: inOrder([
        asks(3_000),
        asks(BEGINS - 600),
        { at: BEGINS, kind: "isolate", region: NEAR, for: back - BEGINS },
        // If it ends nothing here, what the shield holds is still good for a region that had to empty.
        { ...purges(BEGINS + chance.between(5, 60), FAR, chance), ...(chance.is(0.3) ? { scopes: NOTHING_HERE } : {}) },
        ...unrelated,
        asks(back + 1),
        // What its hub learns then, its shards do not hear.
        ...(chance.is(0.6)
          ? [{ at: back + chance.between(5, 12), kind: "deafen", region: NEAR, for: 4_000 } as const]
          : []),
        ...several(12, chance, back + 20, back + 3_000),
      ]),
    };
  },

  hearsay: (chance) => {
    const [here, there] = [[NEAR, "sam"] as const, [FAR, "apac"] as const];
    const links = here.flatMap((one) => there.flatMap((other) => [[one, other] as const, [other, one] as const]));
    return {
      lasts: 90_000,
      regions: [...here, ...there].map((region) => regionOf(region, 1, chance)),
      steps: inOrder([
        ...here.flatMap((region) => several(4, chance, 2_000, BEGINS, region)),
        ...links.map(([from, to]): Step => ({ at: BEGINS, kind: "cut", from, to, for: 82_000 })),
        purges(BEGINS + 1, FAR, chance),
        // Whoever is asked for a lease asks the other one whom it has heard.
        ...here.flatMap((region) => several(60, chance, BEGINS, BEGINS + 80_000, region)),
      ]),
    };
  },
};
