// A hub's dependencies: clock, randomness, timers, its log, other hubs, its shards. The Durable Object provides the platform's, a
// test or the simulator its own. Calls to nodes reject if a node is unreachable or late; that is expected, and each caller
// handles it.

import type { EpochMillis, Millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { PurgeSet } from "../purge/purge-set.ts";
import type { Vector } from "../purge/vector.ts";
import type {
  ApplyRequest,
  ApplyResponse,
  AwaitRequest,
  AwaitResponse,
  DryRunRequest,
  DryRunResponse,
  ExchangeRequest,
  ExchangeResponse,
} from "../purge/wire.ts";
import type { LogLimits } from "./log/compaction.ts";
import type { EventLog } from "./log/log.ts";

/** A timer that can be given up, so that nothing keeps an idle object awake. */
export interface Timer {
  readonly done: Promise<void>;
  cancel(): void;
}

/** The other regions' hubs. */
export interface PeerPort {
  exchange(region: RegionId, request: ExchangeRequest): Promise<ExchangeResponse>;
  await(region: RegionId, request: AwaitRequest): Promise<AwaitResponse>;
}

/** The shards of the hub's own region, by index. */
export interface ShardPort {
  apply(index: number, request: ApplyRequest): Promise<ApplyResponse>;
  dryRun(index: number, request: DryRunRequest): Promise<DryRunResponse>;
}

/** Something that a hub's operator should know. */
export type HubNote =
  /** This hub lacks events, up to `lacked`, that others keep no longer; all that its region has stored is purged. */
  | {
      readonly kind: "emptied";
      readonly region: RegionId;
      /** The region whose hub said so. */
      readonly by: RegionId;
      readonly lacked: Vector;
    }
  /** The scopes of these purges were too many: older ones were folded into what covers them, so often. */
  | {
      readonly kind: "folded";
      readonly region: RegionId;
      readonly purges: readonly string[];
      readonly by: readonly string[];
      readonly folds: PurgeSet["folds"];
    };

export interface HubPorts {
  readonly log: EventLog;
  readonly peers: PeerPort;
  readonly shards: ShardPort;
  now(): EpochMillis;
  /** From 0 up to 1, unpredictable: incarnations are made of it. */
  random(): number;
  timer(duration: Millis): Timer;
  /** Has `Hub.alarm` called at `at` or soon after, also if this instance is gone by then; replaces what was set before. */
  setAlarm(at: EpochMillis): void;
  /** Something that the operator should know. */
  note(note: HubNote): void;
  /** SHA-256 of UTF-8 text, in hexadecimal. */
  sha256(text: string): Promise<string>;
}

/** Where a hub is and who else is configured. */
export interface HubPlace {
  readonly region: RegionId;
  /** All configured regions, its own among them. */
  readonly regions: readonly RegionId[];
  /** How many shards its region has. */
  readonly shards: number;
  /** How long its log may grow; smaller than usual in tests. */
  readonly logLimits?: LogLimits;
}
