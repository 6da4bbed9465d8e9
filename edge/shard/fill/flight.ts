// A fill that several requests share. It belongs to the shard, not to the request that began it: whoever began it may go
// away. A request joins unless a purge that matches it is newer than what the flight knew when it began; purges of other
// things never split a flight. Tags are known only from the answer, so each request checks those itself at release.

import type { PurgeSet, PurgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import type { Spool } from "../../body/spool.ts";
import type { UpstreamAnswer, UpstreamFailure } from "../../tier/tier.ts";
import type { Entry } from "../store/entry.ts";

/** How a flight ended, known as soon as its answer's head is. */
export type FillResult =
  /** The response is being kept: all who wait may have it. `spool` is the body while it is still coming. */
  | {
      readonly kind: "kept";
      readonly entry: Entry;
      /** Which request fields selected it, and their values as one key. */
      readonly vary: readonly string[];
      readonly variant: string;
      /** It is only called kept: a purge gives its origin time to settle, so it is for those who wait, here and below. */
      readonly settling: boolean;
      /** Request fields that it varies by and that are not sent on shared fills. */
      readonly withheld?: readonly string[] | undefined;
      readonly spool: Spool | undefined;
      readonly answer: UpstreamAnswer;
    }
  /** The response is for the one who began the flight alone, or for all who already wait if `shared`. */
  | {
      readonly kind: "relay";
      readonly answer: UpstreamAnswer;
      readonly seen: Vector;
      readonly shared: boolean;
      readonly reason: string;
      /** See above. */
      readonly withheld?: readonly string[] | undefined;
      /** What the URL's answers vary by, where this one is its client's alone for that. */
      readonly vary?: readonly string[] | undefined;
    }
  | { readonly kind: "failed"; readonly failure: UpstreamFailure };

export interface Flight {
  /** The canonical URL, for invalidation by unsafe methods. */
  readonly url: string;
  /** What was known of purges when it began: the stamp of what it brings. */
  readonly vector: Vector;
  readonly head: Promise<FillResult>;
  /** Requests that wait for its head. */
  waiting: number;
  /** Nobody waited for it, so its question was given up: nobody joins any more. */
  abandoned: boolean;
  /** An unsafe method changed the resource meanwhile: nobody joins any more and nothing is kept. */
  invalidated: boolean;
  /** Whether others may find it; else it is one client's own. */
  readonly shared: boolean;
  /** Gives up its question, unless its head has come. */
  readonly abandon: () => void;
  /** Its body, once there is one. */
  spool: Spool | undefined;
}

/** Whether a request for `target` may share `flight`, by all that is known of purges now. */
export function mayJoin(flight: Flight, target: PurgeTarget, purges: PurgeSet): boolean {
  if (flight.invalidated || flight.abandoned || (flight.spool !== undefined && !flight.spool.joinable)) return false;
  // mutant: join-any-flight
  return purges.verdict(target, flight.vector) === "alive";
}
