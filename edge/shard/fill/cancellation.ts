// A request that is given up, as the tiers pass it on: what the platform's `AbortController` is, for code without a platform.
// The client of one request may go away (`gone`), or a flight that nobody waits for is abandoned. It decides nothing.

import type { CancelSignal } from "../../../origin/ports.ts";

export class Cancellation implements CancelSignal {
  readonly #listeners = new Set<() => void>();
  #aborted = false;

  get aborted(): boolean {
    return this.#aborted;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  /** Gives up; each listener hears of it once. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
