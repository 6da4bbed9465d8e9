// A region's meter without its storage: it sums isolates' pushes, each exactly once, and keeps a short series of samples.
// Invariant: a source's pushes count in the order of their numbers, so that a repeated one is recognized and ignored.
// It decides nothing about time; `now` is the meter's own clock and only sorts samples and ages.
//
//   source a: push 7 -> counted, the answer is lost; push 7 again -> number already reached: answered, not counted

import { LIMITS } from "../../config/limits.ts";
import type { MeterPush, MeterSample, MeterTotals, SeriesKey } from "../../config/metrics/tally.ts";
import { type EpochMillis, epochMillis } from "../../config/units.ts";
import { METER_LIMITS } from "./limits.ts";
import { summarise } from "./summary.ts";
import { addTo, emptyTotals, type Totals } from "./totals.ts";

/** What of a ledger is stored: all of it, as plain data. */
export interface StoredLedger {
  readonly v: 1;
  readonly since: EpochMillis;
  readonly totals: Totals;
  /** When each gauge was last set. */
  readonly gaugesAt: Record<SeriesKey, EpochMillis>;
  /** The last push of each isolate, and when it came. */
  readonly sources: Record<string, { readonly sequence: number; readonly at: EpochMillis }>;
  /** Spans in which something happened, oldest first. */
  readonly samples: MeterSample[];
  /** The isolate that wrote it. */
  readonly isolate?: string;
}

/** `counted`: added now; `repeated`: had been added before. Either way the sender may forget the push. */
export type Added = { readonly kind: "counted" } | { readonly kind: "repeated" };

/** The sums of one region. */
export class MeterLedger {
  readonly #state: StoredLedger;

  /**
   * Goes on with what was stored, or begins at `now`. Gauges speak of what isolates hold in memory, so they end with the isolate:
   * what another than `isolate` has stored is from before a restart or a deploy, which ended all of them.
   */
  constructor(stored: StoredLedger | undefined, now: EpochMillis, isolate: string) {
    const state = stored ?? { v: 1, since: now, totals: emptyTotals(), gaugesAt: {}, sources: {}, samples: [] };
    const isOurs = state.isolate === isolate;
    this.#state = isOurs ? state : { ...state, totals: { ...state.totals, gauges: {} }, gaugesAt: {}, isolate };
  }

  /** Adds a push, unless it has been added before. */
  add(push: MeterPush, now: EpochMillis): Added {
    const { sources, totals, gaugesAt } = this.#state;
    const known = Object.hasOwn(sources, push.source) ? sources[push.source] : undefined;
    if (known !== undefined && push.sequence <= known.sequence) return { kind: "repeated" };
    sources[push.source] = { sequence: push.sequence, at: now };
    this.#forgetSources();
    addTo(totals, push.deltas);
    for (const key of Object.keys(push.deltas.gauges)) if (key in totals.gauges) gaugesAt[key] = now;
    this.#sample(push, now);
    return { kind: "counted" };
  }

  /** The sums and the last samples, without gaps, at `now`. Gauges that have not been set for long are left out. */
  totals(now: EpochMillis): MeterTotals {
    this.#forgetGauges(now);
    return {
      v: 1,
      since: this.#state.since,
      totals: this.#state.totals,
      samples: withoutGaps(this.#state.samples, now),
    };
  }

  /** What to store. It changes with the next `add`: store it, or copy it, before. */
  stored(): StoredLedger {
    return this.#state;
  }

  #sample(push: MeterPush, now: EpochMillis): void {
    const { samples } = this.#state;
    const at = spanOf(now);
    const last = samples.at(-1);
    // A clock that steps back adds to the last span: samples stay in order.
    const current = last !== undefined && last.at >= at ? (samples.pop() as MeterSample) : emptySample(at);
    const added = summarise(push.deltas);
    samples.push({
      at: current.at,
      requests: current.requests + added.requests,
      cacheable: current.cacheable + added.cacheable,
      hits: current.hits + added.hits,
      errors: current.errors + added.errors,
      clientBytes: current.clientBytes + added.clientBytes,
      originRequests: current.originRequests + added.originRequests,
    });
    if (samples.length > LIMITS.meterSamples) samples.splice(0, samples.length - LIMITS.meterSamples);
  }

  #forgetSources(): void {
    const entries = Object.entries(this.#state.sources);
    if (entries.length <= METER_LIMITS.meterSources) return;
    let oldest = entries[0] as (typeof entries)[number];
    for (const entry of entries) if (entry[1].at < oldest[1].at) oldest = entry;
    delete this.#state.sources[oldest[0]];
  }

  #forgetGauges(now: EpochMillis): void {
    for (const [key, at] of Object.entries(this.#state.gaugesAt)) {
      if (now - at <= METER_LIMITS.gaugeMillis) continue;
      delete this.#state.gaugesAt[key];
      delete this.#state.totals.gauges[key];
    }
  }
}

const spanOf = (now: EpochMillis): EpochMillis =>
  epochMillis(Math.floor(now / LIMITS.meterSampleMillis) * LIMITS.meterSampleMillis);

const emptySample = (at: EpochMillis): MeterSample => ({
  at,
  requests: 0,
  cacheable: 0,
  hits: 0,
  errors: 0,
  clientBytes: 0,
  originRequests: 0,
});

// Only spans with traffic are kept; the others are drawn as nothing. The last is the one that `now` lies in.
function withoutGaps(samples: readonly MeterSample[], now: EpochMillis): readonly MeterSample[] {
  const byStart = new Map(samples.map((sample) => [sample.at, sample]));
  const last = spanOf(now);
  return Array.from({ length: LIMITS.meterSamples }, (_, index) => {
    const at = epochMillis(last - (LIMITS.meterSamples - 1 - index) * LIMITS.meterSampleMillis);
    return byStart.get(at) ?? emptySample(at);
  });
}
