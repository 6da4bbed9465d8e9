// Counts the entries that each purge invalidated or marked stale in the region's shards: known if every shard, in use or not, was
// notified of this purge alone and counted. Counting makes a shard scan all its entries, and wakes an idle one, so at most one
// purge a second is counted. The count is information for people, not part of any guarantee.

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

  /** The purge whose entries a shard should count when it is about to be sent these. */
  counted(purges: readonly Dot[]): Dot | undefined {
    const [only, ...more] = purges;
    return only !== undefined && more.length === 0 && this.#counts.has(formatDot(only)) ? only : undefined;
  }

  /** A shard has counted; one that is sent it again and counts again adds nothing. */
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
