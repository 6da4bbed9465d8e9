// A hub's state, derived from its log: purges, members, drained regions. Only this file writes to the log, so the two never differ;
// it shortens a log that is too long (compaction.ts). A log begins with a new incarnation and its join event; a hub that learns of
// earlier incarnations of its region joins again, replacing them. One dot never identifies two events: a log restored from an old
// copy is abandoned, and its events are copied from the other hubs.

import { type EpochMillis, type Millis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { isSameEvent, sortOut } from "../../gossip/exchange.ts";
import { drainAt, drainedRegions } from "../../membership/drain-state.ts";
import { members, replacedHubs, unreplaced } from "../../membership/membership.ts";
import {
  drainsOf,
  joinsOf,
  mergedStanding,
  NOTHING_STANDS,
  reduced,
  type Standing,
  suspendsOf,
  withStanding,
} from "../../membership/membership-state.ts";
import { standingSuspensions } from "../../membership/suspension.ts";
import type { ControlEvent, DrainEvent, PurgeEvent, SuspendEvent } from "../../purge/event.ts";
import { PurgeSet } from "../../purge/purge-set.ts";
import { covers, coversAll, type Dot, formatDot, type HubId, join, type Vector } from "../../purge/vector.ts";
import type { Base } from "../../purge/wire.ts";
import { HUB_LIMITS } from "../limits.ts";
import { UNHEARD_END } from "../receipts/lease-times.ts";
import { dropUpTo, isStillLarge, isTooLong, LOG_LIMITS, type LogLimits, purgeOfUnknown } from "./compaction.ts";
import type { EventLog } from "./log.ts";
import { type KnownBase, LogFront } from "./log-base.ts";
import { SettledVector } from "./settled-vector.ts";

/** A purge to be logged; dot, version and instant are the ledger's to give. */
export type NewPurge = Omit<PurgeEvent, "v" | "kind" | "dot" | "at">;

/** The result of receiving events. */
export interface ReceivedEvents {
  readonly fresh: readonly ControlEvent[];
  /** Hubs at whose dots other events are logged here than came in. */
  readonly contradicted: ReadonlySet<HubId>;
}

/** Purges are matched by shards, not by hubs. */
const MATCHES_NOTHING = (): readonly string[] => [];
const READ_AT_ONCE = 500;

export class Ledger {
  readonly #log: EventLog;
  readonly #region: RegionId;
  readonly #now: () => EpochMillis;
  readonly #random: () => number;
  #hub: HubId;
  #purges = new PurgeSet(MATCHES_NOTHING);
  #standing: Standing = NOTHING_STANDS;
  readonly #front: LogFront;
  /** When events were logged here, for those of the last moments: earlier ones have been held for longer than matters. */
  readonly #loggedAt = new Map<string, EpochMillis>();
  /** Since when all others have been held, as far as is known: since the start, or since a base was taken. */
  #heldSince: EpochMillis;
  readonly #limits: LogLimits;
  readonly #settled: SettledVector;

  /** Reads the whole log, or begins one. */
  constructor(log: EventLog, region: RegionId, now: () => EpochMillis, random: () => number, limits = LOG_LIMITS) {
    this.#log = log;
    this.#region = region;
    this.#now = now;
    this.#random = random;
    this.#limits = limits;
    this.#front = new LogFront(log, now);
    this.#heldSince = now();
    this.#settled = new SettledVector(now);
    const identity = log.identity();
    if (identity === undefined) this.#hub = this.#begin();
    else {
      this.#hub = identity;
      const { standing, records } = this.#front.read();
      this.#standing = standing;
      this.#purges.merge({ v: 1, vector: this.#front.vector, records });
      for (const [hub, last] of Object.entries(log.vector())) this.#readAll(hub, last);
      // A crash right after `begin` leaves a log without its first event.
      if ((this.vector[identity] ?? 0) === 0) this.#join([]);
    }
  }

  get hub(): HubId {
    return this.#hub;
  }

  /** What is durable here, without gaps. */
  get vector(): Vector {
    return this.#purges.vector;
  }

  /** What has been durable here for a while: a hub that lacks it was not reached by its senders. */
  get settled(): Vector {
    return this.#settled.of(this.vector);
  }

  get purges(): PurgeSet {
    return this.#purges;
  }

  /** What stands in place of dropped events; undefined while none were. */
  get base(): KnownBase | undefined {
    return this.#front.known;
  }

  get drained(): readonly RegionId[] {
    return drainedRegions(drainsOf(this.#standing));
  }

  get members(): ReadonlyMap<RegionId, HubId> {
    return members(joinsOf(this.#standing), this.#standing.replaced);
  }

  isReplaced(hub: HubId): boolean {
    return replacedHubs(joinsOf(this.#standing), this.#standing.replaced).has(hub);
  }

  /** Regions' hubs that some hub could not reach for long, and that have not joined again since. */
  get suspensions(): readonly SuspendEvent[] {
    const suspends = suspendsOf(this.#standing);
    if (suspends.length === 0) return suspends;
    return standingSuspensions(suspends, joinsOf(this.#standing), (hub) => this.isReplaced(hub));
  }

  /** The last join event of this incarnation: what others must hold before it accepts purges. */
  get joinDot(): Dot {
    const own = joinsOf(this.#standing).filter((event) => event.dot.hub === this.#hub);
    return { hub: this.#hub, counter: Math.max(...own.map((event) => event.dot.counter)) };
  }

  /**
   * How long this hub has held the event at `dot`, by its own clock, and never said longer than it is; undefined if it does
   * not hold it. What it held before a restart counts from when the log says that it was applied, and what it took with a base
   * or has no such word of from then: it no longer knows since when.
   */
  heldFor(dot: Dot): Millis | undefined {
    if (!covers(this.vector, dot)) return undefined;
    const earlier = (this.#log.appliedAt(dot) ?? Number.POSITIVE_INFINITY) + HUB_LIMITS.restartSkewMillis;
    const since = this.#loggedAt.get(formatDot(dot)) ?? Math.min(this.#heldSince, earlier);
    return millis(Math.max(0, this.#now() - since));
  }

  appendPurge(purge: NewPurge): PurgeEvent {
    const event: PurgeEvent = { v: 1, kind: "purge", dot: this.#nextDot(), at: this.#now(), ...purge };
    this.#add([event]);
    return event;
  }

  appendSuspend(region: RegionId, hub: HubId): SuspendEvent {
    const event: SuspendEvent = { v: 1, kind: "suspend", dot: this.#nextDot(), at: this.#now(), region, hub };
    this.#add([event]);
    return event;
  }

  appendDrain(region: RegionId, kind: "drain" | "undrain", by: string): DrainEvent {
    const at = drainAt(drainsOf(this.#standing), region, this.#now());
    const event: DrainEvent = { v: 1, kind, dot: this.#nextDot(), at, region, by };
    this.#add([event]);
    return event;
  }

  /** Logs what is new of events that came in. Joins again if they tell of earlier incarnations of this region, or suspend it. */
  take(events: readonly ControlEvent[]): ReceivedEvents {
    const { fresh, repeated } = sortOut(events, this.vector);
    this.#add(fresh);
    const contradicted = new Set<HubId>();
    for (const event of repeated) {
      const logged = this.#log.find(event.dot);
      if (logged !== undefined && !isSameEvent(logged, event)) contradicted.add(event.dot.hub);
    }
    if (fresh.length > 0) this.#joinAgain();
    return { fresh, contradicted };
  }

  /**
   * What another hub no longer keeps and this one lacks: it may have purged anything. Gives the last of those events of each
   * hub; none if nothing is lacking. What is asked of this hub's own events it has itself, or its log is an old copy.
   */
  takeBase(theirs: Base, by: RegionId): readonly Dot[] {
    const known = this.vector;
    const lacked = Object.entries(theirs.vector).filter(([hub, counter]) => !covers(known, { hub, counter }));
    if (lacked.length === 0 || lacked.some(([hub]) => hub === this.#hub)) return [];
    const record = purgeOfUnknown(Object.fromEntries(lacked), theirs);
    const standing = mergedStanding(this.#standing, known, theirs, theirs.vector, this.#hub);
    const vector = join(this.#front.vector, theirs.vector);
    // mutant: away-until-restarted, with this.#front.replace(vector, standing, this.#purges.records, by);
    this.#front.replace(vector, standing, [...this.#purges.records, record], by);
    this.#standing = standing;
    this.#settled.growing(known);
    // mutant: away-and-none-the-wiser, with this.#purges.merge({ v: 1, vector: theirs.vector, records: [] });
    this.#purges.merge({ v: 1, vector: theirs.vector, records: [record] });
    // mutant: held-since-the-start
    this.#heldSince = this.#now();
    this.#joinAgain();
    return lacked.map(([hub, counter]) => ({ hub, counter }));
  }

  /** What is sent to a hub that lacks events which are kept no longer. */
  baseToTell(): Base | undefined {
    return this.#front.toTell(this.#standing);
  }

  /** Gives this log up, for its numbers were used before, and begins an empty one as a new incarnation. */
  restart(): void {
    this.#purges = new PurgeSet(MATCHES_NOTHING);
    this.#settled.forget();
    this.#standing = NOTHING_STANDS;
    this.#front.forget();
    this.#hub = this.#begin();
  }

  #begin(): HubId {
    // mutant: reused-dot
    const digits = Array.from({ length: 12 }, () => Math.floor(this.#random() * 36).toString(36));
    const hub = `${this.#region}.${digits.join("")}`;
    this.#log.begin(hub);
    this.#hub = hub;
    this.#join([]);
    return hub;
  }

  /** Earlier incarnations of this region may have come up, or suspensions of this hub. */
  #joinAgain(): void {
    const replaces = unreplaced(joinsOf(this.#standing), this.#hub, this.#region, this.#standing.replaced);
    const lifts = this.suspensions.filter((event) => event.hub === this.#hub).map((event) => event.dot);
    if (replaces.length > 0 || lifts.length > 0) this.#join(replaces, lifts);
  }

  #join(replaces: readonly HubId[], lifts: readonly Dot[] = []): void {
    const join = { v: 1, kind: "join", dot: this.#nextDot(), at: this.#now(), region: this.#region, replaces } as const;
    this.#add([lifts.length === 0 ? join : { ...join, lifts }]);
  }

  #nextDot(): Dot {
    return { hub: this.#hub, counter: (this.vector[this.#hub] ?? 0) + 1 };
  }

  #add(events: readonly ControlEvent[]): void {
    if (events.length === 0) return;
    this.#log.append(events);
    this.#settled.growing(this.vector);
    const now = this.#now();
    for (const event of events) {
      this.#derive(event);
      this.#loggedAt.set(formatDot(event.dot), now);
    }
    this.#forgetOldInstants(now);
    this.#cutIfLong();
  }

  /** Drops the front of a log that has grown too long. */
  #cutIfLong(): void {
    if (!isTooLong(this.#log, this.#limits)) return;
    do {
      const before = this.#front.vector;
      const vector = dropUpTo(before, this.vector, this.#limits.events / 2);
      // Of each hub the last event stays, however large it is.
      if (coversAll(before, vector)) return;
      this.#standing = reduced(this.#standing, vector, this.#hub);
      this.#front.replace(vector, this.#standing, this.#purges.records);
    } while (isStillLarge(this.#log, this.#limits));
  }

  /** What has been held for longer than any wait counts as held since the start; a clock that was set back keeps it. */
  #forgetOldInstants(now: EpochMillis): void {
    for (const [dot, at] of this.#loggedAt) {
      if (now - at < UNHEARD_END + HUB_LIMITS.leaseMarginMillis) break;
      this.#loggedAt.delete(dot);
    }
  }

  #readAll(hub: HubId, last: number): void {
    for (let after = this.#front.vector[hub] ?? 0; after < last; after += READ_AT_ONCE) {
      for (const event of this.#log.read(hub, after, READ_AT_ONCE)) this.#derive(event);
    }
  }

  #derive(event: ControlEvent): void {
    this.#purges.apply(event);
    this.#standing = withStanding(this.#standing, event);
  }
}
