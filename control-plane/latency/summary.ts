// Aggregates observations into a report: one histogram, provided by the caller, per place and kind. `notes.ts` interprets the
// numbers.

import type { ConnectionFault } from "../../config/connection-faults.ts";
import { type Millis, millis } from "../../config/units.ts";
import type { CacheOutcome, Observation } from "./observation.ts";
import type { ProbePlace } from "./places.ts";
import type { Probe, ProbeKind } from "./plan.ts";
import type { LatencyDistribution, PlaceReport, Series } from "./report.ts";

/** A histogram of whole microseconds with bounded relative error; `histogram.node.ts` has the real one. */
export interface Histogram {
  record(microseconds: number): void;
  /** The record of rank `percentage` (0 to 100) of the count, rounded to the nearest and at least 1. Only asked when there is one. */
  percentile(percentage: number): number;
  readonly mean: number;
}

/** The result of one probe. */
export type ProbeResult =
  | { readonly kind: "answered"; readonly observation: Observation; readonly timeToFirstByte: Millis }
  | { readonly kind: "failed"; readonly reason: string; readonly fault?: ConnectionFault };

interface LatencyTally {
  count: number;
  errors: number;
  /** Exact, in microseconds: the histogram would round them to a bucket's end. */
  least: number;
  greatest: number;
  readonly histogram: Histogram;
  readonly timings: Map<string, Histogram>;
  readonly errorKinds: Map<string, number>;
  readonly outcomes: Map<string, number>;
  readonly regions: Map<string, number>;
  readonly statuses: Map<string, number>;
}

/** Collects a run's results. Results of round 0 are not counted. */
export class Collector {
  readonly #places: readonly ProbePlace[];
  readonly #newHistogram: () => Histogram;
  readonly #tallies = new Map<string, LatencyTally>();

  constructor(places: readonly ProbePlace[], newHistogram: () => Histogram) {
    this.#places = places;
    this.#newHistogram = newHistogram;
  }

  add(probe: Probe, result: ProbeResult): void {
    if (probe.round === 0) return;
    const tally = this.#tally(probe.place, probe.kind);
    if (result.kind === "failed") {
      tally.errors++;
      increment(tally.errorKinds, result.reason);
      return;
    }
    const { observation } = result;
    tally.count++;
    const time = microseconds(result.timeToFirstByte);
    tally.histogram.record(time);
    tally.least = Math.min(tally.least, time);
    tally.greatest = Math.max(tally.greatest, time);
    increment(tally.outcomes, outcomeName(observation.outcome));
    increment(tally.statuses, String(observation.status));
    if (observation.region !== undefined) increment(tally.regions, observation.region);
    for (const [tier, milliseconds] of Object.entries(observation.timings)) {
      let histogram = tally.timings.get(tier);
      if (!histogram) {
        histogram = this.#newHistogram();
        tally.timings.set(tier, histogram);
      }
      histogram.record(microseconds(millis(milliseconds)));
    }
  }

  /** The report of each place, in the order of the places. */
  reports(): PlaceReport[] {
    return this.#places.map((place, index) => {
      const series: Partial<Record<ProbeKind, Series>> = {};
      const regions = new Map<string, number>();
      for (const kind of ["cold", "warm", "direct"] as const) {
        const tally = this.#tallies.get(`${index} ${kind}`);
        if (!tally) continue;
        series[kind] = seriesOf(tally);
        if (kind !== "direct") for (const [region, count] of tally.regions) increment(regions, region, count);
      }
      const region = ranked(regions)[0]?.[0];
      return { ...place, ...(region === undefined ? {} : { region }), series };
    });
  }

  #tally(place: number, kind: ProbeKind): LatencyTally {
    const key = `${place} ${kind}`;
    let tally = this.#tallies.get(key);
    if (!tally) {
      tally = {
        count: 0,
        errors: 0,
        least: Number.POSITIVE_INFINITY,
        greatest: 0,
        histogram: this.#newHistogram(),
        timings: new Map(),
        errorKinds: new Map(),
        outcomes: new Map(),
        regions: new Map(),
        statuses: new Map(),
      };
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}

function seriesOf(tally: LatencyTally): Series {
  const timings = [...tally.timings].map(([tier, histogram]) => [tier, milliseconds(histogram.percentile(50))]);
  return {
    count: tally.count,
    errors: tally.errors,
    errorKinds: Object.fromEntries(ranked(tally.errorKinds).slice(0, 5)),
    ...(tally.count === 0 ? {} : { timeToFirstByte: distribution(tally) }),
    outcomes: Object.fromEntries(ranked(tally.outcomes)),
    regions: Object.fromEntries(ranked(tally.regions)),
    statuses: Object.fromEntries(ranked(tally.statuses)),
    serverTimingP50: Object.fromEntries(timings),
  };
}

function distribution({ histogram, least, greatest }: LatencyTally): LatencyDistribution {
  // A percentile is given as its bucket's upper end, which may lie above the greatest value in the bucket.
  const percentile = (percentage: number) => milliseconds(Math.min(histogram.percentile(percentage), greatest));
  return {
    p50: percentile(50),
    p90: percentile(90),
    p99: percentile(99),
    min: milliseconds(least),
    max: milliseconds(greatest),
    mean: milliseconds(histogram.mean),
  };
}

/** Histograms begin at 1: less than a microsecond counts as one. */
const microseconds = (value: Millis): number => Math.max(1, Math.round(value * 1000));
const milliseconds = (value: number): Millis => millis(Math.round(value) / 1000);

function outcomeName(outcome: CacheOutcome): string {
  return outcome.kind === "hit" && outcome.stale ? "stale hit" : outcome.kind;
}

function increment(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

const ranked = (counts: ReadonlyMap<string, number>): [string, number][] =>
  [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
