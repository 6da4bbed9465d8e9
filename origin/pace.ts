// Enforces a minimum rate of a body: a number of bytes per time spent waiting for its sender. Time without a pending read does not
// count, so a sender is never blamed for a slow reader. A burst earns no credit for a later pause.
// It keeps no timer and reads no clock. Web servers limit uploads alike (Apache's `RequestReadTimeout`,
// Kestrel's `MinRequestBodyDataRate`).

import { LIMITS } from "../config/limits.ts";
import { type Millis, millis } from "../config/units.ts";

/** `bytes` within every `within` of waiting. */
export interface LeastRate {
  readonly bytes: number;
  readonly within: Millis;
}

/** What uploads must keep, and answers that keep a turn. */
const LEAST_RATE: LeastRate = { bytes: LIMITS.leastRateBytes, within: millis(LIMITS.leastRateMillis) };

export class Pace {
  readonly #rate: LeastRate;
  #bytes = 0;
  #waited = 0;

  constructor(rate = LEAST_RATE) {
    this.#rate = rate;
  }

  /** How much longer the sender may be waited for before the body is too slow. */
  get left(): Millis {
    return millis(Math.max(0, this.#rate.within - this.#waited));
  }

  /** The sender was waited for this long, and then sent so many bytes. */
  add(waited: Millis, bytes: number): "in-time" | "too-slow" {
    this.#waited += waited;
    this.#bytes += bytes;
    if (this.#waited >= this.#rate.within) return "too-slow";
    if (this.#bytes >= this.#rate.bytes) {
      this.#bytes = 0;
      this.#waited = 0;
    }
    return "in-time";
  }
}
