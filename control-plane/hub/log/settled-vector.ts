// What a hub has known for a while, of all that it knows. What it learned just now is still on its way from whoever accepted it to
// the others, and need not be told twice; what has been here for longer than any message is under way they would have by now.
// Two instants are remembered, not one for each event: the answer is older than asked for, never younger.

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
