// What one look at the store finds for a request, and how that and the result of a fill read in `Cache-Status` (RFC 9211).

import { type Millis, millis } from "../../../config/units.ts";
import type { Outcome } from "../../http/cache-status.ts";
import type { Reuse } from "../../http/reuse.ts";
import type { UpstreamAnswer } from "../../tier/tier.ts";
import type { Entry } from "../store/entry.ts";
import type { ShardRequest } from "./shard-request.ts";

/** What is stored for a request, and what may be done with it. */
export type Found =
  | { readonly kind: "entry"; readonly entry: Entry; readonly reuse: Reuse }
  | { readonly kind: "hit-for-miss" }
  /** `uses`: how often the purged response was used. */
  | { readonly kind: "miss"; readonly reason: "uri-miss" | "vary-miss"; readonly uses?: number };

/** Why the next tier was asked, as `Cache-Status` names it. */
export type Why = "uri-miss" | "vary-miss" | "stale" | "request" | "partial" | "collapsed";

/** How often the stored response was used, whether it is purged or only stale. */
export const usesOf = (found: Found): number | undefined =>
  found.kind === "entry" ? found.entry.uses : found.kind === "miss" ? found.uses : undefined;

/** Why a request with this lookup result is forwarded to the next tier. */
export function whyAsked(found: Found): Exclude<Why, "collapsed"> {
  switch (found.kind) {
    case "miss":
      return found.reason;
    case "hit-for-miss":
      return "uri-miss";
    case "entry":
      if (found.entry.part !== undefined && found.reuse.kind !== "revalidate") return "partial";
      return found.reuse.kind === "revalidate" && found.reuse.reason === "request" ? "request" : "stale";
  }
}

/**
 * An outcome with what is known at release: the freshness left of a response that was just stored, the key on routes that show it
 * (RFC 9211 sections 2.3 and 2.6), and `detail` if the response goes out without a lease.
 */
export function withDetails(
  outcome: Outcome,
  { key, route, standing }: Pick<ShardRequest, "key" | "route" | "standing">,
  ttl?: Millis,
): Outcome {
  if (outcome.kind === "failed") return outcome;
  const isCached = outcome.kind !== "forwarded" || outcome.stored;
  const isJustKept = (outcome.kind === "forwarded" && outcome.stored) || outcome.detail === OTHER_CODING;
  const lasts = isJustKept && ttl !== undefined ? { ttl } : {};
  const cutOff = isCached && standing.kind === "cut-off" ? { detail: "cut-off" } : {};
  return { ...outcome, ...lasts, ...cutOff, ...(route.showKey ? { key } : {}) };
}

/** The `Cache-Status` of an answer that was made from the same response stored in another coding. */
const OTHER_CODING = "other-coding";

/**
 * The outcome of a fill: stored and released, or relayed for the reason `notKept`. An answer made from a stored response is a hit,
 * because no request was forwarded (RFC 9211 section 2.1); one made from another request's fill is collapsed.
 */
export function forwarded(why: Why, answer: UpstreamAnswer, notKept?: string): Outcome {
  if (answer.madeOf === "stored") {
    return { kind: "hit", ttl: millis(Number.POSITIVE_INFINITY), detail: OTHER_CODING };
  }
  const isShared = why === "collapsed" || answer.madeOf === "under-way";
  const reason = isShared
    ? { reason: why === "collapsed" ? ("uri-miss" as const) : why, collapsed: true }
    : { reason: why };
  const kept = notKept === undefined ? { stored: true } : { stored: false, detail: notKept };
  return { kind: "forwarded", ...reason, status: answer.status, ...kept };
}
