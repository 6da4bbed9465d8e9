// The part of a hub's vector that is older than any message in flight. Newer events are still on their way from the accepting hub
// to the others, and need not be sent again. It stores two instants, not one per event: the result may be older than requested,
// never newer.

import type { EpochMillis } from "../../../config/units.ts";
import { EMPTY_VECTOR, type Vector } from "../../purge/vector.ts";
import { HUB_LIMITS } from "../limits.ts";

interface Mark {
  readonly at: EpochMillis;
  /** What was known then. */
  readonly vector: Vector;
}

export class SettledVector {
  readonly #now: () => EpochMillis;
  #older: Mark | undefined;
  #newer: Mark | undefined;
  #grewAt: EpochMillis | undefined;

  constructor(now: () => EpochMillis) {
    this.#now = now;
  }

  /** Something is about to be known beyond `vector`. */
  growing(vector: Vector): void {
    const now = this.#now();
    if (this.#newer === undefined || this.#isLong(this.#newer.at, now)) {
      this.#older = this.#newer;
      this.#newer = { at: now, vector };
    }
    this.#grewAt = now;
  }

  /** The part of `vector`, which is all that is known, that has been known for a while. */
  of(vector: Vector): Vector {
    const now = this.#now();
    if (this.#grewAt === undefined || this.#isLong(this.#grewAt, now)) return vector;
    if (this.#newer !== undefined && this.#isLong(this.#newer.at, now)) return this.#newer.vector;
    return this.#older?.vector ?? this.#newer?.vector ?? EMPTY_VECTOR;
  }

  /** What was known belonged to a log that is no more. */
  forget(): void {
    this.#older = undefined;
    this.#newer = undefined;
    this.#grewAt = undefined;
  }

  /** A clock that was set back makes nothing settle later than it would. */
  #isLong(at: EpochMillis, now: EpochMillis): boolean {
    return now < at || now - at >= HUB_LIMITS.gossipSettledMillis;
  }
}
