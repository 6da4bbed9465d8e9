// Which hubs this hub has heard, and until when it may therefore grant leases (COMPLETE.md, rule 4). A hub grants leases only while it
// has heard every other hub recently: by a question and its answer, counted from before the question, and only once it holds all
// that the answer named. So a purge that was accepted elsewhere is known here before leases that ignore it can be renewed. A
// message that merely arrived proves nothing: it may have been under way for long. What another hub has heard counts too, for a
// hub that holds all that it holds: from as long before this hub's question as that hub says that its own question was. Its
// answer was sent after this hub asked, so that is never too late.

import { type EpochMillis, epochMillis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { HeardAges } from "../../purge/wire.ts";
import { HUB_LIMITS } from "../limits.ts";

export class Hearing {
  readonly #askedAt = new Map<RegionId, EpochMillis>();

  /** `region`'s hub answered a question that was asked at `askedAt`, and all that it knew is held here. */
  heard(region: RegionId, askedAt: EpochMillis): void {
    const before = this.#askedAt.get(region);
    if (before === undefined || askedAt > before) this.#askedAt.set(region, askedAt);
  }

  /**
   * A hub that was asked at `askedAt`, and all of whose knowledge is held here, said how long ago it had asked others that
   * then answered.
   */
  told(heard: HeardAges, askedAt: EpochMillis): void {
    for (const [region, age] of Object.entries(heard)) {
      // mutant: hearsay-counts-anew
      const otherAskedAt = askedAt - age;
      this.heard(region as RegionId, epochMillis(otherAskedAt));
    }
  }

  /** How long ago each region was asked that has been heard, for telling others; of those that still count. */
  ages(now: EpochMillis): HeardAges {
    const live = [...this.#askedAt].filter(([region]) => this.isLive([region], now));
    return Object.fromEntries(live.map(([region, askedAt]) => [region, millis(now - askedAt)]));
  }

  /** What was heard was heard by a log that is no more. */
  forget(): void {
    this.#askedAt.clear();
  }

  /** Whether a region was heard by a question that was asked at `at` or later. */
  isHeardSince(region: RegionId, at: EpochMillis): boolean {
    return (this.#askedAt.get(region) ?? Number.NEGATIVE_INFINITY) >= at;
  }

  /** Whether all of `regions` were heard so recently that leases may be granted at `now`. */
  isLive(regions: readonly RegionId[], now: EpochMillis): boolean {
    return this.due(regions, now, HUB_LIMITS.hearingMillis).length === 0;
  }

  /** Which of `regions` were not heard within `within` milliseconds before `now`. */
  due(regions: readonly RegionId[], now: EpochMillis, within: number): readonly RegionId[] {
    return regions.filter((region) => {
      const askedAt = this.#askedAt.get(region);
      // A clock that was set back makes the hearing void rather than long.
      // mutant: hearing-for-ever
      return askedAt === undefined || now < askedAt || now - askedAt > within;
    });
  }
}
