// What a run does, worked out from its seed before it begins: how many regions, how good the links are, what the origin holds,
// and a list of steps. Steps come in episodes of half a second, because races need company: something is published and
// purged while requests for it are under way and a link or a node fails. A plan is data, so a failing one can be cut down.

import type { RegionId } from "../../config/world/regions.ts";
import { HUB_LIMITS } from "../../control-plane/hub/limits.ts";
import type { Scope, Severity } from "../../control-plane/purge/event.ts";
import { Chance } from "./chance.ts";
import { type ObjectKind, SITE } from "./origin.ts";

/** One thing that is done to the world, at an instant in milliseconds. */
export type Step = { readonly at: number } & (
  | {
      readonly kind: "request";
      readonly region: RegionId;
      readonly object: number;
      readonly language: "en" | "de" | undefined;
      /** It demands to see the newest purge that somebody was told to be accepted. */
      readonly demands: boolean;
      /** The client goes away after so many milliseconds. */
      readonly leavesAfter: number | undefined;
    }
  | { readonly kind: "publish"; readonly object: number }
  /** Publishes the object if there is one, and purges right after. */
  | {
      readonly kind: "purge";
      readonly region: RegionId;
      readonly object: number | undefined;
      readonly scopes: readonly Scope[];
      readonly severity: Severity;
      readonly key: string | undefined;
      readonly waits: "accepted" | "complete";
    }
  | { readonly kind: "cut"; readonly from: RegionId; readonly to: RegionId; readonly for: number }
  | { readonly kind: "isolate"; readonly region: RegionId; readonly for: number }
  /** The hub's and the shards' messages inside one region are lost. */
  | { readonly kind: "deafen"; readonly region: RegionId; readonly for: number }
  | { readonly kind: "evict-shard"; readonly region: RegionId; readonly shard: number }
  | { readonly kind: "lose-isolate"; readonly region: RegionId }
  | { readonly kind: "crash-hub"; readonly region: RegionId; readonly for: number }
  /** The hub's next write of a purge is its last act for a while: the machine stops right before it, or right after. */
  | { readonly kind: "stop-at-write"; readonly region: RegionId; readonly for: number; readonly written: boolean }
  /** The region takes no clients for a while. */
  | { readonly kind: "drain"; readonly region: RegionId; readonly for: number }
  /** The region's nodes go over to another ring: one in which every region of several shards has one less, or back to all. */
  | { readonly kind: "deploy"; readonly region: RegionId; readonly ring: "smaller" | "whole" }
  | { readonly kind: "lose-disk"; readonly region: RegionId; readonly for: number }
  | { readonly kind: "origin-fails"; readonly for: number }
);

export interface Clock {
  /** Milliseconds that it is ahead at the beginning. */
  readonly skew: number;
  /** How much faster it runs: 0.001 gains a millisecond a second. */
  readonly drift: number;
}

/** Clocks are no worse than this: half of what `HUB_LIMITS.leaseMarginMillis` allows for between two of them. */
export const MOST_DRIFT = 0.015;

export interface RegionPlan {
  readonly region: RegionId;
  readonly shards: number;
  /** Its hub and its shards are different machines. */
  readonly clocks: { readonly hub: Clock; readonly shards: Clock; readonly edge: Clock };
}

export interface Plan {
  readonly seed: number;
  readonly regions: readonly RegionPlan[];
  readonly shields: readonly RegionId[];
  readonly whenCutOff: "serve" | "revalidate" | "refuse";
  /** Whether edges may keep copies for as long as a shard's lease. */
  readonly edgeCopies: boolean;
  /** Bytes that one isolate may keep. */
  readonly capacity: number;
  /** Scopes that a shard's purge set tells apart. */
  readonly purgeRecords: number;
  /** Events that a hub's log keeps at most. */
  readonly logEvents: number;
  readonly objects: readonly ObjectKind[];
  /** How long the origin goes on answering old bytes after a change; 0 for an honest one. */
  readonly lag: number;
  readonly links: LinkPlan;
  /** Share of origin bodies that break off. */
  readonly broken: number;
  /** How long the origin thinks at most, in milliseconds. */
  readonly thinks: number;
  /** How long the safety phase lasts, in milliseconds. */
  readonly lasts: number;
  /** Nothing happens for which any client might be refused. */
  readonly answersAll: boolean;
  readonly steps: readonly Step[];
}

