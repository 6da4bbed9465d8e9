// Merges measurements: counters and distributions are summed, a gauge takes the later value. For counters the order does not
// matter. The number of series is bounded; dropped updates are counted, so that missing series can be noticed.

import { metricOf, TIME_BUCKETS } from "../../config/metrics/metric-catalogue.ts";
import {
  type Distribution,
  type Measurements,
  parseSeriesKey,
  type SeriesKey,
  seriesKey,
} from "../../config/metrics/tally.ts";
import { METER_LIMITS } from "./limits.ts";

/** Measurements that can be added to. */
export interface Totals extends Measurements {
  readonly counters: Record<SeriesKey, number>;
  readonly distributions: Record<SeriesKey, Distribution>;
  readonly gauges: Record<SeriesKey, number>;
}

const DROPPED = seriesKey("meridian_metric_updates_dropped_total", {});

/** Totals without any series. */
export const emptyTotals = (): Totals => ({ counters: {}, distributions: {}, gauges: {} });

/**
 * Adds `deltas` to `totals`, in place. A series of an unknown name or kind (a newer script may push to an older meter), a
 * value that is no finite number, and any series beyond `most` are dropped and counted.
 */
export function addTo(totals: Totals, deltas: Measurements, most: number = METER_LIMITS.meterSeries): void {
  let series = seriesIn(totals);
  let dropped = 0;
  // Keys are data from elsewhere: only own properties count as there.
  const admits = (map: object, key: SeriesKey, kind: "counter" | "histogram" | "gauge"): boolean => {
    if (Object.hasOwn(map, key)) return true;
    const name = parseSeriesKey(key)?.name;
    if (name === undefined || metricOf(name).kind !== kind || series >= most) return false;
    series += 1;
    return true;
  };
  for (const [key, value] of Object.entries(deltas.counters)) {
    if (!(value >= 0 && Number.isFinite(value)) || !admits(totals.counters, key, "counter")) dropped += 1;
    else totals.counters[key] = (totals.counters[key] ?? 0) + value;
  }
  for (const [key, value] of Object.entries(deltas.distributions)) {
    if (!isDistribution(value) || !admits(totals.distributions, key, "histogram")) dropped += 1;
    else totals.distributions[key] = sum(totals.distributions[key], value);
  }
  for (const [key, value] of Object.entries(deltas.gauges)) {
    if (!Number.isFinite(value) || !admits(totals.gauges, key, "gauge")) dropped += 1;
    else totals.gauges[key] = value;
  }
  if (dropped > 0) totals.counters[DROPPED] = (totals.counters[DROPPED] ?? 0) + dropped;
}

/** The sum of several regions' totals, whole: a gauge of the same series is added up, since each region has its own. */
export function mergeTotals(parts: readonly Measurements[]): Totals {
  const merged = emptyTotals();
  for (const part of parts) {
    addTo(merged, { ...part, gauges: {} }, Number.POSITIVE_INFINITY);
    for (const [key, value] of Object.entries(part.gauges)) merged.gauges[key] = (merged.gauges[key] ?? 0) + value;
  }
  return merged;
}

const seriesIn = (totals: Measurements): number =>
  Object.keys(totals.counters).length + Object.keys(totals.distributions).length + Object.keys(totals.gauges).length;

function sum(before: Distribution | undefined, added: Distribution): Distribution {
  if (before === undefined) return added;
  return {
    buckets: before.buckets.map((value, index) => value + (added.buckets[index] as number)),
    sum: before.sum + added.sum,
  };
}

// Buckets of another length come from a script with other bounds: they cannot be added to ours.
const isDistribution = (value: Distribution): boolean =>
  value.buckets.length === TIME_BUCKETS.length + 1 &&
  value.buckets.every((bucket) => Number.isFinite(bucket) && bucket >= 0) &&
  Number.isFinite(value.sum);
