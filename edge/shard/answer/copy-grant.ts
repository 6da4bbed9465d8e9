// Which answers an edge may keep a copy of: whole, fresh, small ones from the store, on routes that allow it, for what is requested
// again within a lease. A copy is released under the shard's own lease and ends with it, so it needs no news of purges
// (control-plane/purge/COMPLETE.md).

import { LIMITS } from "../../../config/limits.ts";
import type { EpochMillis } from "../../../config/units.ts";
import { EDGE_LIMITS } from "../../limits.ts";
import type { TierResponse } from "../../tier/tier.ts";
import type { ShardRequest } from "../request/shard-request.ts";
import type { EntryStore } from "../store/entries.ts";
import type { Entry } from "../store/entry.ts";

/** The answer from `entry`, and with it what an edge must know to keep a copy of it, if it may and if that is likely to pay. */
export function withCopy(
  { name, entries, now }: { readonly name: string; readonly entries: EntryStore; readonly now: () => EpochMillis },
  { request, route, standing, key }: ShardRequest,
  entry: Entry,
  answer: TierResponse,
): TierResponse {
  // A shield's answers go to shards, which keep entries: a copy of a copy would outlive the lease it came under.
  if (!route.edgeCopies || request.context.tier !== "shard" || standing.kind !== "leased") return answer;
  const askedBefore = now() - (entry.askedAt ?? Number.NEGATIVE_INFINITY);
  entry.askedAt = now();
  const { body } = answer;
  const isWhole = body.kind === "bytes" && body.bytes === entry.body && body.bytes.byteLength <= EDGE_LIMITS.copyBytes;
  if (!isWhole || askedBefore > LIMITS.leaseMillis) return answer;
  const copy = { vary: entries.varyOf(name, key) ?? [], terms: entry.response.terms };
  return { ...answer, facts: { ...answer.facts, copy } };
}
