// Messages about purges between shards and hubs, and between hubs: JSON bodies of POST requests to a node's own paths.
// Shapes only; who sends which and when is told in control-plane/README.md. Every message carries its format's version.

import type { RegionId } from "../../config/regions.ts";
import type { Bytes, EpochMillis, Millis } from "../../config/units.ts";
import type { ControlEvent, Scope } from "./event.ts";
import type { Dot, HubId, Vector } from "./vector.ts";

/** What is known of one scope: for each severity the greatest dot per hub. */
export interface PurgeRecord {
  readonly scope: Scope;
  readonly soft: Vector;
  readonly hard: Vector;
}

/** Purge knowledge that the receiver may lack: `records` holds every scope with a dot beyond the receiver's vector. */
export interface PurgeNews {
  readonly v: 1;
  readonly vector: Vector;
  readonly records: readonly PurgeRecord[];
}

/** Shard -> its hub, `POST /sync`: "what do you know beyond this?" It also subscribes the shard to `/apply`. */
export interface SyncRequest {
  readonly v: 1;
  /** Index of the asking shard in its region. */
  readonly shard: number;
  readonly vector: Vector;
  /** A vector that the shard was shown by a caller or a client (Meridian-Min-Purge): the hub asks its peers if it lacks it. */
  readonly want?: Vector;
}
export interface SyncResponse extends PurgeNews {
  /** Regions that take no clients. */
  readonly drained: readonly RegionId[];
}

/** Hub -> shard, or tier -> tier that is behind, `POST /apply`. Answered once applied. */
export interface ApplyRequest extends PurgeNews {
  readonly drained?: readonly RegionId[];
}
export interface ApplyResponse {
  readonly v: 1;
  readonly vector: Vector;
}

/** Hub -> hub, `POST /exchange`: here are events you may lack, and what I know; answered once they are durable. */
export interface ExchangeRequest {
  readonly v: 1;
  readonly from: HubId;
  readonly region: RegionId;
  readonly vector: Vector;
  /** In log order per hub. */
  readonly events: readonly ControlEvent[];
}
export interface ExchangeResponse {
  readonly v: 1;
  readonly hub: HubId;
  readonly region: RegionId;
  readonly vector: Vector;
  /** What the sender lacks, bounded; `more` says that some was left for the next exchange. */
  readonly events: readonly ControlEvent[];
  readonly more: boolean;
}

/** Hub -> hub, `POST /await`: answer when these events are applied in your region, or when the time is up. */
export interface AwaitRequest {
  readonly v: 1;
  readonly dot: Dot;
  readonly timeoutMillis: Millis;
}
export interface AwaitResponse {
  readonly v: 1;
  readonly region: RegionId;
  /** Durable in this hub's log. */
  readonly held: boolean;
  /** When the last subscribed shard had acknowledged it, by this hub's clock. */
  readonly appliedAt?: EpochMillis;
}

/** API -> shards through a hub, `POST /dry-run`: what would a purge of these hit? */
export interface DryRunResponse {
  readonly v: 1;
  readonly entries: number;
  readonly bytes: Bytes;
}
