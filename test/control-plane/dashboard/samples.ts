// Answers of `GET /v1/stats` for tests of what the page derives from them: a few counters of a few regions, and spans.

import type { RegionId } from "../../../config/world/regions.ts";
import type { RegionReport, Sample, Span } from "../../../control-plane/dashboard/model.ts";
import type { RateTotals } from "../../../control-plane/dashboard/rates.ts";

const iso = (at: number): string => new Date(at).toISOString();

const EMPTY = {
  requests: 0,
  hitRatio: null,
  errorRatio: null,
  clientBytes: 0,
  originRequests: 0,
  originFailures: 0,
  originBytes: 0,
  coalescedFollowers: 0,
  entries: 0,
  entryBytes: 0,
  timeToFirstByteMillis: { p50: null, p90: null, p99: null },
};

/** Counters of a region; a request is a thousand bytes. */
export const countersOf = (requests: number, originRequests = 0): RateTotals => ({
  requests,
  clientBytes: requests * 1000,
  originRequests,
  originFailures: 0,
});

/** A sample at `at`, in which these regions and no others answered. */
export function sampleOf(
  at: number,
  regions: Partial<Record<RegionId, RateTotals>>,
  series: readonly Span[] = [],
): Sample {
  const reports = Object.entries(regions).map(
    ([region, counters]): RegionReport => ({
      region: region as RegionId,
      reachable: true,
      ...EMPTY,
      ...counters,
      breakers: [],
      series: [],
    }),
  );
  return { at: iso(at), sampleSeconds: 10, total: { ...EMPTY, series: [...series] }, regions: reports };
}

export const spanOf = (at: number, requests: number, hitRatio: number | null = null): Span => ({
  at: iso(at),
  requests,
  hitRatio,
  errors: 0,
  clientBytes: 0,
  originRequests: requests / 10,
});
