// What the page knows of the cluster, in the page's own words: regions, their counters, purges. `decode.ts` makes these from
// the control API's answers and is the only file that knows both. Instants are the answering region's own clock.

import type { Bytes, EpochMillis, Millis } from "../../config/units.ts";
import type { Coordinates, RegionId } from "../../config/world/regions.ts";
import type { Vector } from "../purge/vector.ts";

/** `drained`: takes no clients because somebody said so. `down`: did not answer. */
export type Health = "live" | "drained" | "down";

/** A region as the answering one sees it. */
export interface Region {
  readonly id: RegionId;
  readonly name: string;
  readonly city: string;
  readonly place: Coordinates;
  readonly health: Health;
  /** Also of a region that is down: it takes no clients once it is back. */
  readonly drained: boolean;
  readonly shards: number;
  /** Absent while the region does not answer. */
  readonly hub?: { readonly joined: boolean; readonly vector: Vector };
  /** Why it does not answer, or takes no purges. */
  readonly reason?: string;
}

/** Counters that only grow, until what counts begins again at zero. */
export interface Totals {
  readonly requests: number;
  readonly bytes: Bytes;
  readonly originRequests: number;
  readonly originFailures: number;
}

/** What one region reported of its traffic since its counters began. */
export interface RegionReport {
  readonly totals: Totals;
  /** 0 to 1, of cacheable requests; absent without any, like the percentiles of time to first byte. */
  readonly hitRatio?: number;
  readonly p50?: Millis;
  readonly p99?: Millis;
  readonly entries: number;
  readonly heldBytes: Bytes;
  /** Origins that shards of this region asked lately, and how many of those shards spare them now. */
  readonly breakers: readonly { readonly origin: string; readonly shards: number; readonly open: number }[];
}

/** One span of the cluster's series. */
export interface Span {
  /** Its beginning. */
  readonly at: EpochMillis;
  readonly requests: number;
  readonly originRequests: number;
  readonly hitRatio?: number;
}

/** Traffic of all regions that answered, at one instant. */
export interface Sample {
  readonly at: EpochMillis;
  readonly regions: Readonly<Partial<Record<RegionId, RegionReport>>>;
  /** Over all regions. */
  readonly p50?: Millis;
  readonly p99?: Millis;
  /** Oldest first, each of `spanFor`. */
  readonly spans: readonly Span[];
  readonly spanFor: Millis;
}

export type PurgeState = "accepted" | "applied" | "complete" | "partial";
export type RegionPurgeState = "pending" | "accepted" | "applied" | "complete";

/** A purge as its receipt tells it. */
export interface Purge {
  readonly id: string;
  readonly state: PurgeState;
  readonly soft: boolean;
  /** `everything` has no value. */
  readonly scopes: readonly { readonly kind: string; readonly value: string }[];
  readonly by: string;
  readonly reason?: string;
  readonly acceptedAt: EpochMillis;
  readonly appliedAt?: EpochMillis;
  /** By when it is complete, whatever happens until then. */
  readonly completeBy?: EpochMillis;
  readonly hub: string;
  readonly regions: readonly {
    readonly region: RegionId;
    readonly state: RegionPurgeState;
    readonly reason?: string;
  }[];
}

/** What a purge would hit, had it been one. */
export interface DryRun {
  readonly entries: number;
  readonly bytes: Bytes;
  /** Regions that did not answer and are not counted. */
  readonly missing: readonly string[];
}

/** What went wrong with a request, from an RFC 9457 problem or in its likeness. `status` 0: no answer came. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  /** Faults of single fields, by JSON pointer into the body that was sent. */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
}
