// The configured places of regions and origins, the basis of routing, shields and emulated distances.

import type { Config, Origin } from "../schema/schema.ts";
import { type Coordinates, REGION_IDS, REGIONS, type RegionId } from "./regions.ts";

/** The regions that take part, in the fixed order of `REGION_IDS`. */
export const regionsOf = (config: Pick<Config, "regions">): RegionId[] =>
  REGION_IDS.filter((region) => config.regions[region] !== undefined);

/** Where a region's shards run: as configured, else the place of its location hint. */
export const regionPlace = (config: Pick<Config, "regions">, region: RegionId): Coordinates =>
  config.regions[region]?.place ?? REGIONS[region].place;

/** An origin's place; by default its first shield's, undefined if that is not set either. */
export function originPlace(config: Pick<Config, "regions">, origin: Origin): Coordinates | undefined {
  const place = origin.place ?? configuredShields(origin)[0];
  return typeof place === "string" ? regionPlace(config, place) : place;
}

/** The shield regions that the configuration names for an origin, in its order; none if it leaves the choice open. */
export const configuredShields = (origin: Origin): readonly RegionId[] =>
  typeof origin.shield === "string" ? [origin.shield] : (origin.shield ?? []);
