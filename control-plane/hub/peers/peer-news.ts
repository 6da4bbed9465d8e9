// Builds the content of a message to another hub: the events that it lacks, as many as fit, and a base if it lacks dropped events.
// It only reads the log and derived state.

import type { RegionId } from "../../../config/world/regions.ts";
import { type Batch, lacking } from "../../gossip/exchange.ts";
import { areFew } from "../../gossip/fan-out.ts";
import type { PeerVectors } from "../../gossip/peer-vectors.ts";
import { coversAll, EMPTY_VECTOR, join, type Vector } from "../../purge/vector.ts";
import type { Base, ExchangeRequest } from "../../purge/wire.ts";
import { HUB_LIMITS } from "../limits.ts";
import type { Ledger } from "../log/ledger.ts";
import type { EventLog } from "../log/log.ts";

const BATCH = { events: HUB_LIMITS.gossipBatchEvents, bytes: HUB_LIMITS.gossipBatchBytes };

/** What a hub that knows `known` lacks of `upTo`: `base` first, then the events, which follow on it. */
export function newsFor(ledger: Ledger, log: EventLog, upTo: Vector, known: Vector): Batch & { readonly base?: Base } {
  const kept = ledger.base?.vector ?? EMPTY_VECTOR;
  const read = (hub: string, after: number, limit: number) => log.read(hub, after, limit);
  const batch = lacking(read, upTo, join(known, kept), BATCH);
  const base = coversAll(known, kept) ? undefined : ledger.baseToTell();
  return base === undefined ? batch : { ...batch, base };
}

/** What others are known to hold, in the form that suits their number. */
export function holdingsFor(
  held: PeerVectors,
  others: readonly RegionId[],
  vector: Vector,
  random: () => number,
): Pick<ExchangeRequest, "held" | "holders"> {
  if (areFew(others.length)) return { held: held.tell() };
  return { holders: held.tellHolders(vector, HUB_LIMITS.gossipHolders, random) };
}
