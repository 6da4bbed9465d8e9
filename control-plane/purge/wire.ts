// Messages about purges between shards and hubs, and between hubs: JSON bodies of POST requests to a node's own paths.
// Types only; control-plane/README.md lists senders and occasions. Every message has its format's version.

import type { Bytes, EpochMillis, Millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { ControlEvent, Scope, StandingEvent } from "./event.ts";
import type { Settles } from "./settle.ts";
import type { Dot, HubId, Vector } from "./vector.ts";

/** What is known of one scope: for each severity the greatest dot per hub. */
export interface PurgeRecord {
  readonly scope: Scope;
  readonly soft: Vector;
  readonly hard: Vector;
  /** What purges of it ask of refills, where some do. Readers from before it keep every refill. */
  readonly settles?: Settles;
}

/**
 * Purge knowledge that the receiver may lack: `records` holds every scope with a dot beyond `since`. Whoever knows less
 * than `since` (it was restarted, say) may take the records, but not the vector.
 */
export interface PurgeNews {
  readonly v: 1;
  readonly vector: Vector;
  /** What the sender took the receiver to know; absent, the records are all there are. */
  readonly since?: Vector;
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
  /**
   * A lease: the shard may release responses for this long, counted from before it asked, with what came along applied.
   * Absent while the hub has not heard every other hub recently.
   */
  readonly leaseMillis?: Millis;
}

/** Hub -> shard, or tier -> tier that is behind, `POST /apply`. Answered once applied. */
export interface ApplyRequest extends PurgeNews {
  readonly drained?: readonly RegionId[];
  /** The hub would like to know how many entries that ends. */
  readonly count?: true;
}
export interface ApplyResponse {
  readonly v: 1;
  readonly vector: Vector;
  /** How many entries it ended or made stale that were alive, if that was asked for. */
  readonly entries?: number;
  /** The shard holds no lease now, so it asks its hub before it releases anything. */
  readonly isUnleased?: true;
}

/** What each region's hub is known to hold durably, so that others need not ask it. Left out when hubs are many. */
export type HeldVectors = Readonly<Partial<Record<RegionId, { readonly hub: HubId; readonly vector: Vector }>>>;

/** Hubs that are known to hold all of the sender's vector, by region: sent in place of `HeldVectors` where hubs are many. */
export type Holders = Readonly<Partial<Record<RegionId, HubId>>>;

/**
 * What a hub says to one that lacks events which it keeps no longer: all of them are taken as purges of everything, so the
 * other hub's region empties and fetches again. In place of the events themselves it names what still stands of those that
 * were no purges. Versions from before it ignore it, and go on lacking those events, which they say of themselves.
 */
export interface Base {
  /** Of each hub, the last event that is no longer kept. */
  readonly vector: Vector;
  /** Joins, suspensions and drains among those events that still stand. */
  readonly events: readonly StandingEvent[];
  /** Incarnations that are members no longer. */
  readonly replaced: readonly HubId[];
  /** How long purges among them asked their origins to settle. */
  readonly settles?: Settles;
}

/** How long ago a hub asked others that answered, and all of whose knowledge it holds: at the moment in which it says so. */
export type HeardAges = Readonly<Partial<Record<RegionId, Millis>>>;

/** Hub -> hub, `POST /exchange`: here are events you may lack, and what I know; answered once they are durable. */
export interface ExchangeRequest {
  readonly v: 1;
  readonly from: HubId;
  readonly region: RegionId;
  readonly vector: Vector;
  /** What comes before the events, where the receiver lacks more than the sender keeps. */
  readonly base?: Base;
  /** In log order per hub. */
  readonly events: readonly ControlEvent[];
  readonly held?: HeldVectors;
  readonly holders?: Holders;
  /** The sender sends what it has just accepted; it gets other hubs' events from them. */
  readonly news?: true;
}
export interface ExchangeResponse {
  readonly v: 1;
  readonly hub: HubId;
  readonly region: RegionId;
  readonly vector: Vector;
  readonly base?: Base;
  /** What the sender lacks, bounded; `more` says that some was left for the next exchange. */
  readonly events: readonly ControlEvent[];
  readonly more: boolean;
  readonly held?: HeldVectors;
  readonly holders?: Holders;
  readonly heard?: HeardAges;
  /** The sender's log is an old copy: other events already stand at its dots. It must begin a new incarnation. */
  readonly restored?: true;
}

/** Hub -> hub, `POST /await`: answer when all these events are applied in your region, or when the time is up. */
export interface AwaitRequest {
  readonly v: 1;
  readonly dots: readonly Dot[];
  readonly timeoutMillis: Millis;
}
export interface AwaitResponse {
  readonly v: 1;
  readonly region: RegionId;
  /** One for each dot asked for, in that order. */
  readonly states: readonly HeldState[];
}
export interface HeldState {
  /** Durable in this hub's log. */
  readonly held: boolean;
  /** How long until every lease that this hub's region granted before it held the purge is over; 0 once they are. */
  readonly completeIn?: Millis;
  /** It is complete in every region, as this hub knows, since this instant of whichever hub said so first. */
  readonly completeSince?: EpochMillis;
  /** When the last subscribed shard had acknowledged it, by this hub's clock. */
  readonly appliedAt?: EpochMillis;
  /** How many entries it ended or made stale in all shards of the region, where they were counted. */
  readonly entries?: number;
  /** Shards that have not acknowledged it, where that is what it waits for. */
  readonly waitingFor?: readonly number[];
}

/** API -> hub -> its shards, `POST /dry-run`: what would a purge of these hit? */
export interface DryRunRequest {
  readonly v: 1;
  readonly scopes: readonly Scope[];
}
export interface DryRunResponse {
  readonly v: 1;
  readonly entries: number;
  readonly bytes: Bytes;
}