/** One-way delays in milliseconds, and shares of messages. */
export interface LinkPlan {
  readonly loss: number;
  readonly repetition: number;
  /** Between regions. */
  readonly delay: number;
  /** Between a region's shards and their hub. */
  readonly hub: number;
  /** Between a region's edge and its shards: clients may be far away. */
  readonly edge: number;
  /** Messages that take up to 0.7 s longer. */
  readonly slow: number;
  /** The same of messages between shards and their hub. */
  readonly hubSlow: number;
  /** Of the messages between hubs that come a second time after a minute, whatever is cut by then. */
  readonly stragglers: number;
}

/** How long it usually lasts. */
export const SAFETY_MILLIS = 20_000;

/** Rings take long to make, and each number of shards has its own: a few are enough. */
const REGIONS: readonly { readonly region: RegionId; readonly shards: number }[] = [
  { region: "weur", shards: 2 },
  { region: "enam", shards: 1 },
  { region: "apac", shards: 2 },
  { region: "sam", shards: 1 },
];
const KINDS: readonly ObjectKind[] = ["tagged", "dated", "brief", "varied", "private", "fickle", "missing", "failing"];

/** Streams of chance of their own. */
const MEMORY = 1_000_003;
const ROLLOUT = 2_000_003;

/** A run that mixes everything. */
export function mixed(seed: number): Plan {
  const chance = new Chance(seed);
  const regions = REGIONS.slice(0, chance.between(2, 4)).map((one) => ({
    ...one,
    clocks: { hub: clockOf(chance), shards: clockOf(chance), edge: clockOf(chance) },
  }));
  const names = regions.map(({ region }) => region);
  const isRough = chance.is(0.6);
  const objects = Array.from({ length: chance.between(2, 4) }, () => chance.pick(KINDS));
  // Little is kept, so that hubs forget early and often, and purge sets say more than was asked.
  const memory = new Chance(seed + MEMORY);
  return {
    seed,
    regions,
    shields: chance.is(0.7) ? [chance.pick(names.slice(0, 2))] : [...names].reverse(),
    whenCutOff: chance.pick(["serve", "serve", "revalidate", "refuse"]),
    edgeCopies: chance.is(0.4),
    capacity: chance.is(0.2) ? 6_000 : 1_000_000,
    purgeRecords: memory.is(0.3) ? memory.between(2, 4) : 1_000,
    logEvents: memory.is(0.4) ? memory.between(4, 12) : HUB_LIMITS.logEvents,
    objects,
    lag: chance.is(0.1) ? chance.between(50, 2_000) : 0,
    links: {
      loss: isRough ? chance.number() * 0.1 : 0,
      repetition: isRough ? chance.number() * 0.1 : 0,
      delay: chance.pick([5, 30, 150]),
      hub: chance.pick([1, 1, 1, 100]),
      hubSlow: isRough && chance.is(0.3) ? 0.5 : 0,
      edge: chance.pick([1, 1, 1, 800]),
      slow: isRough ? 0.1 : 0,
      stragglers: isRough && chance.is(0.2) ? 0.1 : 0,
    },
    broken: isRough ? 0.03 : 0,
    thinks: chance.pick([60, 60, 60, 4_000]),
    lasts: SAFETY_MILLIS,
    answersAll: false,
    steps: inOrder([...stepsOf(chance, names, regions, objects.length, isRough), ...rollouts(seed, names)]),
  };
}

const inOrder = (steps: readonly Step[]): Step[] => [...steps].sort((one, other) => one.at - other.at);

/** Deploys that change the ring: for a while some regions' nodes take other shards for a key's owners than others do. */
function rollouts(seed: number, names: readonly RegionId[]): Step[] {
  const chance = new Chance(seed + ROLLOUT);
  if (chance.is(0.6)) return [];
  const begins = chance.between(1_000, SAFETY_MILLIS - 6_000);
  const rollout = (from: number, ring: "smaller" | "whole"): Step[] =>
    names.map((region) => ({ at: from + chance.between(0, 3_000), kind: "deploy", region, ring }));
  return [...rollout(begins, "smaller"), ...(chance.is(0.6) ? rollout(begins + 3_000, "whole") : [])];
}

