// What a stored response may be used for, worked out once when it is stored, so that a hit compares numbers and parses nothing.
// Instants and lengths here are absolute: tiers hand `bornAt` along and each works out the same terms from the same fields,
// so no tier takes what is old for fresh. Invariant: no window is negative, and where staleness is forbidden all are zero.

import type { Route } from "../../config/schema/schema.ts";
import {
  addMillis,
  between,
  type EpochMillis,
  type Millis,
  millis,
  type Seconds,
  seconds,
  toMillis,
} from "../../config/units.ts";
import { deltaSeconds } from "./cache-control.ts";
import type { Fields } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";
import { OWN_TARGETED_FIELD } from "./targeted.ts";

/** How long a stored response is fresh, and what may be done with it after. All lengths count from `bornAt`. */
export interface Terms {
  /** When the response had age 0 by this holder's clock; it may lie before 1970 if an `Age` was absurd. */
  readonly bornAt: EpochMillis;
  /** Freshness lifetime (RFC 9111 section 4.2.1). */
  readonly freshFor: Millis;
  /** How long after that it may be served while it is revalidated (RFC 5861 section 3). */
  readonly staleWhileRevalidateFor: Millis;
  /** How long after `freshFor` it may be served when the origin fails (RFC 5861 section 4). */
  readonly staleIfErrorFor: Millis;
  /** Never served stale, for any reason (RFC 9111 section 5.2.2.2). */
  readonly mustRevalidate: boolean;
  /** Never served without asking, fresh or not: `no-cache`. */
  readonly alwaysRevalidate: boolean;
  /** The origin gave no lifetime; this one is a guess from `Last-Modified` (RFC 9111 section 4.2.2). */
  readonly heuristic: boolean;
}

/** A response as the decisions see it; where its body is, is the store's affair. */
export interface StoredResponse {
  readonly status: number;
  readonly fields: Fields;
  readonly terms: Terms;
}

/** What a route's configuration says of storing and reusing. */
export interface Policy {
  /** Freshness of cacheable successful responses, regardless of what the origin says. */
  readonly edgeSeconds?: Seconds | undefined;
  /** Freshness where the origin says nothing and has no `Last-Modified`. */
  readonly defaultSeconds?: Seconds | undefined;
  /** Freshness by status where the origin says nothing. */
  readonly byStatus: Readonly<Record<string, Seconds>>;
  readonly staleWhileRevalidateSeconds: Seconds;
  readonly staleIfErrorSeconds: Seconds;
  /** The longest that anything is served stale. */
  readonly maxStaleSeconds: Seconds;
  /** Whether requests' `Cache-Control` and `Pragma` count. */
  readonly clientCacheControl: "honour" | "ignore";
  readonly storeSetCookie: Route["storeSetCookie"];
  readonly storePersonal: Route["storePersonal"];
  /** Lower-case names of the fields that speak to this cache above `Cache-Control`, our own first. */
  readonly targets: readonly string[];
  readonly notModified: Route["notModified"];
  /** The longest that anything is kept, from when it was received. */
  readonly maxRetentionSeconds: Seconds;
}

/** The part of a route that storing and reusing depend on. */
export function policyOf(route: Route, maxRetentionSeconds: number): Policy {
  const known = policies.get(route);
  if (known !== undefined) return known;
  const { edgeSeconds, defaultSeconds, byStatus, staleWhileRevalidateSeconds, staleIfErrorSeconds } = route.ttl;
  const policy: Policy = {
    edgeSeconds: edgeSeconds === undefined ? undefined : seconds(edgeSeconds),
    defaultSeconds: defaultSeconds === undefined ? undefined : seconds(defaultSeconds),
    byStatus: byStatus as Readonly<Record<string, Seconds>>,
    staleWhileRevalidateSeconds: seconds(staleWhileRevalidateSeconds),
    staleIfErrorSeconds: seconds(staleIfErrorSeconds),
    maxStaleSeconds: seconds(route.ttl.maxStaleSeconds ?? maxRetentionSeconds),
    clientCacheControl: route.clientCacheControl,
    storeSetCookie: route.storeSetCookie,
    storePersonal: route.storePersonal,
    targets: [OWN_TARGETED_FIELD, ...route.targets.map((name) => name.toLowerCase())],
    notModified: route.notModified,
    maxRetentionSeconds: seconds(maxRetentionSeconds),
  };
  policies.set(route, policy);
  return policy;
}

/** A route's policy is asked for by every request; routes live as long as their configuration, which has one retention. */
const policies = new WeakMap<Route, Policy>();

/**
 * When a response had age 0: its time of receipt less its corrected initial age (RFC 9111 section 4.2.3), so that its
 * current age is `ageAt` at any later instant. Never after `responseAt`.
 */
export function bornAt(response: { fields: Fields; requestAt: EpochMillis; responseAt: EpochMillis }): EpochMillis {
  const { fields, requestAt, responseAt } = response;
  const date = parseHttpDate(fields.get("date"));
  const apparentAge = date === undefined ? 0 : Math.max(0, between(date, responseAt));
  const responseDelay = Math.max(0, between(requestAt, responseAt));
  const correctedAge = toMillis(ageField(fields)) + responseDelay;
  return addMillis(responseAt, millis(-Math.max(apparentAge, correctedAge)));
}

/** The freshness left, negative by how long it has been stale. */
export const ttlOf = ({ bornAt: born, freshFor }: Terms, now: EpochMillis): Millis =>
  millis(freshFor - ageAt(now, born));

/** How old a response is; never negative, though clocks may be set back. */
export const ageAt = (now: EpochMillis, born: EpochMillis): Millis => millis(Math.max(0, between(born, now)));

/**
 * The `Age` field: of several values the first counts, and one that is no number is ignored (RFC 9111 section 5.1).
 */
function ageField(fields: Fields): Seconds {
  const [first] = (fields.get("age") ?? "").split(",");
  return deltaSeconds((first ?? "").trim()) ?? seconds(0);
}
