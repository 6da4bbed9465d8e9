// Summarizes totals: requests, hit ratio, bytes and times. A hit is a cacheable request served without the origin: stored (fresh
// or stale) or shared with another request's fill. Bypassed and refused requests are excluded from the ratio. Quantiles are
// estimates: exact to the bucket, linear within it.

import { BREAKER_STATES, TIME_BUCKETS } from "../../config/metrics/metric-catalogue.ts";
import { type Distribution, type Measurements, parseSeriesKey } from "../../config/metrics/tally.ts";
import { type Millis, millis } from "../../config/units.ts";

/** Totals in a few numbers. */
export interface Summary {
  readonly requests: number;
  readonly cacheable: number;
  readonly hits: number;
  /** Requests answered with 5xx, ours or the origin's. */
  readonly errors: number;
  readonly clientBytes: number;
  readonly originRequests: number;
  readonly originFailures: number;
  readonly originBytes: number;
  readonly coalescedFollowers: number;
  readonly entries: number;
  readonly entryBytes: number;
  readonly timeToFirstByte: Distribution;
}

const HITS = new Set(["hit", "stale", "collapsed"]);
const NOT_CACHEABLE = new Set(["bypass", "refused"]);

/** Adds up what the series say. */
export function summarise(totals: Measurements): Summary {
  const result = {
    requests: 0,
    cacheable: 0,
    hits: 0,
    errors: 0,
    clientBytes: 0,
    originRequests: 0,
    originFailures: 0,
    originBytes: 0,
    coalescedFollowers: 0,
    entries: 0,
    entryBytes: 0,
    timeToFirstByte: EMPTY,
  };
  for (const [key, value] of [...Object.entries(totals.counters), ...Object.entries(totals.gauges)]) {
    const series = parseSeriesKey(key);
    if (series === undefined) continue;
    switch (series.name) {
      case "meridian_requests_total":
        result.requests += value;
        if (!NOT_CACHEABLE.has(series.labels.outcome ?? "")) result.cacheable += value;
        if (HITS.has(series.labels.outcome ?? "")) result.hits += value;
        if (series.labels.status === "5xx") result.errors += value;
        break;
      case "meridian_client_bytes_total":
        result.clientBytes += value;
        break;
      case "meridian_origin_requests_total":
        result.originRequests += value;
        break;
      case "meridian_origin_failures_total":
        result.originFailures += value;
        break;
      case "meridian_origin_bytes_total":
        result.originBytes += value;
        break;
      case "meridian_coalesced_followers_total":
        result.coalescedFollowers += value;
        break;
      case "meridian_shard_entries":
        result.entries += value;
        break;
      case "meridian_shard_bytes":
        result.entryBytes += value;
        break;
      default:
        break;
    }
  }
  for (const [key, value] of Object.entries(totals.distributions)) {
    if (parseSeriesKey(key)?.name !== "meridian_time_to_first_byte_seconds") continue;
    result.timeToFirstByte = {
      buckets: result.timeToFirstByte.buckets.map((count, index) => count + (value.buckets[index] as number)),
      sum: result.timeToFirstByte.sum + value.sum,
    };
  }
  return result;
}

/** One shard's circuit breaker in front of an origin, as its last request left it. */
export interface BreakerNow {
  readonly origin: string;
  readonly shard: number;
  readonly state: (typeof BREAKER_STATES)[number];
}

/** The breakers that a region's shards have reported recently, by origin and shard. */
export function breakersOf({ gauges }: Pick<Measurements, "gauges">): readonly BreakerNow[] {
  const breakers = Object.entries(gauges).flatMap(([key, value]) => {
    const series = parseSeriesKey(key);
    const state = BREAKER_STATES[value];
    if (series?.name !== "meridian_origin_breaker_state" || state === undefined) return [];
    return [{ origin: series.labels.origin ?? "", shard: Number(series.labels.shard), state }];
  });
  return breakers.sort((a, b) => (a.origin === b.origin ? a.shard - b.shard : a.origin < b.origin ? -1 : 1));
}

const EMPTY: Distribution = { buckets: new Array<number>(TIME_BUCKETS.length + 1).fill(0), sum: 0 };

/** `part` of `whole`, 0 to 1; null where there is nothing to take a share of. */
export const ratio = (part: number, whole: number): number | null => (whole > 0 ? Math.min(1, part / whole) : null);

/**
 * The time below which the share `quantile` (0 to 1) of the values lies; null if there are none. Values beyond the last
 * bound are all taken for that bound, as Prometheus's histogram_quantile does.
 */
export function quantileOf(distribution: Distribution, quantile: number): Millis | null {
  const total = distribution.buckets.reduce((before, value) => before + value, 0);
  if (total === 0) return null;
  const rank = quantile * total;
  let below = 0;
  for (const [index, bound] of TIME_BUCKETS.entries()) {
    const inside = distribution.buckets[index] as number;
    if (inside > 0 && below + inside >= rank) {
      const lower = index === 0 ? 0 : (TIME_BUCKETS[index - 1] as number);
      return millis(1000 * (lower + (bound - lower) * Math.max(0, (rank - below) / inside)));
    }
    below += inside;
  }
  return millis(1000 * (TIME_BUCKETS.at(-1) as number));
}
