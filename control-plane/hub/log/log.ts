// The interface of a hub's log, from which the rest of its state is derived. Events are appended; a base replaces those at the
// front when the log is too long (compaction.ts). A write is durable before any later message leaves the hub (in production by a
// Durable Object's output gate). A log never has an event without its predecessor in the same hub's log, or a base that covers it.

import type { EpochMillis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { HeldBy } from "../../gossip/peer-vectors.ts";
import type { Standing } from "../../membership/membership-state.ts";
import type { ControlEvent, PurgeEvent } from "../../purge/event.ts";
import type { Dot, HubId, Vector } from "../../purge/vector.ts";
import type { PurgeRecord } from "../../purge/wire.ts";

/** A place in the list of purges, which is ordered by `at`, then hub, then counter. */
export interface LogPlace {
  readonly at: EpochMillis;
  readonly dot: Dot;
}

/** What stands in place of the events that were dropped from the front of a log: it says no less of purges than they did. */
export interface LogBase {
  /** Version of this format. */
  readonly v: 1;
  /** Of each hub, the last event that was dropped. */
  readonly vector: Vector;
  /** When they were dropped, by this hub's clock. */
  readonly at: EpochMillis;
  /** What they said of members and drained regions, as far as it still holds. */
  readonly standing: Standing;
  /** All that was known of purges then, of later ones too. */
  readonly records: readonly PurgeRecord[];
  /** When this hub last learned that it lacks events which none of the queried hubs keeps, and from which region's hub. */
  readonly emptied?: { readonly at: EpochMillis; readonly by: RegionId };
}

/** Small facts that survive a restart: who has joined (a hub id), and how many repairs in a row left some hub behind. */
export type Remembered = "joined" | "repairs";

/** Every method is synchronous: between two of them nothing else happens. */
export interface EventLog {
  /** Whose log this is; undefined before the first `begin`. */
  identity(): HubId | undefined;
  /** Forgets everything and begins an empty log as `hub`, an incarnation never used before. */
  begin(hub: HubId): void;
  /** The greatest counter of each hub, of events that were dropped too. */
  vector(): Vector;
  /** How many events it holds. */
  length(): number;
  /** About how many bytes they take. */
  bytes(): number;
  /** What stands in place of dropped events; undefined while none were. Reads it again each time: for the start. */
  base(): LogBase | undefined;
  /** Drops the events that `base` covers and keeps it in their place, in that of an earlier one too: all or none of it. */
  compact(base: LogBase): void;
  /** Adds events, each the next of its hub; all or none. Throws on a gap or a repetition: the caller has sorted them. */
  append(events: readonly ControlEvent[]): void;
  /** At most `limit` events of one hub, in order, after counter `after`. */
  read(hub: HubId, after: number, limit: number): readonly ControlEvent[];
  find(dot: Dot): ControlEvent | undefined;
  /** Whether `find` would find it; costs nothing, where reading an event of thousands of scopes takes milliseconds. */
  has(dot: Dot): boolean;
  /** The first purge that a token asked for under this key, first by the list's order: the same in every log that holds it. */
  findByKey(by: string, key: string): PurgeEvent | undefined;
  /** At most `limit` purges, newest first, before `place` if one is given. */
  newestPurges(limit: number, place?: LogPlace): readonly PurgeEvent[];
  /** When the purge at `dot` was applied in this hub's region; undefined if it is not known to be. */
  appliedAt(dot: Dot): EpochMillis | undefined;
  /** Says so, once; a purge that was marked before keeps its instant. */
  markApplied(dots: readonly Dot[], at: EpochMillis): void;
  /** When the purge at `dot` was complete in every region; undefined if it is not known to be. */
  completeAt(dot: Dot): EpochMillis | undefined;
  /** Says so, once, of a purge that is in the log; one that was marked before keeps its instant. */
  markComplete(dot: Dot, at: EpochMillis): void;
  /** What other hubs were known to hold. */
  peers(): readonly HeldBy[];
  savePeer(peer: HeldBy): void;
  recall(name: Remembered): string | undefined;
  remember(name: Remembered, value: string): void;
}
