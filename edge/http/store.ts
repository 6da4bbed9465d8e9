// May this response be kept for others, and on what terms (RFC 9111 section 3)? Every refusal has its reason. It decides by
// the request's method and what makes it personal, the response's fields and the route, never by the clock.
// Invariant: adding no-store, private, no-cache, Set-Cookie or a Cookie never makes anything storable that was not.
// A request's own no-store is advisory (section 5.2.1) and not heeded: one client could switch off sharing for all.
// **Decided: the answer to a request with Authorization or a cookie outside the key is not stored, regardless of what it says.** RFC 9111
// section 3.5 allows it with `public`, `s-maxage` or `must-revalidate`, and says nothing of cookies. But frameworks write
// `public` on pages that read cookies, and one client's cookie would then be in what all others get. A route that knows its
// origin better says `storePersonal: "explicit"`. Otherwise the shard fetches such a URL again without the credentials
// (`invitesSharing`), so that visitors with cookies do not keep a site out of the cache.

import { isEventStream } from "../../config/event-stream.ts";
import {
  addMillis,
  between,
  type EpochMillis,
  type Millis,
  millis,
  type Seconds,
  toMillis,
} from "../../config/units.ts";
import type { Directives } from "./cache-control.ts";
import type { Fields } from "./fields.ts";
import { isHeuristicallyCacheable, type Lifetime, lifetimeOf } from "./freshness.ts";
import { hasTooManyTags } from "./tags.ts";
import { type Selected, selectDirectives } from "./targeted.ts";
import type { Policy, Terms } from "./terms.ts";
import { hasValidator } from "./validate.ts";
import { varyOf } from "./vary.ts";

/** Why a response is not kept; these words also go into `Cache-Status` details. */
export type StoreRefusal =
  | "method"
  | "status"
  | "event-stream"
  | "no-store"
  | "private"
  | "must-understand"
  | "authorization"
  | "cookie"
  | "set-cookie"
  | "vary"
  | "too-many-tags"
  | "no-freshness"
  | "never-usable";

export type StoreDecision =
  | { readonly kind: "store"; readonly terms: Terms }
  /** `shareable`: not kept, but those who already wait for this very answer may have it. */
  | { readonly kind: "refuse"; readonly reason: StoreRefusal; readonly shareable: boolean };

/** What of the request matters: fields hop by hop already removed. */
export interface StoreRequest {
  readonly method: string;
  readonly fields: Fields;
  /**
   * Whether the response may be one client's own, if the caller knows better than that any Cookie or Authorization makes it
   * so: on a route whose key holds a cookie, that cookie does not.
   */
  readonly personal?: boolean;
}

export interface StoreResponse {
  readonly status: number;
  readonly fields: Fields;
  readonly bornAt: EpochMillis;
  readonly receivedAt: EpochMillis;
}

/** Statuses whose rules for caches this file follows, for `must-understand` (RFC 9111 section 5.2.2.3). */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410,
  411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 500, 501, 502, 503, 504, 505,
]);

/** Whether to store a response, and its terms; else why not, and whether it may be shared once all the same. */
export function decideStore(request: StoreRequest, response: StoreResponse, policy: Policy): StoreDecision {
  const selected = selectDirectives(response.fields, policy.targets);
  const refused = refusal(request, response, selected, policy);
  if (refused !== undefined) return refuse(refused, request, response, selected);
  const lifetime = lifetimeOf(response, selected, policy);
  // Neither the origin nor the route says a word on keeping it, and its status allows no guess.
  if (lifetime.source === "silent" && !isHeuristicallyCacheable(response.status, selected)) {
    return refuse("no-freshness", request, response, selected);
  }
  const terms = termsOf(response, selected, lifetime, policy);
  if (isUsable(response, terms)) return { kind: "store", terms };
  return refuse(lifetime.source === "silent" ? "no-freshness" : "never-usable", request, response, selected);
}

function refusal(
  request: StoreRequest,
  response: StoreResponse,
  selected: Selected,
  policy: Policy,
): StoreRefusal | undefined {
  const { directives } = selected;
  const { status, fields } = response;
  if (request.method !== "GET") return "method";
  // Interim responses are no answers; parts and bare confirmations are not kept on their own.
  if (status < 200 || status === 206 || status === 304) return "status";
  if (directives.mustUnderstand && !UNDERSTOOD.has(status)) return "must-understand";
  // With must-understand, no-store is for caches that do not know it (RFC 9111 section 5.2.2.3).
  if (directives.noStore && !directives.mustUnderstand) return "no-store";
  if (directives.private) return "private";
  if (isEventStream(fields.get("content-type"))) return "event-stream";
  // RFC 9111 section 3.5, and the same for cookies: what answers one client's credentials is that client's.
  if (isPersonal(request) && !(policy.storePersonal === "explicit" && permitsOthers(selected))) {
    return request.fields.has("authorization") ? "authorization" : "cookie";
  }
  if (fields.has("set-cookie") && !mayStoreCookie(selected, policy)) return "set-cookie";
  // No request ever matches (RFC 9111 section 4.1).
  if (varyOf(fields).kind === "any") return "vary";
  // A tag left out would be a purge that misses.
  if (hasTooManyTags(fields)) return "too-many-tags";
  return undefined;
}

