// A fill that several requests share. It belongs to the shard, not to the request that began it, whose client may leave. A request
// joins unless a matching purge is newer than what the flight knew when it began; purges of other objects never split a flight. Tags
// are known only from the answer, so each request checks them itself at release.

import type { PurgeSet, PurgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import type { Spool } from "../../body/spool.ts";
import type { UpstreamAnswer, UpstreamFailure } from "../../tier/tier.ts";
import type { Entry } from "../store/entry.ts";

/** The result of a fill, known as soon as its answer's head is. */
export type FillResult =
  /** The response is being stored: all waiting requests may use it. `spool` is the body while it is still arriving. */
  | {
      readonly kind: "kept";
      readonly entry: Entry;
      /** Which request fields selected it, and their values as one text. */
      readonly vary: readonly string[];
      readonly variant: string;
      /** It is not stored after all, because a purge lets its origin settle: it only answers the requests that wait, here and below. */
      readonly settling: boolean;
      /** Request fields that it varies by and that are not sent on shared fills. */
      readonly withheld?: readonly string[] | undefined;
      readonly spool: Spool | undefined;
      /** The body once it has arrived whole and the spool has released it. */
      readonly wholeBody?: () => Uint8Array | undefined;
      readonly answer: UpstreamAnswer;
    }
  /** The response is for the request that began the flight, or for all that wait already if `shared`. */
  | {
      readonly kind: "relay";
      readonly answer: UpstreamAnswer;
      readonly seen: Vector;
      readonly shared: boolean;
      readonly reason: string;
      /** See above. */
      readonly withheld?: readonly string[] | undefined;
      /** What the URL's answers vary by, if that makes this one its client's own. */
      readonly vary?: readonly string[] | undefined;
    }
  | { readonly kind: "failed"; readonly failure: UpstreamFailure };

export interface Flight {
  /** The canonical URL, by which unsafe methods invalidate. */
  readonly url: string;
  /** What was known of purges when it began: the stamp of what it fetches. */
  readonly vector: Vector;
  readonly head: Promise<FillResult>;
  /** Requests that wait for its head. */
  waiting: number;
  /** No request waited for it, so it was cancelled: no request joins any more. */
  abandoned: boolean;
  /** An unsafe method changed the resource meanwhile: no request joins any more and nothing is stored. */
  invalidated: boolean;
  /** Whether other requests may find it; if not, it is one client's own. */
  readonly shared: boolean;
  /** Cancels its request, unless the head has arrived. */
  readonly abandon: () => void;
  /** Its body, once there is one. */
  spool: Spool | undefined;
}

/** A result whose body has arrived whole meanwhile, with that body: the store may have evicted it already. */
export function withWholeBody(result: FillResult): FillResult {
  if (result.kind !== "kept" || result.spool === undefined || result.spool.joinable) return result;
  const body = result.wholeBody?.();
  return body === undefined ? result : { ...result, entry: { ...result.entry, body }, spool: undefined };
}

/** Whether a request for `target` may share `flight`, by all purges known now. */
export function mayJoin(flight: Flight, target: PurgeTarget, purges: PurgeSet): boolean {
  if (flight.invalidated || flight.abandoned || (flight.spool !== undefined && !flight.spool.joinable)) return false;
  // mutant: join-any-flight
  return purges.verdict(target, flight.vector) === "alive";
}
