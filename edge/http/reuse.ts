// May a stored response answer this request now (RFC 9111 section 4)? Runs on every hit: it compares the terms with the clock
// and parses at most the request's own Cache-Control. Purges come in as a verdict, the tier as `mayServeStale`; both
// overrule freshness. Invariant: what must be revalidated, or was purged hard, is never given out unasked.

import { addMillis, type EpochMillis, type Millis, millis, toMillis } from "../../config/units.ts";
import { NO_DIRECTIVES, parseCacheControl } from "./cache-control.ts";
import type { Fields } from "./fields.ts";
import { membersOf } from "./list.ts";
import { ageAt, type Policy, type StoredResponse, type Terms } from "./terms.ts";

/** What can be done with a stored response. `ttl` is the freshness left, negative by how long it has been stale. */
export type Reuse =
  | { readonly kind: "fresh"; readonly age: Millis; readonly ttl: Millis }
  /** Serve it now, and revalidate it besides. */
  | { readonly kind: "stale-while-revalidate"; readonly age: Millis; readonly ttl: Millis }
  | {
      readonly kind: "revalidate";
      /** `request`: it is fresh, but the client wants more. */
      readonly reason: "stale" | "request" | "purged-soft";
      /** Until when it may be served if the origin fails; undefined if not at all. */
      readonly usableOnErrorUntil: EpochMillis | undefined;
    }
  | { readonly kind: "unusable"; readonly reason: "purged" | "method" };

export interface Circumstances {
  /** What purges say of it: `soft` makes it stale, `hard` ends it. */
  readonly verdict: "alive" | "soft" | "hard";
  /** Only the tier that faces clients may serve stale. */
  readonly mayServeStale: boolean;
  readonly policy: Policy;
}

/** Whether and how a stored response answers a request at `now`; variants are chosen before. */
export function decideReuse(
  stored: StoredResponse,
  request: { readonly method: string; readonly fields: Fields },
  now: EpochMillis,
  circumstances: Circumstances,
): Reuse {
  const { verdict, mayServeStale, policy } = circumstances;
  if (verdict === "hard") return { kind: "unusable", reason: "purged" };
  if (request.method !== "GET" && request.method !== "HEAD") return { kind: "unusable", reason: "method" };
  const { terms } = stored;
  const age = ageAt(now, terms.bornAt);
  const ttl = millis(terms.freshFor - age);
  const fresh = ttl > 0 && verdict === "alive" && !terms.alwaysRevalidate;
  const demand = demandOf(request.fields, policy, age, ttl);
  if (fresh && demand.fresh) return { kind: "fresh", age, ttl };

  const staleAllowed = mayServeStale && !terms.mustRevalidate && !terms.alwaysRevalidate;
  // A soft purge makes it stale before its time; its windows still end when they would have ended without the purge.
  if (!fresh && staleAllowed && demand.staleFor > -ttl) {
    const invited = demand.invited ? Math.min(demand.staleFor, toMillis(policy.maxStaleSeconds)) : 0;
    const window = Math.max(terms.staleWhileRevalidateFor, invited);
    if (window > 0 && window > -ttl) return { kind: "stale-while-revalidate", age, ttl: millis(Math.min(ttl, 0)) };
  }
  return {
    kind: "revalidate",
    reason: fresh ? "request" : verdict === "soft" ? "purged-soft" : "stale",
    usableOnErrorUntil: staleAllowed ? usableOnErrorUntil(terms, now) : undefined,
  };
}

/** Whether the client wants a stored response or nothing; the caller then answers 504 where it would forward. */
export function onlyIfCached(fields: Fields, policy: Policy): boolean {
  return policy.clientCacheControl === "honour" && parseCacheControl(fields.get("cache-control")).onlyIfCached;
}

function usableOnErrorUntil(terms: Terms, now: EpochMillis): EpochMillis | undefined {
  const until = addMillis(terms.bornAt, millis(terms.freshFor + terms.staleIfErrorFor));
  return until > now ? until : undefined;
}

/** What the client accepts: a fresh response as it is, and how stale a one (RFC 9111 section 5.2.1). */
interface ClientTolerance {
  readonly fresh: boolean;
  readonly staleFor: number;
  /** The client asked for stale ones by itself, with `max-stale`. */
  readonly invited: boolean;
}

const UNDEMANDING: ClientTolerance = { fresh: true, staleFor: Number.POSITIVE_INFINITY, invited: false };
const INSISTENT: ClientTolerance = { fresh: false, staleFor: Number.NEGATIVE_INFINITY, invited: false };

function demandOf(fields: Fields, policy: Policy, age: Millis, ttl: Millis): ClientTolerance {
  if (policy.clientCacheControl === "ignore") return UNDEMANDING;
  const value = fields.get("cache-control");
  const directives = parseCacheControl(value);
  if (directives === NO_DIRECTIVES) return pragmaDemand(fields);
  const { maxAge, minFresh, maxStale } = directives;
  if (directives.noCache) return INSISTENT;
  // max-age=0 is how browsers say "reload": it wants to be sure, however young the response.
  if (maxAge !== undefined && (maxAge === 0 || age > toMillis(maxAge))) return INSISTENT;
  const fresh = minFresh === undefined || ttl >= toMillis(minFresh);
  if (maxStale !== undefined) return { fresh, staleFor: toMillis(maxStale), invited: true };
  // Without max-stale, a client that states a max-age or min-fresh does not wish for a stale response.
  if (maxAge !== undefined || minFresh !== undefined) return { ...INSISTENT, fresh };
  return UNDEMANDING;
}

/** `Pragma: no-cache` counts for clients that know no Cache-Control (RFC 9111 section 5.4). */
function pragmaDemand(fields: Fields): ClientTolerance {
  const pragma = fields.get("pragma");
  if (pragma === undefined) return UNDEMANDING;
  return membersOf(pragma).some((member) => member.toLowerCase() === "no-cache") ? INSISTENT : UNDEMANDING;
}
