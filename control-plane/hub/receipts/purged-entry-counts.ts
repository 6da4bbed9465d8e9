// How many entries each purge ended or made stale in the region's shards, where that is known: where every shard, in use or
// not, has counted when it was told of this purge alone. Counting costs a shard a look at every entry, and one that sleeps its
// rest, so it is done for one purge a second; where they come faster nobody counts. It is for people to see what they hit, and
// no part of any promise.

import type { EpochMillis } from "../../../config/units.ts";
import { type Dot, formatDot } from "../../purge/vector.ts";
import { HUB_LIMITS } from "../limits.ts";

interface Count {
  readonly shards: Set<number>;
  entries: number;
}

export class EndedEntries {
  readonly #shards: number;
  /** By purge, those that were begun last at the end. */
  readonly #counts = new Map<string, Count>();
  #begunAt: EpochMillis | undefined;

  /** `shards`: how many the region has. */
  constructor(shards: number) {
    this.#shards = shards;
  }

  /** Whether the entries are to be counted that these purges end, which have just become known. */
  begin(purges: readonly Dot[], now: EpochMillis): boolean {
    const [only, ...more] = purges;
    if (only === undefined || more.length > 0) return false;
    if (this.#begunAt !== undefined && now - this.#begunAt < HUB_LIMITS.countEndedMillis) return false;
    this.#begunAt = now;
    this.#counts.set(formatDot(only), { shards: new Set(), entries: 0 });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > HUB_LIMITS.receiptsRemembered && oldest !== undefined) this.#counts.delete(oldest);
    return true;
  }

  /** The purge that a shard is to count which is about to be told of these. */
  counted(purges: readonly Dot[]): Dot | undefined {
    const [only, ...more] = purges;
    return only !== undefined && more.length === 0 && this.#counts.has(formatDot(only)) ? only : undefined;
  }

  /** A shard has counted; one that is told again and counts again has nothing to add. */
  note(dot: Dot, shard: number, entries: number): void {
    const count = this.#counts.get(formatDot(dot));
    if (count === undefined || count.shards.has(shard)) return;
    count.shards.add(shard);
    count.entries += entries;
  }

  of(dot: Dot): number | undefined {
    const count = this.#counts.get(formatDot(dot));
    return count?.shards.size === this.#shards ? count.entries : undefined;
  }
}
