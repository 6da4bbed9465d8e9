// From whom this hub has heard, and until when that allows it to lease. A hub leases only while it has heard from every other
// hub lately: by a question and its answer, counted from before the question, and only once it holds all that the answer
// said there is. So a purge that was accepted elsewhere is known here before the leases that ignore it can be renewed.
// A message that merely came in proves nothing: it may have been under way for long (DESIGN section 4).

import { LIMITS } from "../../config/limits.ts";
import type { RegionId } from "../../config/regions.ts";
import type { EpochMillis } from "../../config/units.ts";

export class Hearing {
  readonly #askedAt = new Map<RegionId, EpochMillis>();

  /** `region`'s hub answered a question that was asked at `askedAt`, and all that it knew is held here. */
  heard(region: RegionId, askedAt: EpochMillis): void {
    const before = this.#askedAt.get(region);
    if (before === undefined || askedAt > before) this.#askedAt.set(region, askedAt);
  }

  /** What was heard was heard by a log that is no more. */
  forget(): void {
    this.#askedAt.clear();
  }

  /** Whether all of `regions` were heard so lately that leases may be granted at `now`. */
  isLive(regions: readonly RegionId[], now: EpochMillis): boolean {
    return this.due(regions, now, LIMITS.hearingMillis).length === 0;
  }

  /** Which of `regions` were not heard within `within` milliseconds before `now`. */
  due(regions: readonly RegionId[], now: EpochMillis, within: number): readonly RegionId[] {
    return regions.filter((region) => {
      const askedAt = this.#askedAt.get(region);
      // A clock that was set back makes the hearing void rather than long.
      return askedAt === undefined || now < askedAt || now - askedAt > within;
    });
  }
}
