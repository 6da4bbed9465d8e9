// Which shard of a region owns a key, by the ring that the configuration makes. Rings are built once for a configuration.

import type { Config } from "../../config/schema/schema.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { buildRing, type Ring, weightsOf } from "./ring.ts";

const rings = new WeakMap<Config, Map<RegionId, Ring>>();

/** The ring of a configured region. Throws if the region is not configured: choices are made among those that are. */
export function ringOf(config: Config, region: RegionId): Ring {
  const known = rings.get(config) ?? new Map<RegionId, Ring>();
  rings.set(config, known);
  let ring = known.get(region);
  if (ring === undefined) {
    const regionConfig = config.regions[region];
    if (regionConfig === undefined) throw new Error(`region ${region} is not configured`);
    ring = buildRing(region, weightsOf(regionConfig));
    known.set(region, ring);
  }
  return ring;
}
