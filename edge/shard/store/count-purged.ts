// How many of a shard's entries new purges invalidate or make stale, for receipts. It looks at every entry.

import { PurgeSet, type Verdict } from "../../../control-plane/purge/purge-set.ts";
import type { PurgeNews } from "../../../control-plane/purge/wire.ts";
import type { Entry } from "./entry.ts";

const SEVERITY: Readonly<Record<Verdict, number>> = { alive: 0, soft: 1, hard: 2 };

/** Counts the entries that the records of `news` invalidate or make stale beyond what is already `known`. */
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
    if (SEVERITY[coming.verdict(target, seen)] > SEVERITY[known.verdict(target, seen)]) count += 1;
  }
  return count;
}
