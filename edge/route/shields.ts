// Through which region's shards an origin is asked, and which take over when that region is lost: those that the
// configuration names, in its order, then all others, nearest to the origin first. Every region makes the same list, so that
// one object has one shield. A route's residency binds shields as it binds shards: they see the same responses.

import type { Config, Origin } from "../../config/schema/schema.ts";
import { roundTrip } from "../../config/world/distance.ts";
import { configuredShields, originPlace, regionPlace, regionsOf } from "../../config/world/places.ts";
import type { RegionId } from "../../config/world/regions.ts";

/**
 * The origin's shield regions, best first; only those in `allowed` (a route's residency) if it is given. Empty only if no
 * configured region is allowed. Without a place for the origin the others follow in the fixed order of regions.
 */
export function shieldRegions(
  origin: Origin,
  config: Pick<Config, "regions">,
  allowed?: readonly RegionId[],
): RegionId[] {
  const candidates = regionsOf(config);
  const place = originPlace(config, origin);
  if (place !== undefined) {
    const trips = new Map(candidates.map((region) => [region, roundTrip(place, regionPlace(config, region))] as const));
    candidates.sort((a, b) => (trips.get(a) ?? 0) - (trips.get(b) ?? 0));
  }
  const configured = configuredShields(origin).filter((region) => candidates.includes(region));
  return [...new Set([...configured, ...candidates])].filter(
    (region) => allowed === undefined || allowed.includes(region),
  );
}