/** The directives by which an origin lets a shared cache store an answer to a request with credentials (RFC 9111 section 3.5). */
const permitsOthers = ({ directives }: Selected): boolean =>
  directives.public || directives.sMaxAge !== undefined || directives.mustRevalidate;

/**
 * Whether an answer that is not stored because its request had credentials invites a request without them: its origin means
 * it for others as well, and the answer does not vary by the credentials.
 */
export function invitesSharing(fields: Fields, policy: Policy): boolean {
  const vary = varyOf(fields);
  if (vary.kind === "any" || vary.names.includes("cookie") || vary.names.includes("authorization")) return false;
  return permitsOthers(selectDirectives(fields, policy.targets));
}

const isPersonal = (request: StoreRequest): boolean =>
  request.personal ?? (request.fields.has("authorization") || request.fields.has("cookie"));

function mayStoreCookie(selected: Selected, { storeSetCookie }: Policy): boolean {
  return storeSetCookie === "always" || (storeSetCookie === "explicit" && permitsSharing(selected));
}

/** Whether the origin addresses shared caches in so many words, which a cookie in the response then cannot contradict. */
const permitsSharing = ({ directives, targeted }: Selected): boolean =>
  directives.public || directives.sMaxAge !== undefined || (targeted && directives.maxAge !== undefined);

function termsOf(response: StoreResponse, selected: Selected, lifetime: Lifetime, policy: Policy): Terms {
  const { directives } = selected;
  const longest = Math.max(
    0,
    between(response.bornAt, addMillis(response.receivedAt, toMillis(policy.maxRetentionSeconds))),
  );
  const freshFor = millis(Math.min(lifetime.freshFor, longest));
  const staleFor = Math.min(longest - freshFor, toMillis(policy.maxStaleSeconds));
  const beyond = (window: Millis): Millis => millis(Math.min(window, staleFor));
  const windows = staleWindows(response.status, directives, lifetime, policy);
  return {
    bornAt: response.bornAt,
    freshFor,
    staleWhileRevalidateFor: beyond(windows.whileRevalidate),
    staleIfErrorFor: beyond(windows.ifError),
    mustRevalidate: windows.forbidden,
    alwaysRevalidate: directives.noCache,
    heuristic: lifetime.source === "heuristic",
  };
}

/** What may be done with the response once it is stale (RFC 9111 section 4.2.4, RFC 5861). */
function staleWindows(status: number, directives: Directives, lifetime: Lifetime, policy: Policy) {
  const { mustRevalidate, proxyRevalidate, noCache, sMaxAge, staleWhileRevalidate, staleIfError } = directives;
  const none = { whileRevalidate: millis(0), ifError: millis(0) };
  if (mustRevalidate || proxyRevalidate || noCache) return { ...none, forbidden: true };
  const said = (window: Seconds | undefined): Millis => (window === undefined ? millis(0) : toMillis(window));
  if (sMaxAge !== undefined) {
    // s-maxage implies proxy-revalidate (RFC 9111 section 5.2.2.10), so the route's windows do not apply. Beside a window
    // of its own it is how today's frameworks write "fresh here for so long, then stale while revalidating": that is heeded.
    const whileRevalidate = said(staleWhileRevalidate);
    const ifError = said(staleIfError);
    return { whileRevalidate, ifError, forbidden: whileRevalidate === 0 && ifError === 0 };
  }
  // Without a stated lifetime no staleness is allowed either.
  if (lifetime.source === "silent") return { ...none, forbidden: true };
  // An old error is no better than a new one.
  if (status >= 500) return { ...none, forbidden: false };
  return {
    whileRevalidate: toMillis(staleWhileRevalidate ?? policy.staleWhileRevalidateSeconds),
    ifError: toMillis(staleIfError ?? policy.staleIfErrorSeconds),
    forbidden: false,
  };
}

/** Whether any later request could be answered from it, fresh, stale or confirmed. */
function isUsable(response: StoreResponse, terms: Terms): boolean {
  if (hasValidator(response.fields)) return true;
  if (terms.alwaysRevalidate) return false;
  const lasts = terms.freshFor + Math.max(terms.staleWhileRevalidateFor, terms.staleIfErrorFor);
  return lasts > between(response.bornAt, response.receivedAt);
}

function refuse(
  reason: StoreRefusal,
  request: StoreRequest,
  response: StoreResponse,
  selected: Selected,
): StoreDecision {
  return { kind: "refuse", reason, shareable: isShareable(request, response, selected) };
}

/** An origin's error is handed to all who wait for it, lest each of them asks the failing origin again; unless it is personal. */
function isShareable(request: StoreRequest, response: StoreResponse, { directives }: Selected): boolean {
  return (
    response.status >= 500 &&
    (request.method === "GET" || request.method === "HEAD") &&
    !isPersonal(request) &&
    !directives.noStore &&
    !directives.private &&
    !directives.noCache &&
    !response.fields.has("set-cookie") &&
    !isEventStream(response.fields.get("content-type")) &&
    varyOf(response.fields).kind === "fields"
  );
}
