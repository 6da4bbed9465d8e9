// An index of the scopes that changed beyond a vector: for each hub its dots in order, each with the scope that it purged. Hubs and
// shards exchange changes hundreds of times a second, out of tens of thousands of scopes. A scope that is purged again leaves its
// earlier dot in the index; callers check the scope's current state, and rebuilding after `clear` removes such leftovers.

import type { HubId, Vector } from "./vector.ts";

interface Listed {
  readonly counter: number;
  readonly key: string;
}

interface HubList {
  readonly dots: Listed[];
  isSorted: boolean;
}

export class DotIndex {
  readonly #byHub = new Map<HubId, HubList>();
  #size = 0;

  /** How many dots are listed, leftovers among them. */
  get size(): number {
    return this.#size;
  }

  /** Lists what `now` has beyond `before` under `key`. */
  add(key: string, before: Vector, now: Vector): void {
    if (before === now) return;
    for (const hub in now) {
      const counter = now[hub] as number;
      if (counter === (before[hub] ?? 0)) continue;
      const list = this.#listOf(hub);
      // Events arrive nearly in order; the next query sorts those that do not.
      if (counter < (list.dots.at(-1)?.counter ?? 0)) list.isSorted = false;
      list.dots.push({ counter, key });
      this.#size += 1;
    }
  }

  /** Keys of all scopes that may have a dot beyond `vector`, each once, by hub and then in the order of its log. */
  beyond(vector: Vector): ReadonlySet<string> {
    const keys = new Set<string>();
    for (const [hub, list] of this.#byHub) {
      if (!list.isSorted) {
        list.dots.sort((one, other) => one.counter - other.counter);
        list.isSorted = true;
      }
      const { dots } = list;
      for (let at = firstBeyond(dots, vector[hub] ?? 0); at < dots.length; at += 1) keys.add((dots[at] as Listed).key);
    }
    return keys;
  }

  clear(): void {
    this.#byHub.clear();
    this.#size = 0;
  }

  #listOf(hub: HubId): HubList {
    let list = this.#byHub.get(hub);
    if (list === undefined) {
      list = { dots: [], isSorted: true };
      this.#byHub.set(hub, list);
    }
    return list;
  }
}

/** Where the first dot beyond `counter` stands. */
function firstBeyond(dots: readonly Listed[], counter: number): number {
  let low = 0;
  let high = dots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((dots[middle] as Listed).counter > counter) high = middle;
    else low = middle + 1;
  }
  return low;
}
