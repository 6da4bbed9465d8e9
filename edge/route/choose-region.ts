// Which regions may serve a client on a route, in the order in which they are to be asked, each with the reason for its rank.
// Residency comes first and is never traded: a region outside it is in no list, even if the list is empty then and the client
// gets an error. Drained regions are out, because an operator said so. Unhealthy ones are only asked last, because "unhealthy"
// is a belief: if it is wrong everywhere, clients are still served. Then the route's preferences, country before continent,
// and then the shortest round trip: measured where it has been, by distance where it has not.
// The same input gives the same list; no region is in it twice.

import type { Config, Route } from "../../config/schema/schema.ts";
import type { Kilometres, Millis } from "../../config/units.ts";
import { preferenceOf } from "../../config/world/continents.ts";
import { greatCircle, roundTrip } from "../../config/world/distance.ts";
import { regionPlace, regionsOf } from "../../config/world/places.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { Place } from "../geo/place.ts";

/** Why a region has its rank. */
export type ChoiceReason = "preferred" | "nearest" | "nearest-by-measurement" | "fallback-unhealthy";

export interface RegionChoice {
  readonly region: RegionId;
  readonly reason: ChoiceReason;
  /** From the client's place to the region's, over the ground. */
  readonly distance: Kilometres;
  /** Measured, or else what the distance suggests. */
  readonly roundTrip: Millis;
}

export interface ChoiceInput {
  readonly place: Place;
  readonly route: Pick<Route, "residency" | "prefer">;
  readonly config: Pick<Config, "regions">;
  /** Regions that take no clients. */
  readonly drained: ReadonlySet<RegionId>;
  /** Regions that failed recently (region-health.ts). */
  readonly unhealthy: ReadonlySet<RegionId>;
  /** Round trips from the client's place, for the regions where they are known. */
  readonly measured?: Readonly<Partial<Record<RegionId, Millis>>>;
}

/** The regions to ask, best first. Empty if the route's residency and the drained regions leave none. */
export function chooseRegion(input: ChoiceInput): RegionChoice[] {
  const { place, route, config, drained, unhealthy, measured = {} } = input;
  const allowed = regionsOf(config)
    .filter((region) => route.residency === undefined || route.residency.includes(region))
    .filter((region) => !drained.has(region));
  const preferred = preferredRegions(route, place);
  const ranked = allowed.map((region) => {
    const at = regionPlace(config, region);
    const measuredTrip = measured[region];
    const preference = preferred.indexOf(region);
    const choice: RegionChoice = {
      region,
      reason: reasonFor({
        unhealthy: unhealthy.has(region),
        preferred: preference >= 0,
        measured: measuredTrip !== undefined,
      }),
      distance: greatCircle(place.coordinates, at),
      roundTrip: measuredTrip ?? roundTrip(place.coordinates, at),
    };
    return {
      choice,
      last: unhealthy.has(region) ? 1 : 0,
      preference: preference < 0 ? preferred.length : preference,
    };
  });
  // The sort is stable and starts from the fixed order of regions, so equal round trips cannot come out in two ways.
  ranked.sort((a, b) => a.last - b.last || a.preference - b.preference || a.choice.roundTrip - b.choice.roundTrip);
  return ranked.map((candidate) => candidate.choice);
}

function reasonFor(region: { unhealthy: boolean; preferred: boolean; measured: boolean }): ChoiceReason {
  if (region.unhealthy) return "fallback-unhealthy";
  if (region.preferred) return "preferred";
  return region.measured ? "nearest-by-measurement" : "nearest";
}

/** What the route prefers for clients from there: the lists of their country, then those of their continent. */
function preferredRegions(route: ChoiceInput["route"], place: Place): readonly RegionId[] {
  const byCountry: RegionId[] = [];
  const byContinent: RegionId[] = [];
  for (const [key, regions] of Object.entries(route.prefer)) {
    const preference = preferenceOf(key);
    if (preference.kind === "country" && preference.country === place.country) byCountry.push(...regions);
    if (preference.kind === "continent" && preference.continent === place.continent) byContinent.push(...regions);
  }
  return [...byCountry, ...byContinent];
}
