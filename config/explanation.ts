// The answer of `GET /v1/explain`: where and how a URL would be served to a client at a given place, and why. The edge computes it
// with the same functions that serve requests; the control API only forwards it, so the type is here. Nothing is fetched or
// stored for an explanation.

import type { Kilometres, Millis } from "./units.ts";
import type { Coordinates, RegionId } from "./world/regions.ts";

export interface ExplainQuery {
  /** The client's absolute URL. */
  readonly url: string;
  /** Where the client is, as in `Meridian-From`: a country, an address or `lat,long`. Absent: an unknown place. */
  readonly from?: string;
  readonly method: string;
}

/** One region in the order of fallback, and the reason for its rank. */
export interface ExplainedRegion {
  readonly region: RegionId;
  readonly distanceKm: Kilometres;
  /** Measured round-trip time; absent where nothing has been measured. */
  readonly rttMillis?: Millis;
  readonly reason: string;
}

export interface Explanation {
  /** The normalized URL. */
  readonly url: string;
  readonly method: string;
  /** Name of the route that matches. */
  readonly route: string;
  readonly mode: "cache" | "bypass";
  /** Cache key; absent for what is never stored. */
  readonly key?: string;
  readonly client: {
    readonly coordinates: Coordinates;
    readonly country?: string;
    /** The source of the place. */
    readonly source: string;
  };
  /** In the order in which they are tried. Empty if residency and drains leave none: the request would get an error. */
  readonly regions: readonly ExplainedRegion[];
  /** The owner of the key in the first region; what is never stored passes through the shard that would own it. Absent without a region. */
  readonly shard?: { readonly region: RegionId; readonly index: number; readonly ring: string };
  /** The only shard that contacts the origin, also for requests that are never stored. */
  readonly shield?: { readonly region: RegionId; readonly index: number };
  readonly origin: { readonly name: string; readonly url: string };
  /** Request fields in the origin's `Vary` that are not forwarded to it; absent if there are none. */
  readonly varyWithheld?: readonly string[];
  /** The rules of the route that apply, as the configuration has them after defaults. */
  readonly rules: {
    readonly ttl: Readonly<Record<string, unknown>>;
    readonly key: Readonly<Record<string, unknown>>;
    readonly residency?: readonly RegionId[];
    readonly whenCutOff: "serve" | "revalidate" | "refuse";
  };
}

/** An explanation, or which part of the query allows none and why. */
export type Explained =
  | { readonly kind: "explained"; readonly explanation: Explanation }
  | { readonly kind: "invalid"; readonly parameter: "url" | "from" | "method"; readonly detail: string };