const clockOf = (chance: Chance): Clock => ({
  skew: chance.is(0.5) ? chance.between(-2_000, 2_000) : 0,
  drift: chance.pick([-1, 0, 1, 2 * chance.number() - 1]) * MOST_DRIFT,
});

function stepsOf(
  chance: Chance,
  names: readonly RegionId[],
  regions: Plan["regions"],
  objects: number,
  isRough: boolean,
): Step[] {
  const steps: Step[] = [];
  const episodes = chance.between(3, 6);
  let mayLoseDisk = isRough && chance.is(0.5);
  for (let episode = 0; episode < episodes; episode++) {
    const base = 1_500 + chance.between(0, SAFETY_MILLIS - 4_000);
    const object = chance.between(0, objects - 1);
    const near = (spread: number): number => Math.max(0, base + chance.between(-spread, spread));
    for (let count = chance.between(1, 8); count > 0; count--) {
      steps.push({
        at: near(800),
        kind: "request",
        region: chance.pick(names),
        object: chance.is(0.8) ? object : chance.between(0, objects - 1),
        language: chance.pick(["en", "de", undefined]),
        demands: chance.is(0.15),
        leavesAfter: chance.is(0.1) ? chance.between(0, 400) : undefined,
      });
    }
    if (chance.is(0.4)) steps.push(...leaseRace(chance, names, near(300), object, objects));
    if (chance.is(0.3)) steps.push(...closeRace(chance, names, base, object));
    if (chance.is(0.3)) steps.push({ at: near(800), kind: "publish", object });
    for (let count = chance.between(0, 2); count > 0; count--) {
      const purge = purgeOf(chance, object, objects);
      const at = near(300);
      steps.push({ at, kind: "purge", region: chance.pick(names), ...purge });
      if (purge.waits === "complete") steps.push(...aroundComplete(chance, names, at, object));
    }
    if (!isRough) continue;
    for (let count = chance.between(0, 2); count > 0; count--) {
      const fault = faultOf(chance, names, regions, mayLoseDisk);
      // Two hubs hold what is accepted: both disks at once are more than was promised to survive.
      if (fault.kind === "lose-disk") mayLoseDisk = false;
      steps.push({ at: near(600), ...fault });
    }
  }
  return steps;
}

/**
 * A purge of which one region's shards do not hear, since the line to their hub is cut a moment before or after it comes. They
 * go on under their last lease, with requests all the while, until it ends; about then the purge becomes complete.
 */
function leaseRace(chance: Chance, names: readonly RegionId[], at: number, object: number, objects: number): Step[] {
  const deaf = chance.pick(names);
  const from = chance.pick(names);
  const { object: _published, ...purge } = purgeOf(chance, object, objects);
  const asks = (after: number): Step => ({
    at: Math.max(0, at + after),
    kind: "request",
    region: deaf,
    object,
    language: "en",
    demands: false,
    leavesAfter: undefined,
  });
  const before = Array.from({ length: 3 }, () => asks(chance.between(-1_200, 0)));
  const after = Array.from({ length: 6 }, () => asks(chance.between(1_500, 3_000)));
  return [
    ...before,
    { at, kind: "purge", region: from, object, ...purge, severity: "hard", waits: "complete" },
    { at: Math.max(0, at + chance.between(-300, 100)), kind: "deafen", region: deaf, for: 6_000 },
    ...after,
  ];
}

/**
 * The closest that a lease and a purge can come: one shard has just got its lease when its hub logs the purge and cannot tell it,
 * because the line is cut, or because a restart made it forget whom it leases to. Requests come when that lease is about to
 * end, or at once.
 */
