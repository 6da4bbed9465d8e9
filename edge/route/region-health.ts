// What an isolate remembers of regions that failed: for a while it asks them last, longer each time they fail again. Only
// memory: a region that is wrongly thought dead still stands at the end of the list (choose-region.ts), so a wrong belief
// costs distance and never an answer. Nothing is asked to find out; the next request after the time is the probe.

import { addMillis, between, type EpochMillis, millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { EDGE_LIMITS } from "../limits.ts";

interface RegionFailure {
  /** Failures in a row, each after the pause for the one before was over. */
  readonly count: number;
  readonly avoidedFrom: EpochMillis;
  readonly avoidedUntil: EpochMillis;
}

/** Failures of regions as one isolate saw them; at most one record for each region. */
export class RegionHealth {
  #failures = new Map<RegionId, RegionFailure>();

  /**
   * A request to the region failed at `now`. The first failure is remembered for `EDGE_LIMITS.regionAvoidedMillis`, each further
   * one for twice as long, up to `EDGE_LIMITS.regionAvoidedMaxMillis`.
   */
  failed(region: RegionId, now: EpochMillis): void {
    const last = this.#failures.get(region);
    // Requests that were under way together fail together: they are one failure.
    if (last !== undefined && isAvoided(last, now)) return;
    const count = (last?.count ?? 0) + 1;
    const pause = Math.min(EDGE_LIMITS.regionAvoidedMillis * 2 ** (count - 1), EDGE_LIMITS.regionAvoidedMaxMillis);
    this.#failures.set(region, { count, avoidedFrom: now, avoidedUntil: addMillis(now, millis(pause)) });
  }

  /** The region answered. */
  succeeded(region: RegionId): void {
    this.#failures.delete(region);
  }

  /** Regions that are to be asked last at `now`. */
  unhealthy(now: EpochMillis): ReadonlySet<RegionId> {
    const regions = new Set<RegionId>();
    for (const [region, failure] of this.#failures) if (isAvoided(failure, now)) regions.add(region);
    return regions;
  }
}

/** A clock that was set back ends the pause rather than prolonging it. */
const isAvoided = (failure: RegionFailure, now: EpochMillis): boolean =>
  between(failure.avoidedFrom, now) >= 0 && between(now, failure.avoidedUntil) > 0;
