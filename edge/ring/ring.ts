// Which shard of a region owns a key: weighted rendezvous hashing over a fixed table of slots. A key falls into a slot by its
// hash; for each slot every shard draws a lot that depends on the two alone, and the best lot owns the slot. So a new shard
// takes slots from all others and no other slots move, one that is removed leaves its own to the others, and a changed weight moves
// slots to or from that shard alone. The number of slots never changes, for that would move everything.
// The table is built at the first question and kept by the caller, who makes one ring for each configuration.
// Thaler and Ravishankar 1998 (rendezvous); the weighted lot is -ln(u)/weight, which is least with probability weight/sum.

import type { RegionConfig } from "../../config/schema/schema.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { hash32, mix32, shortHash } from "./hash.ts";

/** 256 slots for each of 256 shards: keys stay within some 20 % of a shard's due even then, within 5 % at 4 shards. */
const SLOT_BITS = 16;
const SLOTS = 2 ** SLOT_BITS;
/** Changes when the algorithm does, for then owners change under equal weights. */
const ALGORITHM = 1;

/** Owners of keys among a region's shards. The same region and weights give the same ring in every process. */
export interface Ring {
  /** Names region, weights and algorithm: equal versions mean equal owners. */
  readonly version: string;
  readonly shards: number;
  /** The shard that owns `key`, 0 to `shards` - 1. */
  owner(key: string): number;
  /** The shards that own `key` next when its owner goes, then the next: at most `count`, all distinct, never the owner. */
  successors(key: string, count: number): number[];
}

/** The weights of a region's shards: a number of shards means as many of weight 1. */
export const weightsOf = (region: RegionConfig): number[] =>
  typeof region.shards === "number" ? new Array<number>(region.shards).fill(1) : [...region.shards];

/**
 * The ring of `weights`, one weight for each of up to 256 shards. A shard of weight 0 owns nothing, so that any shard can be
 * taken out, not the last alone. Throws if there are none, too many, a weight is negative, or all are 0.
 */
export function buildRing(region: RegionId, weights: readonly number[]): Ring {
  if (weights.length < 1 || weights.length > 256) throw new RangeError("a ring has 1 to 256 shards");
  if (!weights.every((weight) => Number.isFinite(weight) && weight >= 0)) throw new RangeError("a weight is 0 or more");
  if (!weights.some((weight) => weight > 0)) throw new RangeError("one shard must have a weight above 0");
  const lots = lotsOf(region, weights);
  let owners: Uint8Array | undefined;
  return {
    version: shortHash(`${ALGORITHM} ${region} ${weights.join(" ")}`),
    shards: weights.length,
    owner(key) {
      owners ??= tableOf(lots);
      return owners[slotOf(key)] as number;
    },
    successors: (key, count) => {
      const slot = slotOf(key);
      return lots
        .map((lot) => ({ shard: lot.shard, drawn: drawnBy(lot, slot) }))
        .sort((a, b) => a.drawn - b.drawn || a.shard - b.shard)
        .slice(1, 1 + count)
        .map((lot) => lot.shard);
    },
  };
}

/** What a shard draws its lots with. Shards of weight 0 draw none. */
interface Lot {
  readonly shard: number;
  readonly weight: number;
  readonly seed: number;
}

const lotsOf = (region: RegionId, weights: readonly number[]): Lot[] =>
  weights
    .map((weight, shard) => ({ shard, weight, seed: hash32(`${region} ${shard}`, ALGORITHM) }))
    .filter((lot) => lot.weight > 0);

const slotOf = (key: string): number => hash32(key) >>> (32 - SLOT_BITS);

/** A number between 0 and 1, without either, that slot and shard determine. */
const uniform = (lot: Lot, slot: number): number => (mix32(mix32(slot + 1) ^ lot.seed) + 0.5) / 2 ** 32;

/** The lot: the least one owns the slot. Equal lots, which 32 bits allow, go to the lower index here and in the table. */
const drawnBy = (lot: Lot, slot: number): number => -Math.log(uniform(lot, slot)) / lot.weight;

function tableOf(lots: readonly Lot[]): Uint8Array {
  const owners = new Uint8Array(SLOTS);
  for (let slot = 0; slot < SLOTS; slot++) {
    let least = Number.POSITIVE_INFINITY;
    for (const lot of lots) {
      const u = uniform(lot, slot);
      // -ln(u) is at least 1 - u: most lots are seen to lose without a logarithm, which makes the table ten times as fast.
      if ((1 - u) / lot.weight >= least) continue;
      const drawn = -Math.log(u) / lot.weight;
      if (drawn < least) {
        least = drawn;
        owners[slot] = lot.shard;
      }
    }
  }
  return owners;
}
