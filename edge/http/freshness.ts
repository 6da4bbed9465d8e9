// How long a response is fresh and who says so (RFC 9111 section 4.2): the route for successes that it overrides, else the
// origin by s-maxage, max-age or Expires, else the route for what the origin is silent about, else a guess from
// Last-Modified. Lengths count from the response's birth, so every tier that works them out finds the same.

import { between, type EpochMillis, type Millis, millis, toMillis } from "../../config/units.ts";
import { EDGE_LIMITS } from "../limits.ts";
import type { Fields } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";
import { type Selected, selectDirectives } from "./targeted.ts";
import type { Policy } from "./terms.ts";

/** A freshness lifetime and its source; `silent` where none was given, which makes it zero. */
export interface Lifetime {
  readonly freshFor: Millis;
  readonly source: "route" | "origin" | "heuristic" | "silent";
}

/** Statuses whose responses may be kept on a guess (RFC 9110 section 15.1), but for 206, which is not kept at all. */
const HEURISTICALLY_CACHEABLE: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

/** The tenth of the time since the last change that RFC 9111 section 4.2.2 suggests. */
const HEURISTIC_SHARE = 0.1;

/** Whether the RFC lets a cache keep this response though the origin gives no lifetime (RFC 9111 section 3). */
export const isHeuristicallyCacheable = (status: number, selected: Selected): boolean =>
  HEURISTICALLY_CACHEABLE.has(status) || selected.directives.public;

/** The freshness lifetime of a response that may be stored; never negative. */
export function lifetimeOf(
  response: { readonly status: number; readonly fields: Fields; readonly bornAt: EpochMillis },
  selected: Selected,
  policy: Policy,
): Lifetime {
  const { status, fields } = response;
  const explicit = explicitLifetime(response, selected);
  const keepable = isHeuristicallyCacheable(status, selected);
  if (isSuccess(status) && policy.edgeSeconds !== undefined && (explicit !== undefined || keepable)) {
    return { freshFor: toMillis(policy.edgeSeconds), source: "route" };
  }
  if (explicit !== undefined) return { freshFor: explicit, source: "origin" };

  const byStatus = policy.byStatus[status];
  if (byStatus !== undefined) return { freshFor: toMillis(byStatus), source: "route" };
  if (!keepable) return SILENT;
  const lastModified = parseHttpDate(fields.get("last-modified"));
  if (lastModified !== undefined) {
    const unchangedFor = Math.max(0, between(lastModified, dateOf(response)));
    return {
      freshFor: millis(Math.min(unchangedFor * HEURISTIC_SHARE, EDGE_LIMITS.heuristicMillis)),
      source: "heuristic",
    };
  }
  // An error page is not worth what the route assumes for content; `byStatus` is there for it.
  if (policy.defaultSeconds !== undefined && status < 400)
    return { freshFor: toMillis(policy.defaultSeconds), source: "route" };
  return SILENT;
}

const SILENT: Lifetime = { freshFor: millis(0), source: "silent" };
const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Whether the origin itself gives a lifetime. */
export const hasExplicitLifetime = (
  response: { readonly fields: Fields; readonly bornAt: EpochMillis },
  { targets }: Policy,
): boolean => explicitLifetime(response, selectDirectives(response.fields, targets)) !== undefined;

/** The lifetime that the origin gives (RFC 9111 section 4.2.1); undefined if it gives none. */
function explicitLifetime(
  response: { readonly fields: Fields; readonly bornAt: EpochMillis },
  { directives, targeted }: Selected,
): Millis | undefined {
  if (directives.sMaxAge !== undefined) return toMillis(directives.sMaxAge);
  if (directives.maxAge !== undefined) return toMillis(directives.maxAge);
  // A targeted field silences `Expires` too (RFC 9213 section 2.2).
  if (targeted || !response.fields.has("expires")) return undefined;
  // An invalid date, "0" above all, is in the past (RFC 9111 section 5.3); two of them are no date either.
  const expires = parseHttpDate(response.fields.get("expires"));
  return expires === undefined ? millis(0) : millis(Math.max(0, between(dateOf(response), expires)));
}

/** When the origin made the response, by its own clock; where it does not say, its birth by ours. */
const dateOf = (response: { readonly fields: Fields; readonly bornAt: EpochMillis }): EpochMillis =>
  parseHttpDate(response.fields.get("date")) ?? response.bornAt;
