// Reads a response's fields: the serving region, each cache's result (`Cache-Status`, RFC 9211) and each tier's time
// (`Server-Timing`). An absent or malformed field yields "unknown", since another proxy may remove any of them.

import { parseList, Token } from "structured-headers";

/** The caches' result, from the client's point of view. `tier` is the cache that had the response. */
export type CacheOutcome =
  | { readonly kind: "hit"; readonly tier: string; readonly stale: boolean }
  | { readonly kind: "revalidated"; readonly tier: string }
  | { readonly kind: "miss"; readonly reason: string }
  | { readonly kind: "bypass" }
  | { readonly kind: "unknown" };

/** Response fields by lower-case name, as HTTP clients in Node give them. */
export type ResponseFields = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Observation {
  readonly status: number;
  /** The region that served, as `Meridian-Region` names it. */
  readonly region?: string;
  readonly outcome: CacheOutcome;
  /** Milliseconds by tier (edge, route, shard, shield, origin) as the response reports them. */
  readonly timings: Readonly<Record<string, number>>;
}

/** Reads a response's head. */
export function observe(status: number, fields: ResponseFields): Observation {
  const region = text(fields["meridian-region"]);
  return {
    status,
    ...(region === undefined ? {} : { region }),
    outcome: cacheOutcome(text(fields["cache-status"])),
    timings: serverTimings(text(fields["server-timing"])),
  };
}

/**
 * RFC 9211 section 2: members are in the order in which the response passed the caches, the origin's side first, so the last
 * is the cache nearest to the client. The request ended at the first cache, counted from the client, that says `hit`;
 * when none does, it went to the origin, and the member nearest to the origin says why.
 */
export function cacheOutcome(value: string | undefined): CacheOutcome {
  if (value === undefined) return { kind: "unknown" };
  let members: ReturnType<typeof parseList>;
  try {
    members = parseList(value);
  } catch (problem) {
    // The parser throws for a malformed field, which may come from another party.
    if (problem instanceof Error) return { kind: "unknown" };
    throw problem;
  }
  let nearestToOrigin: CacheOutcome = { kind: "unknown" };
  for (const [name, parameters] of members.reverse()) {
    const tier = word(name).replace(/^meridian-/, "");
    if (parameters.get("hit") === true) {
      const ttl = parameters.get("ttl");
      return { kind: "hit", tier, stale: typeof ttl === "number" && ttl < 0 };
    }
    const forwarded = word(parameters.get("fwd"));
    if (forwarded === "bypass" || forwarded === "method" || forwarded === "request")
      nearestToOrigin = { kind: "bypass" };
    else if (forwarded === "stale" && parameters.get("fwd-status") === 304)
      nearestToOrigin = { kind: "revalidated", tier };
    else if (forwarded !== "") nearestToOrigin = { kind: "miss", reason: forwarded };
  }
  return nearestToOrigin;
}

/** `edge;dur=12.3, origin;dur=4`: each metric's `dur`; metrics without a finite one are left out, as are those after the 16th. */
export function serverTimings(value: string | undefined): Record<string, number> {
  const timings: Record<string, number> = {};
  for (const metric of value?.split(",").slice(0, 16) ?? []) {
    const [name = "", ...parameters] = metric.split(";").map((part) => part.trim());
    const duration = parameters.find((parameter) => /^dur\s*=/i.test(parameter));
    const milliseconds = Number(duration?.split("=")[1]?.trim().replaceAll('"', "") || Number.NaN);
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && Number.isFinite(milliseconds)) timings[name] = milliseconds;
  }
  return timings;
}

const text = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "object" ? value.join(", ") : value;

const word = (value: unknown): string => {
  if (typeof value === "string") return value;
  return value instanceof Token ? value.toString() : "";
};
