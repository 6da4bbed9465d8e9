// Orders the regions as anycast would for a client: the live, undrained region at the least emulated distance first, then the
// fallbacks. Residency and preferences are the edge's decision: like the network that it emulates, the front door has no routes.

import { roundTrip } from "../../../config/world/distance.ts";
import { type Coordinates, REGION_IDS, type RegionId } from "../../../config/world/regions.ts";

/** A region's state for the front door. */
export interface Door {
  readonly region: RegionId;
  readonly place: Coordinates;
  readonly state: "live" | "drained" | "down";
}

/**
 * The regions to try for a client at `place`, nearest first. Drained ones come last, since a drained region still answers
 * when no other does; regions that are down are left out. Equal distances follow the fixed order of regions.
 */
export function nearestFirst(place: Coordinates, doors: readonly Door[]): Door[] {
  const rank = (door: Door): number => (door.state === "drained" ? 1 : 0);
  return doors
    .filter((door) => door.state !== "down")
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        roundTrip(place, a.place) - roundTrip(place, b.place) ||
        REGION_IDS.indexOf(a.region) - REGION_IDS.indexOf(b.region),
    );
}
