// What happens to an answer: it is stored while its readers read along, stored in segments, or relayed to its client without being
// stored. A stored response is stamped with the purges that were known when its origin fetch began (purge/COMPLETE.md). The shard
// pumps the body into a spool, so it is stored even if every reader leaves.

import type { Config, Route } from "../../../config/schema/schema.ts";
import { type EpochMillis, epochMillis, millis } from "../../../config/units.ts";
import { type PurgeTarget, purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import { pump } from "../../body/pump.ts";
import { neverSilent, silenceOf } from "../../body/silence-limit.ts";
import type { After, Body, ByteSource } from "../../body/source.ts";
import { Spool } from "../../body/spool.ts";
import type { ByteRange } from "../../http/range.ts";
import { tagsOf } from "../../http/tags.ts";
import type { Policy, StoredResponse } from "../../http/terms.ts";
import { learnable } from "../../http/withheld.ts";
import { EDGE_LIMITS } from "../../limits.ts";
import type { CacheKey } from "../../request/cache-key.ts";
import type { TierRequest, Upstream, UpstreamAnswer } from "../../tier/tier.ts";
import { ORIGIN_FAILURES } from "../answer/failures.ts";
import { SHARD_LIMITS } from "../limits.ts";
import type { Knowledge } from "../purges/purge-knowledge.ts";
import { isSettling } from "../purges/settling.ts";
import { inheritedUses } from "../request/demand.ts";
import type { LargeObjects } from "../segments/large-objects.ts";
import { segmentSetOf } from "../segments/segments.ts";
import type { EntryStore, ItemPlace } from "../store/entries.ts";
import { type Entry, type HitForMiss, isHead } from "../store/entry.ts";
import type { FillResult, Flight } from "./flight.ts";
import type { PartWanted } from "./part-wanted.ts";
import { PASSED, type SentFor, selection } from "./selection.ts";

/** One fill: for which request, and which stored response it may confirm. */
export interface Fill extends SentFor, CacheKey {
  readonly request: TierRequest;
  readonly route: Route;
  readonly policy: Policy;
  readonly vector: Vector;
  /** Whether the request is specific to one client (Authorization, or a cookie that is not in the key). */
  readonly personal: boolean;
  /** A stored response whose validators the next tier is asked to confirm; never one that a purge has invalidated. */
  readonly confirm: Entry | undefined;
  readonly flight: Pick<Flight, "invalidated"> & { spool: Spool | undefined };
  /** The range it asks for, if not the whole object. */
  readonly part?: PartWanted | undefined;
  /** The object keeps changing: relay it as one answer, or store it whole. */
  readonly unsegmented?: true | undefined;
}

export interface FillPorts {
  readonly config: Config;
  /** Name of the shard, under which the isolate's store lists its entries. */
  readonly name: string;
  readonly entries: EntryStore;
  readonly knowledge: Knowledge;
  readonly upstream: Upstream;
  readonly now: () => EpochMillis;
  readonly after: After;
  readonly large: LargeObjects;
  /** Larger objects than this, in bytes, are stored in segments where they can be. */
  readonly wholeUpTo: number;
  /** The body has ended, well or not: no request joins this flight any more. */
  readonly finished: (flight: Fill["flight"]) => void;
  /** An answer has shown what its URL's answers vary by, and the fill asks again with those fields. */
  readonly learned?: (vary: readonly string[]) => void;
}

/** An answer of the next tier, and what was known of purges when its fetch began. */
export interface Fetched {
  readonly answer: UpstreamAnswer;
  readonly seen: Vector;
}

/** Not stored. All waiting requests share an origin's error, read whole if it is small; anything else is one client's own. */
export async function relayed(
  ports: FillPorts,
  fill: Fill,
  { answer, seen }: Fetched,
  { reason, isForAll }: { readonly reason: string; readonly isForAll: boolean },
): Promise<FillResult> {
  ports.finished(fill.flight);
  const { vary, variant, passes } = selection(ports, fill, answer);
  // What answers one client's credentials says nothing about other clients: it neither replaces their entry nor stops them sharing.
  if (fill.request.method === "GET" && !isForAll && !fill.personal) {
    const until = epochMillis(ports.now() + SHARD_LIMITS.hitForMissMillis);
    const marker: HitForMiss = {
      kind: "hit-for-miss",
      until,
      seen,
      target: purgeTarget(fill.url, tagsOf(answer.fields)),
    };
    if (!fill.flight.invalidated)
      ports.entries.put(placeOf(ports, fill, { vary, variant: passes ? PASSED : variant }), marker);
  }
  if (passes)
    return { kind: "relay", answer, seen, shared: false, reason: "vary-withheld", vary, withheld: fill.withheld };
  if (!isForAll || answer.body.kind !== "stream") return { kind: "relay", answer, seen, shared: isForAll, reason };
  const { length } = answer.body;
  if (length === undefined || length > SHARD_LIMITS.sharedErrorBytes)
    return { kind: "relay", answer, seen, shared: false, reason };
  const spool = new Spool("whole");
  await pump(ports.after, sourceOf(ports, fill, answer.body), spool, length);
  const bytes = spool.whole ? spool.bytes() : undefined;
  spool.release();
  if (bytes === undefined) return { kind: "failed", failure: ORIGIN_FAILURES.errorBroken };
  return { kind: "relay", answer: { ...answer, body: { kind: "bytes", bytes } }, seen, shared: true, reason };
}

/** Stored: requests may read along from now on, and once the body is whole it becomes an entry. */
export function kept(
  ports: FillPorts,
  fill: Fill,
  fetched: Fetched,
  response: StoredResponse,
): FillResult & { kind: "kept" } {
  const { answer } = fetched;
  const total = answer.body.kind === "stream" ? answer.body.length : undefined;
  const whole = listing(ports, fill, fetched, response, { total });
  const { entry, store, ...listed } = whole;
  if (answer.body.kind === "stream" && isHead(entry)) {
    return keptInSegments(ports, fill, whole, { answer, covered: { first: 0, last: entry.segments.total - 1 } });
  }
  if (answer.body.kind !== "stream") {
    const body = answer.body.kind === "bytes" ? answer.body.bytes : undefined;
    store(body);
    ports.finished(fill.flight);
    return { kind: "kept", ...listed, entry: { ...entry, body }, spool: undefined, answer };
  }
  const { length } = answer.body;
  const spool = new Spool(length !== undefined && length > EDGE_LIMITS.entryBytes ? "unread" : "whole");
  fill.flight.spool = spool;
  // A "no-cache" response may answer the requests that wait for it, but none that arrives after the origin has answered (RFC 9111
  // section 5.2.2.4). The same holds for what an origin answers while it settles.
  if (response.terms.alwaysRevalidate || listed.settling) ports.finished(fill.flight);
  const source = sourceOf(ports, fill, answer.body);
  const readersCanAttach = spool.abandoned ? turn(ports) : Promise.resolve();
  let body: Uint8Array | undefined;
  void readersCanAttach
    .then(() => pump(ports.after, source, spool, length))
    .then(() => {
      if (spool.whole) {
        body = spool.bytes();
        store(body);
      }
      ports.finished(fill.flight);
      spool.release();
    });
  return { kind: "kept", ...listed, entry, spool, wholeBody: () => body, answer };
}

/** A large object: its head becomes an entry at once, and its body (`covered`) is cut into segments for their owners as it passes. */
export function keptInSegments(
  ports: FillPorts,
  fill: Fill,
  { entry, store, ...listed }: Listing,
  { answer, covered }: { readonly answer: UpstreamAnswer; readonly covered: ByteRange },
): FillResult & { kind: "kept" } {
  store(undefined);
  ports.finished(fill.flight);
  if (answer.body.kind === "stream" && isHead(entry)) {
    // The origin was asked for a range and sent everything: it ignores ranges, at least sometimes.
    if (answer.status === 200 && fill.part?.kind === "aligned") ports.large.noticeUnranged(fill, entry);
    ports.large.pass(fill, entry, sourceOf(ports, fill, answer.body), covered);
  }
  return { kind: "kept", ...listed, entry, settling: false, spool: undefined, answer };
}

/** The bytes of a body that is arriving. If it is silent for too long it fails. */
export const sourceOf = (ports: FillPorts, { route }: Fill, body: Body & { kind: "stream" }): ByteSource =>
  neverSilent(body.open(), silenceOf(ports.config.origins[route.origin]), ports.after);

/** The next turn of the event loop: by then all waiting requests have the result and have attached to its body. */
const turn = (ports: FillPorts): Promise<void> =>
  new Promise((resolve) => {
    ports.after(millis(0), resolve);
  });

const placeOf = (
  { name }: FillPorts,
  { key, url }: Fill,
  selected: { readonly vary: readonly string[]; readonly variant: string },
): ItemPlace => ({ shard: name, key, url, ...selected });

export type Listing = ReturnType<typeof listing>;

/** The entry that a response becomes, and how to store it; `form` says its total length, or where its body is. */
export function listing(
  ports: FillPorts,
  fill: Fill,
  { answer, seen }: Fetched,
  response: StoredResponse,
  form: { readonly total?: number | undefined } & Pick<Entry, "segments" | "part">,
) {
  const tags = tagsOf(response.fields);
  const target: PurgeTarget = purgeTarget(fill.url, tags);
  const { vary, variant } = selection(ports, fill, { fields: response.fields, facts: answer.facts });
  const settling = isSettling(ports.knowledge, target, response.fields, answer);
  const mayBeCut = !settling && response.status === 200 && !fill.personal && fill.unsegmented === undefined;
  const selecting = learnable(fill.route, vary);
  const of = { variant, tags, ...(selecting.length === 0 ? {} : { selecting }) };
  const cut = mayBeCut ? segmentSetOf(response.fields, form.total, ports.wholeUpTo, of) : undefined;
  const segments = form.segments ?? cut;
  const entry: Entry = {
    kind: "entry",
    response,
    body: undefined,
    ...(segments === undefined ? {} : { segments }),
    ...(form.part === undefined ? {} : { part: form.part }),
    seen,
    target,
    storedAt: ports.now(),
    checkedVersion: -1,
    uses: inheritedUses(fill.request.context.demand),
  };
  const store = (body: Uint8Array | undefined): void => {
    if (settling || fill.flight.invalidated || ports.knowledge.purges.verdict(target, entry.seen) === "hard") return;
    ports.entries.put(placeOf(ports, fill, { vary, variant }), { ...entry, body });
  };
  return { entry, vary, variant, settling, withheld: fill.withheld, store };
}
