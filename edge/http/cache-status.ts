// Why a response is what it is, and how `Cache-Status` says so (RFC 9211): one member per tier, whose parameters are
//   hit         from what was stored, without asking further; `ttl` may be negative, then it was stale
//   fwd         asked further, and why: uri-miss, vary-miss, stale, request (the client insisted), partial, bypass, method
//   fwd-status  what the next tier answered; 304 means that the stored response was confirmed
//   ttl         seconds of freshness left, rounded down, so that it never promises too much
//   stored      the answer was kept; collapsed: it came from another request's fill
//   meridian-stored, meridian-fetched  bytes of a large object's answer that were stored when it began, and those that were not
//   key, detail for people; `detail` is a token where it can be one
// `hit` and `fwd` never stand together (section 2.2).

import { serializeItem, Token } from "structured-headers";
import { type Millis, toSeconds } from "../../config/units.ts";

/** How a tier came by its answer. */
export type Outcome =
  | { readonly kind: "hit"; readonly ttl: Millis; readonly key?: string; readonly detail?: string }
  /** Served though stale; `ttl` is negative, `detail` says what allowed it. */
  | { readonly kind: "stale"; readonly ttl: Millis; readonly key?: string; readonly detail?: string }
  | {
      readonly kind: "forwarded";
      readonly reason: "uri-miss" | "vary-miss" | "stale" | "request" | "partial" | "bypass" | "method";
      /** What the next tier answered, where it is known. */
      readonly status?: number;
      readonly stored: boolean;
      readonly collapsed?: boolean;
      /** Bytes of the answer that were stored, and those that are fetched for it, where it is partly each. */
      readonly share?: { readonly stored: number; readonly fetched: number };
      readonly ttl?: Millis;
      readonly key?: string;
      readonly detail?: string;
    }
  /** There is no answer but our own error, and nothing stored would do. */
  | { readonly kind: "failed"; readonly detail: string };

export type TierName = "meridian-edge" | "meridian-shard" | "meridian-shield";

/** One tier's member of `Cache-Status`. */
export function cacheStatusMember(tier: TierName, outcome: Outcome): string {
  return serializeItem(new Token(tier), parametersOf(outcome));
}

type Parameters = Map<string, number | string | boolean | Token>;

function parametersOf(outcome: Outcome): Parameters {
  const parameters: Parameters = new Map();
  switch (outcome.kind) {
    case "hit":
    case "stale":
      parameters.set("hit", true);
      break;
    case "forwarded":
      parameters.set("fwd", new Token(outcome.reason));
      if (outcome.status !== undefined) parameters.set("fwd-status", outcome.status);
      if (outcome.stored) parameters.set("stored", true);
      if (outcome.collapsed) parameters.set("collapsed", true);
      if (outcome.share !== undefined) {
        parameters.set("meridian-stored", outcome.share.stored);
        parameters.set("meridian-fetched", outcome.share.fetched);
      }
      break;
    case "failed":
      parameters.set("fwd", new Token("miss"));
      parameters.set("detail", textOrToken(outcome.detail));
      return parameters;
  }
  if (outcome.ttl !== undefined && Number.isFinite(outcome.ttl))
    parameters.set("ttl", Math.floor(toSeconds(outcome.ttl)));
  if (outcome.key !== undefined) parameters.set("key", printable(outcome.key));
  if (outcome.detail !== undefined) parameters.set("detail", textOrToken(outcome.detail));
  return parameters;
}

const textOrToken = (text: string): string | Token =>
  /^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*$/.test(text) ? new Token(text) : printable(text);

/** A structured string is ASCII without control characters; the rest shows as "?". */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?");
