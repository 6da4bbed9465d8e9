// Records purges that are complete in every region. Completion is permanent, regardless of later losses, so it is stored: a restarted
// hub no longer knows since when it has had a purge, and would report it as only applied for a while.

import type { EpochMillis } from "../../../config/units.ts";
import { type Dot, formatDot } from "../../purge/vector.ts";
import { HUB_LIMITS } from "../limits.ts";
import type { EventLog } from "../log/log.ts";

export class Completions {
  readonly #log: EventLog;
  /** What the log says of purges that were looked at, those looked at last at the end. */
  readonly #known = new Map<string, EpochMillis | undefined>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** When the purge at `dot` was complete, by whichever hub's clock said so first; undefined if it is not known to be. */
  at(dot: Dot): EpochMillis | undefined {
    const key = formatDot(dot);
    if (!this.#known.has(key)) this.#keep(key, this.#log.completeAt(dot));
    return this.#known.get(key);
  }

  /** It is complete since `at`: said once, and kept. */
  note(dot: Dot, at: EpochMillis): void {
    if (this.at(dot) !== undefined) return;
    this.#log.markComplete(dot, at);
    // A log that was cut meanwhile does not take it; waiting requests get the answer all the same.
    this.#keep(formatDot(dot), this.#log.completeAt(dot) ?? at);
  }

  /** The log was given up. */
  clear(): void {
    this.#known.clear();
  }

  #keep(key: string, at: EpochMillis | undefined): void {
    this.#known.delete(key);
    this.#known.set(key, at);
    const [oldest] = this.#known.keys();
    if (this.#known.size > HUB_LIMITS.receiptsRemembered && oldest !== undefined) this.#known.delete(oldest);
  }
}
