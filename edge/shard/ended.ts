// How many of a shard's entries news of purges end or make stale that were alive before. For receipts: a look at every entry.

import { PurgeSet } from "../../control-plane/purge/purge-set.ts";
import type { PurgeNews } from "../../control-plane/purge/wire.ts";
import type { Entry } from "./entries.ts";

/** Counts the entries, alive by what is `known`, that the records of `news` are about. */
export function countEnded(
  news: Pick<PurgeNews, "records">,
  entries: Iterable<Entry>,
  known: PurgeSet,
  canonicalUrls: (url: string) => readonly string[],
): number {
  const coming = new PurgeSet(canonicalUrls);
  coming.merge({ v: 1, vector: {}, records: news.records });
  let count = 0;
  for (const { target, seen } of entries) {
    if (coming.verdict(target, seen) !== "alive" && known.verdict(target, seen) === "alive") count += 1;
  }
  return count;
}
