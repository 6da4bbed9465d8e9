// Counts in one isolate, and the format of pushes to a region's meter. An isolate counts in memory and delivers changes as a
// numbered push. Invariant: a push keeps its number and content until it is acknowledged, so that a retry after a lost answer
// counts nothing twice. The tally never sends and has no clock; its owner does both.

import { LIMITS } from "../limits.ts";
import type { EpochMillis } from "../units.ts";
import type { RegionId } from "../world/regions.ts";
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  isMetricName,
  LABEL_VALUES,
  type Label,
  type LabelsOf,
  type MetricName,
  metricOf,
  TIME_BUCKETS,
} from "./metric-catalogue.ts";

/** One metric with one set of label values: the name, then the values in the catalogue's order, separated by `|`. */
export type SeriesKey = string;

/** Counts per bucket of `TIME_BUCKETS` (not cumulative; the last is unbounded), and the sum of the values. */
export interface Distribution {
  readonly buckets: readonly number[];
  readonly sum: number;
}

/** Values by series: counters and distributions add up, a gauge replaces the previous value. */
export interface Measurements {
  readonly counters: Readonly<Record<SeriesKey, number>>;
  readonly distributions: Readonly<Record<SeriesKey, Distribution>>;
  readonly gauges: Readonly<Record<SeriesKey, number>>;
}

/** Isolate -> meter, `POST /add`. `source` identifies the isolate, `sequence` numbers its pushes from 1 without gaps. */
export interface MeterPush {
  readonly v: 1;
  readonly region: RegionId;
  readonly source: string;
  readonly sequence: number;
  readonly deltas: Measurements;
}

/** The meter's answer to a push: everything from this source up to `sequence` is counted. */
export interface MeterAcknowledgement {
  readonly v: 1;
  readonly sequence: number;
}

/** Traffic in one span of `LIMITS.meterSampleMillis`, for a chart of the last minutes. */
export interface MeterSample {
  /** When the span began. */
  readonly at: EpochMillis;
  readonly requests: number;
  /** Cacheable requests, and those served without the origin. */
  readonly cacheable: number;
  readonly hits: number;
  readonly errors: number;
  readonly clientBytes: number;
  readonly originRequests: number;
}

/** The meter's answer to `GET /totals`. The last sample may still be growing. */
export interface MeterTotals {
  readonly v: 1;
  /** When the counters started. */
  readonly since: EpochMillis;
  readonly totals: Measurements;
  readonly samples: readonly MeterSample[];
}

/** The key of a series. Characters that would break it or the exposition become `_`; long values are truncated. */
export function seriesKey(name: MetricName, labels: Readonly<Partial<Record<Label, string>>>): SeriesKey {
  const values = metricOf(name).labels.map((label) => labelValue(label, labels[label] ?? ""));
  return [name, ...values].join("|");
}

function labelValue(label: Label, value: string): string {
  if (label in LABEL_VALUES) {
    const allowed: readonly string[] = LABEL_VALUES[label as keyof typeof LABEL_VALUES];
    return allowed.includes(value) ? value : "other";
  }
  return value.slice(0, LIMITS.metricLabelCharacters).replace(/[^\w .:/*-]/g, "_");
}

/** Parses a series key; undefined if its name is unknown or its labels are not those of the catalogue. */
export function parseSeriesKey(
  key: SeriesKey,
): { readonly name: MetricName; readonly labels: Readonly<Partial<Record<Label, string>>> } | undefined {
  const [name = "", ...values] = key.split("|");
  if (!isMetricName(name)) return undefined;
  const labels = metricOf(name).labels;
  if (labels.length !== values.length) return undefined;
  return { name, labels: Object.fromEntries(labels.map((label, index) => [label, values[index] as string])) };
}

/** The bucket that a time in seconds falls into: the first whose bound is not below it. */
export function bucketOf(seconds: number): number {
  const index = TIME_BUCKETS.findIndex((bound) => seconds <= bound);
  return index < 0 ? TIME_BUCKETS.length : index;
}

/** Counts of one isolate for one region. `source` is random and never used by another isolate. */
export class Tally {
  readonly #source: string;
  readonly #region: RegionId;
  #counters = new Map<SeriesKey, number>();
  #distributions = new Map<SeriesKey, { readonly buckets: number[]; sum: number }>();
  #gauges = new Map<SeriesKey, number>();
  #sequence = 0;
  #unacknowledged: MeterPush | undefined;

  constructor(source: string, region: RegionId) {
    this.#source = source;
    this.#region = region;
  }

  /** Adds `by` to a counter; anything but a positive number is ignored. */
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by = 1): void {
    if (!(by > 0 && by < Number.POSITIVE_INFINITY)) return;
    const key = seriesKey(name, labels);
    const before = this.#counters.get(key);
    if (before !== undefined || this.#admits()) this.#counters.set(key, (before ?? 0) + by);
  }

  /** Records a time in seconds in a histogram; an invalid one (negative, infinite, NaN) counts as 0. */
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, seconds: number): void {
    const key = seriesKey(name, labels);
    const value = seconds > 0 && seconds < Number.POSITIVE_INFINITY ? seconds : 0;
    let distribution = this.#distributions.get(key);
    if (distribution === undefined) {
      if (!this.#admits()) return;
      distribution = { buckets: new Array<number>(TIME_BUCKETS.length + 1).fill(0), sum: 0 };
      this.#distributions.set(key, distribution);
    }
    const bucket = bucketOf(value);
    distribution.buckets[bucket] = (distribution.buckets[bucket] as number) + 1;
    distribution.sum += value;
  }

  /** Sets a gauge; NaN and infinite values are ignored. */
  set<Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, value: number): void {
    if (!Number.isFinite(value)) return;
    const key = seriesKey(name, labels);
    if (this.#gauges.has(key) || this.#admits()) this.#gauges.set(key, value);
  }

  /** Whether a push is due. */
  get dirty(): boolean {
    return this.#unacknowledged !== undefined || this.#counters.size + this.#distributions.size + this.#gauges.size > 0;
  }

  /**
   * The push to send: the unacknowledged one, unchanged, else the counts since; undefined if there is nothing. Send one at a
   * time, and confirm it with `acknowledge`.
   */
  takeDeltas(): MeterPush | undefined {
    if (this.#unacknowledged !== undefined || !this.dirty) return this.#unacknowledged;
    this.#sequence += 1;
    this.#unacknowledged = {
      v: 1,
      region: this.#region,
      source: this.#source,
      sequence: this.#sequence,
      deltas: {
        counters: Object.fromEntries(this.#counters),
        distributions: Object.fromEntries(this.#distributions),
        gauges: Object.fromEntries(this.#gauges),
      },
    };
    this.#counters = new Map();
    this.#distributions = new Map();
    this.#gauges = new Map();
    return this.#unacknowledged;
  }

  /** Confirms that the meter has counted the push of this number (`MeterAcknowledgement.sequence`). */
  acknowledge(sequence: number): void {
    if (this.#unacknowledged !== undefined && this.#unacknowledged.sequence <= sequence)
      this.#unacknowledged = undefined;
  }

  // Whether there is room for one more series. If not, the update is dropped, and one extra series counts the drops.
  #admits(): boolean {
    if (this.#counters.size + this.#distributions.size + this.#gauges.size < LIMITS.tallySeries) return true;
    const key = seriesKey("meridian_metric_updates_dropped_total", {});
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + 1);
    return false;
  }
}
