// The types of a latency report, which `--json` prints and the table and the page show. Times are milliseconds with three
// decimals, from writing the request to an open connection until the response's head has been read, without connecting.

import type { EpochMillis, Millis } from "../../config/units.ts";
import type { Coordinates } from "../../config/world/regions.ts";
import type { ProbeKind } from "./plan.ts";

/** Percentiles and extremes of one series. */
export interface LatencyDistribution {
  readonly p50: Millis;
  readonly p90: Millis;
  readonly p99: Millis;
  readonly min: Millis;
  readonly max: Millis;
  readonly mean: Millis;
}

/** All counted probes of one kind from one place. */
export interface Series {
  /** Probes that were answered; errors are not among them. */
  readonly count: number;
  readonly errors: number;
  /** Errors by message, most frequent first; at most five. */
  readonly errorKinds: Readonly<Record<string, number>>;
  /** Absent when nothing was answered. */
  readonly timeToFirstByte?: LatencyDistribution;
  /** Answers by cache result: `hit`, `stale hit`, `revalidated`, `miss`, `bypass`, `unknown`. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Answers by the region that served them; empty for answers that named none. */
  readonly regions: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  /** The median of each tier's part in `Server-Timing`, in milliseconds. */
  readonly serverTimingP50: Readonly<Record<string, Millis>>;
}

export interface PlaceReport {
  readonly name: string;
  /** The value of `Meridian-From`; absent for "here". */
  readonly from?: string;
  readonly place?: Coordinates;
  /** The region that answered most of its probes through the CDN. */
  readonly region?: string;
  /** `direct` is absent when the origin was not measured. */
  readonly series: Readonly<Partial<Record<ProbeKind, Series>>>;
}

export interface LatencyReport {
  readonly v: 1;
  /** The URL that was asked for, and the origin's where it was asked itself. */
  readonly url: string;
  readonly directUrl?: string;
  readonly startedAt: EpochMillis;
  readonly tookMillis: Millis;
  readonly samples: number;
  readonly concurrency: number;
  /** `placed`: the deployment was asked to place each probe; `here`: all come from this machine's own address. */
  readonly clients: "placed" | "here";
  readonly places: readonly PlaceReport[];
  /** Caveats for the reader, in whole sentences. */
  readonly notes: readonly string[];
}