function closeRace(chance: Chance, names: readonly RegionId[], at: number, object: number): Step[] {
  const region = chance.pick(names);
  const asks = (after: number): Step => ({
    at: Math.max(0, at + after),
    kind: "request",
    region,
    object,
    language: "en",
    demands: false,
    leavesAfter: undefined,
  });
  const scopes: readonly Scope[] = [{ kind: "everything" }];
  const purge = { region, object, scopes, severity: "hard", key: undefined, waits: "complete" } as const;
  const isRestart = chance.is(0.3);
  const fault: Step = isRestart
    ? { at: Math.max(0, at - 600), kind: "crash-hub", region, for: 200 }
    : { at: Math.max(0, at - 4), kind: "deafen", region, for: 4_000 };
  const [from, to] = isRestart ? [50, 290] : [chance.pick([1_000, 1_950]), 2_060];
  // The object has to be there already, and the lease to be new.
  const before = isRestart ? [-2_900, -700] : [-3_100, -9 - chance.between(0, 8)];
  return [
    ...before.map(asks),
    fault,
    { at, kind: "purge", ...purge },
    ...Array.from({ length: 6 }, () => asks(chance.between(from, to))),
  ];
}

/** Requests for when leases from before a purge end, and the purge becomes complete. */
function aroundComplete(chance: Chance, names: readonly RegionId[], purgedAt: number, object: number): Step[] {
  return Array.from({ length: chance.between(0, 3) }, () => ({
    at: purgedAt + chance.between(1_500, 2_600),
    kind: "request" as const,
    region: chance.pick(names),
    object,
    language: chance.pick(["en", "de", undefined] as const),
    demands: false,
    leavesAfter: undefined,
  }));
}

function purgeOf(chance: Chance, object: number, objects: number) {
  const path = `/${object % 2 === 0 ? "a" : "b"}/${object}`;
  const scopes: readonly Scope[] = [
    { kind: "url", url: `http://${SITE}${path}` },
    { kind: "url", url: `//${SITE}${path}` },
    { kind: "prefix", prefix: `//${SITE}${path.slice(0, 3)}` },
    { kind: "tag", tag: `object-${object}` },
    { kind: "tag", tag: "all" },
    { kind: "host", host: SITE },
    { kind: "everything" },
    // What nothing here has: it may hinder nobody.
    { kind: "tag", tag: `unrelated-${chance.between(0, 5)}` },
  ];
  const chosen = chance.is(0.5) ? [chance.pick(scopes)] : [chance.pick(scopes.slice(0, 2)), chance.pick(scopes)];
  return {
    object: chance.is(0.85) ? object : chance.is(0.5) ? chance.between(0, objects - 1) : undefined,
    scopes: chosen,
    severity: chance.is(0.75) ? ("hard" as const) : ("soft" as const),
    key: chance.is(0.2) ? `key-${chance.between(0, 2)}` : undefined,
    waits: chance.is(0.6) ? ("complete" as const) : ("accepted" as const),
  };
}

type Fault = Step extends infer One ? (One extends Step ? Omit<One, "at"> : never) : never;

function faultOf(
  chance: Chance,
  names: readonly RegionId[],
  regions: Plan["regions"],
  mayLoseDisk: boolean,
): Extract<Fault, { kind: "lose-disk" | "cut" | "isolate" | "deafen" | "origin-fails" }> | Fault {
  const region = chance.pick(names);
  const lasts = chance.pick([200, 1_500, 6_000, 14_000]);
  switch (chance.between(0, 11)) {
    case 0:
    case 1:
      return { kind: "cut", from: region, to: chance.pick(names), for: lasts };
    case 2:
      return { kind: "isolate", region, for: lasts };
    case 3:
      return { kind: "deafen", region, for: lasts };
    case 4:
    case 5: {
      const shards = regions.find((one) => one.region === region)?.shards ?? 1;
      return { kind: "evict-shard", region, shard: chance.between(0, shards - 1) };
    }
    case 6:
      return { kind: "lose-isolate", region };
    case 7:
      return { kind: "origin-fails", for: lasts };
    case 8:
      return { kind: "crash-hub", region, for: lasts };
    case 9:
      return { kind: "stop-at-write", region, for: lasts, written: chance.is(0.5) };
    case 10:
      return { kind: "drain", region, for: lasts };
    default:
      return mayLoseDisk ? { kind: "lose-disk", region, for: lasts } : { kind: "crash-hub", region, for: lasts };
  }
}
