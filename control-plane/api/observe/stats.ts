// `GET /v1/stats`: meters' totals summarized per region and overall, and their samples as a series. What counts as a hit is
// defined in control-plane/meter/summary.ts.

import type { z } from "zod";
import { LIMITS } from "../../../config/limits.ts";
import {
  type Measurements,
  type MeterSample,
  type MeterTotals,
  parseSeriesKey,
} from "../../../config/metrics/tally.ts";
import type { EpochMillis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { breakersOf, quantileOf, ratio, summarise } from "../../meter/summary.ts";
import { emptyTotals, mergeTotals } from "../../meter/totals.ts";
import { instant } from "../purges/receipts.ts";
import type { statsSchema } from "../schemas.ts";

export type StatsAnswer = z.output<typeof statsSchema>;

/** A region and its meter's answer, if it answered. */
export interface RegionTotals {
  readonly region: RegionId;
  readonly totals?: MeterTotals;
}

/** The answer for these regions at `now`. */
export function statsAnswer(regions: readonly RegionTotals[], now: EpochMillis): StatsAnswer {
  const measured = regions.flatMap(({ totals }) => (totals === undefined ? [] : [totals]));
  return {
    at: instant(now),
    sampleSeconds: LIMITS.meterSampleMillis / 1000,
    total: {
      ...summary(mergeTotals(measured.map(({ totals }) => totals))),
      series: seriesOf(addSamples(measured.flatMap(({ samples }) => samples))),
    },
    regions: regions.map(({ region, totals }) => ({
      region,
      reachable: totals !== undefined,
      ...(totals === undefined ? {} : { since: instant(totals.since) }),
      ...summary(totals?.totals ?? emptyTotals()),
      breakers: [...breakersOf(totals?.totals ?? emptyTotals())],
      series: seriesOf(totals?.samples ?? []),
    })),
  };
}

function summary(totals: Measurements): Omit<StatsAnswer["total"], "series"> {
  const { cacheable, hits, errors, timeToFirstByte, ...counts } = summarise(totals);
  return {
    ...counts,
    hitRatio: ratio(hits, cacheable),
    errorRatio: ratio(errors, counts.requests),
    timeToFirstByteMillis: {
      p50: quantileOf(timeToFirstByte, 0.5),
      p90: quantileOf(timeToFirstByte, 0.9),
      p99: quantileOf(timeToFirstByte, 0.99),
    },
  };
}

const seriesOf = (samples: readonly MeterSample[]): StatsAnswer["total"]["series"] =>
  samples.map(({ at, requests, cacheable, hits, errors, clientBytes, originRequests }) => ({
    at: instant(at),
    requests,
    hitRatio: ratio(hits, cacheable),
    errors,
    clientBytes,
    originRequests,
  }));

// Meters' spans start at round times, so spans with the same start are added; clock skew shifts them by whole spans at most.
function addSamples(samples: readonly MeterSample[]): readonly MeterSample[] {
  const byStart = new Map<EpochMillis, MeterSample>();
  for (const sample of samples) {
    const before = byStart.get(sample.at);
    byStart.set(sample.at, before === undefined ? sample : addSample(before, sample));
  }
  return [...byStart.values()].sort((a, b) => a.at - b.at).slice(-LIMITS.meterSamples);
}

const addSample = (a: MeterSample, b: MeterSample): MeterSample => ({
  at: a.at,
  requests: a.requests + b.requests,
  cacheable: a.cacheable + b.cacheable,
  hits: a.hits + b.hits,
  errors: a.errors + b.errors,
  clientBytes: a.clientBytes + b.clientBytes,
  originRequests: a.originRequests + b.originRequests,
});

/** The request fields counted as withheld on a route, sorted. */
export function withheldOn(route: string, totals: readonly Pick<Measurements, "counters">[]): string[] {
  const fields = new Set<string>();
  for (const key of totals.flatMap(({ counters }) => Object.keys(counters))) {
    const series = parseSeriesKey(key);
    if (series?.name !== "meridian_vary_withheld_total" || series.labels.route !== route) continue;
    if (series.labels.field !== undefined) fields.add(series.labels.field);
  }
  return [...fields].sort();
}
