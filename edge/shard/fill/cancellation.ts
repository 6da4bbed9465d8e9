// Cancels a request across tiers: the platform's `AbortController` for code without a platform. A request is cancelled when its
// client leaves (`gone`), or when a flight is abandoned. It decides nothing.

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

  /** Cancels; each listener is called once. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
