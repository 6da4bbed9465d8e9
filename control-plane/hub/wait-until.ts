// Lets a request wait for a condition of the hub, with a timeout. The condition is evaluated whenever the hub reports a change, and
// once more at the end: nothing polls, and no wake-up is lost, since evaluating and starting to wait are one synchronous step.

import type { Millis } from "../../config/units.ts";
import type { Timer } from "./ports.ts";

export class Condition {
  readonly #waiting = new Set<() => void>();
  readonly #timer: (duration: Millis) => Timer;

  constructor(timer: (duration: Millis) => Timer) {
    this.#timer = timer;
  }

  /** Something changed: everybody who waits looks again. */
  notify(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Waits until `holds`, at most for `duration`; answers whether it holds then. */
  async until(holds: () => boolean, duration: Millis): Promise<boolean> {
    if (holds()) return true;
    if (duration <= 0) return false;
    const timer = this.#timer(duration);
    let look: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      look = () => {
        if (holds()) resolve();
      };
      this.#waiting.add(look);
    });
    try {
      await Promise.race([held, timer.done]);
    } finally {
      timer.cancel();
      this.#waiting.delete(look);
    }
    return holds();
  }
}
