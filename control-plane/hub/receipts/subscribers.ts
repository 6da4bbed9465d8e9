// The shards that may be serving under this hub's leases, and the purges they have applied. A shard subscribes by a /sync. It is
// sent new purges until its last sync is older than a lease. A purge is applied in the region once every subscribed shard has
// acknowledged it. A shard that does not answer delays that until its subscription expires: by then it must sync before it uses
// stored responses.
// Subscriptions live in memory. A hub that was restarted does not know which shards hold leases of its predecessor, so it takes all
// of the region's shards to be subscribed until those leases are over: it must not call a purge applied too early.

import { addMillis, type EpochMillis, epochMillis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { PurgeSet } from "../../purge/purge-set.ts";
import { covers, coversAll, type Dot, EMPTY_VECTOR, formatDot, join, type Vector } from "../../purge/vector.ts";
import { HUB_LIMITS } from "../limits.ts";
import type { EventLog } from "../log/log.ts";
import type { ShardPort } from "../ports.ts";
import { EndedEntries } from "./purged-entry-counts.ts";

interface Subscriber {
  /** What it has acknowledged, or cannot use anything without. */
  vector: Vector;
  /** When it last asked. */
  askedAt: EpochMillis;
  /** It has not asked this hub, but may hold a lease of its predecessor. */
  readonly isPresumed?: true;
}

/** What the subscribers' keeper reads of the hub. */
export interface SubscribersContext {
  readonly log: EventLog;
  readonly shards: ShardPort;
  /** How many the region has. */
  readonly shardCount: number;
  now(): EpochMillis;
  purges(): PurgeSet;
  drained(): readonly RegionId[];
  /** When events were last dropped from the log. */
  droppedAt(): EpochMillis | undefined;
  /** Some purge is now applied. */
  changed(): void;
}

export class Subscribers {
  readonly #context: SubscribersContext;
  readonly #byShard = new Map<number, Subscriber>();
  /** Purges logged in this life that some subscriber has not acknowledged. */
  readonly #open = new Map<string, Dot>();
  /** When purges were applied for which a receipt may be requested, as the log has it. */
  readonly #appliedAt = new Map<string, EpochMillis>();
  /** When the first subscriber's time is over, as of the last look. */
  #looksAgainAt = 0;
  /** How many entries purges ended. */
  readonly ended: EndedEntries;
  /** Shards that a message is under way to. */
  readonly #sending = new Set<number>();
  /** When a purge was last applied that the log had dropped by then. */
  #appliedLateAt: EpochMillis | undefined;
  /** When the last lease is over that this hub does not know of. */
  #unknownLeasesUntil: EpochMillis = epochMillis(0);
  #drainsToTell = 0;
  readonly #drainsTold = new Map<number, number>();

  constructor(context: SubscribersContext) {
    this.#context = context;
    this.ended = new EndedEntries(context.shardCount);
    this.#presumeAll();
  }

  /** A shard asks, knowing `vector`, and is about to be sent everything. */
  subscribe(shard: number, vector: Vector): void {
    const askedAt = this.#context.now();
    const before = this.#live(shard);
    // A new subscriber cannot use anything without this answer. One that is renewing may still use what it knew before.
    const known =
      before === undefined ? this.#context.purges().vector : before.isPresumed ? vector : join(before.vector, vector);
    this.#byShard.set(shard, { vector: known, askedAt });
    this.#drainsTold.set(shard, this.#drainsToTell);
    this.settle();
  }

  /** Shards that have asked recently, by index. */
  list(): readonly number[] {
    return this.#liveShards().filter((shard) => this.#byShard.get(shard)?.isPresumed !== true);
  }

  /** These purges were logged: every subscriber is notified at once. */
  tell(dots: readonly Dot[]): void {
    for (const dot of dots) this.#open.set(formatDot(dot), dot);
    const isCounted = this.ended.begin(dots, this.#context.now());
    const inUse = this.#liveShards();
    for (const shard of inUse) void this.#send(shard);
    if (isCounted) {
      for (let shard = 0; shard < this.#context.shardCount; shard++) {
        if (!inUse.includes(shard)) for (const dot of dots) void this.#countUnused(shard, dot);
      }
    }
    this.settle();
  }

  /** Regions were drained, or are so no longer: every subscriber is notified at once. */
  tellDrains(): void {
    this.#drainsToTell++;
    for (const shard of this.#liveShards()) void this.#send(shard);
  }

  /** Marks as applied what no subscriber lacks any longer. Called before an answer is given, since subscriptions also end by time. */
  settle(): void {
    const live = this.#liveShards().map((shard) => this.#byShard.get(shard) as Subscriber);
    const ends = live.map(({ askedAt }) => askedAt + HUB_LIMITS.subscriptionMillis);
    this.#looksAgainAt = Math.min(Number.POSITIVE_INFINITY, ...ends);
    const applied = [...this.#open.values()].filter((dot) =>
      live.every((subscriber) => covers(subscriber.vector, dot)),
    );
    if (applied.length === 0) return;
    const now = this.#context.now();
    this.#context.log.markApplied(applied, now);
    this.#remember(applied, now);
    for (const dot of applied) {
      this.#open.delete(formatDot(dot));
      if (!this.#context.log.has(dot)) this.#appliedLateAt = now;
    }
    this.#context.changed();
  }

  #remember(dots: readonly Dot[], at: EpochMillis): void {
    for (const dot of dots) this.#appliedAt.set(formatDot(dot), at);
    for (const oldest of this.#appliedAt.keys()) {
      if (this.#appliedAt.size <= HUB_LIMITS.receiptsRemembered) break;
      this.#appliedAt.delete(oldest);
    }
  }

  /**
   * When the purge at `dot`, which the hub holds, was applied here. One from an earlier life of the hub is applied once all leases of
   * that life are over. One that the log no longer keeps was applied by the returned time or earlier, since later ones of its
   * hub are as far.
   */
  appliedAt(dot: Dot): EpochMillis | undefined {
    const name = formatDot(dot);
    // Acknowledgements settle by themselves; only the end of a shard's time comes without a message.
    if (this.#open.size > 0 && this.#context.now() >= this.#looksAgainAt) this.settle();
    if (this.#open.has(name)) return undefined;
    const known = this.#appliedAt.get(name) ?? this.#context.log.appliedAt(dot);
    if (known !== undefined) return known;
    if (!this.#context.log.has(dot)) {
      const isOpen = [...this.#open.values()].some(({ hub, counter }) => hub === dot.hub && counter >= dot.counter);
      return isOpen ? undefined : (this.#appliedLateAt ?? this.#context.droppedAt());
    }
    const now = this.#context.now();
    // mutant: applied-by-a-restart
    if (now < this.#unknownLeasesUntil) return undefined;
    this.#context.log.markApplied([dot], now);
    this.#remember([dot], now);
    return now;
  }

  /** Shards that have not acknowledged the purge at `dot`. */
  waitingFor(dot: Dot): readonly number[] {
    const isOpen = this.#open.has(formatDot(dot));
    return this.#liveShards().filter((shard) => {
      const { vector = EMPTY_VECTOR, isPresumed } = this.#byShard.get(shard) ?? {};
      return !covers(vector, dot) || (isPresumed === true && !isOpen);
    });
  }

  /** The log was given up: nothing is open, and the subscribers are unknown. */
  clear(): void {
    this.#byShard.clear();
    this.#open.clear();
    this.#appliedAt.clear();
    this.#presumeAll();
  }

  /** Takes every shard of the region to be subscribed, as it was when this hub began, until the last lease from before is over. */
  #presumeAll(): void {
    const askedAt = this.#context.now();
    const { vector } = this.#context.purges();
    this.#unknownLeasesUntil = addMillis(askedAt, millis(HUB_LIMITS.subscriptionMillis));
    for (let shard = 0; shard < this.#context.shardCount; shard++) {
      // mutant: nobody-is-subscribed-at-first
      this.#byShard.set(shard, { vector, askedAt, isPresumed: true });
    }
  }

  #liveShards(): readonly number[] {
    return [...this.#byShard.keys()].filter((shard) => this.#live(shard) !== undefined).sort((a, b) => a - b);
  }

  #live(shard: number): Subscriber | undefined {
    const subscriber = this.#byShard.get(shard);
    if (subscriber === undefined) return undefined;
    if (this.#context.now() - subscriber.askedAt < HUB_LIMITS.subscriptionMillis) return subscriber;
    this.#byShard.delete(shard);
    return undefined;
  }

  /** Tells one shard what it lacks, one message at a time: what comes up meanwhile goes with the next. */
  async #send(shard: number): Promise<void> {
    const subscriber = this.#live(shard);
    if (subscriber === undefined || this.#sending.has(shard)) return;
    this.#sending.add(shard);
    try {
      let idleRounds = 0;
      while (this.#lacks(shard) && idleRounds < HUB_LIMITS.applyRounds) {
        if (!(await this.#sendOnce(shard))) idleRounds++;
      }
    } finally {
      this.#sending.delete(shard);
    }
  }

  /** One message; answers whether the shard knows more after it. */
  async #sendOnce(shard: number): Promise<boolean> {
    const before = this.#byShard.get(shard)?.vector ?? EMPTY_VECTOR;
    const drains = this.#drainsToTell;
    const news = this.#context.purges().newsSince(before);
    const purges = [...this.#open.values()].filter((dot) => !covers(before, dot));
    const counted = this.ended.counted(purges);
    try {
      const count = counted === undefined ? {} : ({ count: true } as const);
      const drained = this.#context.drained();
      const { vector, entries, isUnleased } = await this.#context.shards.apply(shard, { ...news, drained, ...count });
      this.#drainsTold.set(shard, drains);
      if (counted !== undefined && entries !== undefined) this.ended.note(counted, shard, entries);
      // Not joined: a shard that was restarted knows less than before, and is sent all of it again.
      const answered = this.#byShard.get(shard);
      if (answered !== undefined) answered.vector = vector;
      // It holds no lease of a predecessor either: it has to ask before it uses anything.
      if (answered?.isPresumed === true && isUnleased === true) this.#byShard.delete(shard);
      this.settle();
      return !coversAll(before, vector);
    } catch {
      // Not an error of ours: what it lacks stays open, is reported by `waitingFor`, and is over when its time is.
      return false;
    }
  }

  /**
   * Sends this purge alone to a shard that is not in use, so that it counts what the purge invalidates. It lacks others, so it takes the purge
   * but claims to know no more than before; when it is used again it asks for all.
   */
  async #countUnused(shard: number, dot: Dot): Promise<void> {
    const purges = this.#context.purges();
    const before = { ...purges.vector, [dot.hub]: dot.counter - 1 };
    try {
      const told = await this.#context.shards.apply(shard, { ...purges.newsSince(before), count: true });
      if (told.entries !== undefined) this.ended.note(dot, shard, told.entries);
    } catch {
      // Then the receipt does not say how many.
    }
  }

  #lacks(shard: number): boolean {
    const subscriber = this.#live(shard);
    if (subscriber === undefined) return false;
    const drainsTold = this.#drainsTold.get(shard) ?? 0;
    return drainsTold < this.#drainsToTell || !coversAll(subscriber.vector, this.#context.purges().vector);
  }
}
