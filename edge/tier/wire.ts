// The messages between tiers, in addition to the HTTP message itself: a request's context downward (edge -> shard -> shield) and a
// response's facts upward. Each travels as one JSON field that clients can neither send nor see. Facts are absolute (when a
// response was born, what purges were known when its origin fetch began), never a relative age that could pass for fresh.

import type { Bytes, EpochMillis, Millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { Vector } from "../../control-plane/purge/vector.ts";
import type { Terms } from "../http/terms.ts";

export const CONTEXT_FIELD = "meridian-internal-context";
export const FACTS_FIELD = "meridian-internal-facts";

/** Which tier a request is for: `shard` faces clients and may serve stale; `shield` faces shards, never stale, and asks the origin. */
export type Tier = "shard" | "shield";

export interface RequestContext {
  readonly v: 1;
  readonly tier: Tier;
  /** The client's URL, normalised; the request line's URL is the address of a node. */
  readonly url: string;
  readonly route: string;
  /** No cache takes part: the route, the method or what is asked for forbids it. */
  readonly passes: boolean;
  /** Version of the ring by which the sender chose the owner. */
  readonly ring: string;
  /** What purges the sender knows, joined with what the client demanded. */
  readonly vector: Vector;
  /** The client's address and country, for forwarding fields and keys. */
  readonly client: {
    readonly address?: string;
    readonly country?: string;
    readonly scheme: "http" | "https";
    readonly host: string;
  };
  readonly requestId: string;
  /** Time that the sender still gives to the answer's header. */
  readonly budgetMillis: Millis;
  /** Regions that already had their part in this request: it never goes round. */
  readonly visited: readonly RegionId[];
  /** How much the answer is wanted; absent where nothing is known of that. */
  readonly demand?: Demand;
  /** Asks the segment's owner for one segment of a large object, and nothing else of it. */
  readonly segment?: SegmentAsked;
}

/** What each tier took, for `Server-Timing`. */
export type Timings = Readonly<Partial<Record<"route" | "shard" | "shield" | "origin", Millis>>>;

/** What became of a request at the tier that answers it, and which tier's knowledge the answer is. For metrics. */
export interface Answered {
  readonly outcome: "hit" | "partial" | "stale" | "revalidated" | "miss" | "collapsed" | "bypass" | "error";
  readonly by: "edge" | "shard" | "shield" | "origin" | "none";
}

/** Lets the edge keep a copy of an answer for as long as it is `validFor`, and says what it must know for that. */
export interface CopyGrant {
  /** Request fields that select variants of its key, sorted. */
  readonly vary: readonly string[];
  readonly terms: Terms;
}

export interface ResponseFacts {
  readonly v: 1;
  readonly answered: Answered;
  /** Cache-Status members of the tiers passed so far, origin side first (RFC 9211). */
  readonly cacheStatus: readonly string[];
  /**
   * The vector that was known when the origin fetch began (`seen`), raised to what the asker knows where that changes nothing
   * (stamp.ts). Absent on responses that no cache had a part in.
   */
  readonly seen?: Vector;
  /** When the response would have had age 0: its time of receipt less its initial age (RFC 9111 section 4.2.3). */
  readonly bornAt?: EpochMillis;
  /**
   * How long the answer may still be released, counted by the receiver from before it asked: what was left of the lease
   * under which it was. Absent on what needs none.
   */
  readonly validFor?: Millis;
  /** The edge may answer others from this answer while it is valid. */
  readonly copy?: CopyGrant;
  /** Request fields by which the answering tier selected it: a tier that stores it must select by them as well. Sorted. */
  readonly selectedBy?: readonly string[];
  /** Request fields that the answer varies by and that the origin is not sent on shared fills, if the request had any. */
  readonly withheld?: readonly string[];
  /** What the answering tier knew of purges at release. */
  readonly vector?: Vector;
  readonly drained?: readonly RegionId[];
  readonly timings: Timings;
  /** A purge gives the origin time to settle: no tier below may keep it, but all who wait for it may have it. */
  readonly settling?: true;
  /** The shard counts what of it was stored and what was fetched, for it knows only at the end. */
  readonly inSegments?: true;
  /** Set on answers that no tier below may store or share. */
  readonly personal?: true;
}

/** A tier that is behind its caller's vector and could not catch up answers 409 with this; the caller sends what it lacks to `/apply`. */
export interface BehindResponse {
  readonly v: 1;
  readonly vector: Vector;
}

/** What a shard holds and does now, `GET /stats`. */
export interface ShardStats {
  readonly v: 1;
  readonly entries: number;
  readonly bytes: Bytes;
  readonly flights: number;
  /** Bytes of unfinished bodies in the whole isolate. */
  readonly spooledBytes: Bytes;
}

/** How urgently a tier needs an answer. */
export interface Demand {
  /** How often the stored response was used that the answer will replace, half of its predecessor's uses among them. */
  readonly uses: number;
  /** Whether a client waits for it; if not, it is a refresh of what is served meanwhile. */
  readonly waits: boolean;
}

/** A set of segments: all that its head knows of them. */
export interface SegmentSet {
  /** Bytes of the whole object. */
  readonly total: number;
  /** Bytes of each segment but the last, which has what is left. */
  readonly size: number;
  /** The strong entity tag that every segment must have. */
  readonly etag: string;
  /** The variant that its head is stored under: servers give one tag to several languages. */
  readonly variant: string;
  /** The fields that select that variant in addition to the route's own; the origin must be sent them for every segment. */
  readonly selecting?: readonly string[];
  /** The head's tags: parts come without most fields (RFC 9110 section 15.3.7), and purges must find them. */
  readonly tags: readonly string[];
}

/** One segment of a set, as tiers ask each other for it. */
export interface SegmentAsked extends SegmentSet {
  readonly index: number;
  /** Its owner is to answer from its store or not at all: the asking shard takes the bytes from a whole body otherwise. */
  readonly onlyStored?: true;
}
