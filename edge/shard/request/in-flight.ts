// Coalescing: later requests join work that is under way instead of repeating it. Fills, segments and codings share this one
// mechanism. It knows keys and work, and nothing of HTTP or purges: its owner decides whether a request may still join.

import type { Millis } from "../../../config/units.ts";
import type { CancelSignal } from "../../../origin/ports.ts";
import type { After } from "../../body/source.ts";

export class InFlight<Key, Work extends object> {
  readonly #most: number;
  readonly #mayJoin: (work: Work) => boolean;
  readonly #byKey = new Map<Key, Work>();
  /** All work under way, with the keys it was listed under, even where newer work has replaced it. */
  readonly #keysOf = new Map<Work, Key[]>();

  /** At most `most` pieces of work at once. `mayJoin` is asked about each piece before a request joins it. */
  constructor(most: number, mayJoin: (work: Work) => boolean) {
    this.#most = most;
    this.#mayJoin = mayJoin;
  }

  get size(): number {
    return this.#keysOf.size;
  }

  get isFull(): boolean {
    return this.#keysOf.size >= this.#most;
  }

  has(work: Work): boolean {
    return this.#keysOf.has(work);
  }

  /** Everything under way, in the order in which it began. */
  [Symbol.iterator](): IterableIterator<Work> {
    return this.#keysOf.keys();
  }

  /** The work under way for a key, if a request may join it now. */
  find(key: Key): Work | undefined {
    const work = this.#byKey.get(key);
    return work !== undefined && this.#mayJoin(work) ? work : undefined;
  }

  /** Lists work under a key and replaces older work there. Work may have any number of keys. */
  list(work: Work, key: Key): void {
    this.#byKey.set(key, work);
    const keys = this.#keysOf.get(work);
    if (keys === undefined) this.#keysOf.set(work, [key]);
    else keys.push(key);
  }

  /** Adds work that no request can find, but that counts until it ends. */
  add(work: Work): void {
    this.#keysOf.set(work, []);
  }

  /** Removes work that has ended. Newer work under the same keys stays. */
  end(work: Work): void {
    for (const key of this.#keysOf.get(work) ?? []) if (this.#byKey.get(key) === work) this.#byKey.delete(key);
    this.#keysOf.delete(work);
  }

  /** Makes everything under way unfindable. It still counts until it ends. */
  hideAll(): void {
    this.#byKey.clear();
  }
}

/**
 * Resolves to what `head` resolves to, or to undefined once `patience` has run out or the request's client is `gone`. Each waiting
 * request has a deadline of its own.
 */
export function waitFor<Landed>(
  head: Promise<Landed>,
  patience: Millis,
  after: After,
  gone?: CancelSignal,
): Promise<Landed | undefined> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      cancel();
      resolve(undefined);
    };
    const stopTimer = after(patience, leave);
    const cancel = () => {
      stopTimer();
      gone?.removeEventListener("abort", leave);
    };
    if (gone?.aborted) return leave();
    gone?.addEventListener("abort", leave);
    head.then(
      (landed) => {
        cancel();
        resolve(landed);
      },
      (cause) => {
        cancel();
        reject(cause);
      },
    );
  });
}
