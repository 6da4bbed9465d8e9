// What befalls a CDN in a soak: links cut one way and both, silent and refusing; regions cut off whole, and the network in
// two; processes killed (SIGKILL), also while they accept purges, and started again with or without their state. One episode
// begins, lasts and is healed before the next. Which ones come is decided by the seed alone.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RegionId } from "../../../config/world/regions.ts";
import type { Cut } from "../../../control-plane/local/link/link.node.ts";
import type { Running } from "../../fixtures/cluster.node.ts";
import type { Chance } from "../../sim/chance.ts";

export type FaultKind =
  | "cut one way"
  | "cut both ways"
  | "cut off"
  | "cut off for long"
  | "in two"
  | "no origin"
  | "killed"
  | "killed while accepting"
  | "disk lost";

/** How often each comes, of a hundred. */
const SHARES: readonly (readonly [FaultKind, number])[] = [
  ["cut one way", 18],
  ["cut both ways", 16],
  ["cut off", 14],
  ["cut off for long", 5],
  ["in two", 8],
  ["no origin", 5],
  ["killed", 14],
  ["killed while accepting", 12],
  ["disk lost", 8],
];

/** What is done to a running CDN on purpose, each undone by what it gives. */
export class Faults {
  readonly #cdn: Running;
  readonly #regions: readonly RegionId[];
  readonly counts = new Map<FaultKind, number>();
  /** Single links that were cut, and processes that were killed. */
  cuts = 0;
  kills = 0;
  disksLost = 0;

  constructor(cdn: Running, regions: readonly RegionId[]) {
    this.#cdn = cdn;
    this.#regions = regions;
  }

  /** Cuts links, each from one region to another. */
  cut(pairs: readonly (readonly [from: RegionId, to: string])[], how: Cut): () => Promise<void> {
    for (const [from, to] of pairs) if (this.#cdn.cluster.cut(from, to, how)) this.cuts += 1;
    return async () => {
      for (const [from, to] of pairs) this.#cdn.cluster.heal(from, to);
    };
  }

  /** Cuts all links between these regions and the others, both ways. */
  isolate(some: readonly RegionId[], how: Cut): () => Promise<void> {
    const rest = this.#regions.filter((region) => !some.includes(region));
    const pairs = some.flatMap((one) => rest.flatMap((other) => [[one, other] as const, [other, one] as const]));
    return this.cut(pairs, how);
  }

  /** Kills a region's process, as losing power does. Undone by starting it, without its state if its disk is lost. */
  async kill(region: RegionId, disk: "kept" | "lost"): Promise<() => Promise<void>> {
    const { cluster } = this.#cdn;
    const { pid } = cluster.region(region);
    if (pid === undefined) throw new Error(`${region} does not run`);
    process.kill(pid, "SIGKILL");
    this.kills += 1;
    while (cluster.region(region).pid === pid) await sleep(20);
    // The launcher has noticed, and would start it again: it is to stay away until the fault is over.
    await cluster.stopRegion(region);
    if (disk === "lost") {
      await rm(join(cluster.stateFolder, "state", region), { recursive: true, force: true });
      this.disksLost += 1;
    }
    return async () => {
      await cluster.startRegion(region);
    };
  }

  /** One episode. `burst` has a region asked for many purges at once and resolves when the first are accepted. */
  async begin(kind: FaultKind, chance: Chance, burst: (region: RegionId) => Promise<void>): Promise<Episode> {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const how: Cut = chance.is(0.5) ? "silent" : "reset";
    const region = chance.pick(this.#regions);
    const other = chance.pick(this.#regions.filter((one) => one !== region));
    const lastsMillis = chance.between(1_000, 18_000);
    const told = (what: string, end: () => Promise<void>, lasts = lastsMillis): Episode => ({
      what,
      lastsMillis: lasts,
      end,
    });
    switch (kind) {
      case "cut one way":
        return told(`${region} cannot call ${other} (${how})`, this.cut([[region, other]], how));
      case "cut both ways":
        return told(`${region} and ${other} are cut apart (${how})`, this.isolatePair(region, other, how));
      case "cut off":
        return told(`${region} is cut off (${how})`, this.isolate([region], how));
      case "cut off for long":
        // Longer than it takes a purge to be complete without it: hearing, lease, margin and a minute of serving.
        return told(`${region} is cut off for long (${how})`, this.isolate([region], how), 78_000);
      case "in two": {
        const half = this.#regions.filter(() => chance.is(0.5));
        return told(`${half.join(" ") || "nobody"} is cut from the rest (${how})`, this.isolate(half, how));
      }
      case "no origin":
        return told(`${region} cannot reach the origin (${how})`, this.cut([[region, "origin:site"]], how));
      case "killed":
        return told(`${region} is killed`, await this.kill(region, "kept"));
      case "killed while accepting": {
        await burst(region);
        return told(`${region} is killed while it accepts purges`, await this.kill(region, "kept"), lastsMillis / 6);
      }
      case "disk lost":
        return told(`${region} is killed and its disk is lost`, await this.kill(region, "lost"), lastsMillis / 2);
    }
  }

  isolatePair(one: RegionId, other: RegionId, how: Cut): () => Promise<void> {
    return this.cut(
      [
        [one, other],
        [other, one],
      ],
      how,
    );
  }
}

/** A fault that lasts. */
export interface Episode {
  readonly what: string;
  readonly lastsMillis: number;
  readonly end: () => Promise<void>;
}

/** Which fault comes next. */
export function nextFault(chance: Chance): FaultKind {
  let luck = chance.between(
    1,
    SHARES.reduce((sum, [, share]) => sum + share, 0),
  );
  for (const [kind, share] of SHARES) {
    luck -= share;
    if (luck <= 0) return kind;
  }
  return "killed";
}
