// Chooses how many and which regions to run: all that are configured if memory allows, else those that together cover the most
// of the world. Regions named by the user are never reduced. Pure: memory is an argument.

import { type Bytes, MiB } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";

/** A region's process with room for its entries: 76 MiB bare, measured, and what its cache takes in a short run. */
export const REGION_BYTES = 110 * MiB;
/** Reserved for everything else: the launcher itself, the example origin, and the user's other work. */
export const MARGIN_BYTES = 512 * MiB;

/** The order of preference: one region per continent first, then second regions of the same continent. */
const BY_COVERAGE: readonly RegionId[] = ["enam", "weur", "apac", "sam", "oc", "afr", "wnam", "me", "eeur"];

export interface RegionCount {
  readonly regions: readonly RegionId[];
  readonly leftOut: readonly RegionId[];
}

/** Picks from `configured`, in its order, as many regions as fit into `available` memory; at least one. */
export function regionsThatFit(configured: readonly RegionId[], available: Bytes): RegionCount {
  const room = Math.max(1, Math.floor((available - MARGIN_BYTES) / REGION_BYTES));
  const kept = new Set(BY_COVERAGE.filter((region) => configured.includes(region)).slice(0, room));
  return {
    regions: configured.filter((region) => kept.has(region)),
    leftOut: configured.filter((region) => !kept.has(region)),
  };
}
