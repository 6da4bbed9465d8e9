// Talks with the other regions' hubs: pushes what is new at once, answers what they push, and repairs what was lost by comparing
// vectors. Work is pending while some hub is not known to hold all that this one holds; only then is an alarm set, later
// and later. An idle hub calls nobody. It decides nothing about purges: the ledger takes events, `gossip/` says whom and what.

import { LIMITS } from "../../config/limits.ts";
import type { RegionId } from "../../config/regions.ts";
import type { EpochMillis } from "../../config/units.ts";
import { lacking, withEvents } from "../gossip/exchange.ts";
import { areFew, chooseTargets, sample } from "../gossip/fan-out.ts";
import { Held, type HeldBy, toldBy } from "../gossip/held.ts";
import { isJoined } from "../gossip/membership.ts";
import type { ControlEvent } from "../purge/event.ts";
import { covers, coversAll, type Dot, EMPTY_VECTOR, formatDot, type HubId, type Vector } from "../purge/vector.ts";
import type { ExchangeRequest, ExchangeResponse, HeldVectors } from "../purge/wire.ts";
import { Hearing } from "./hearing.ts";
import type { Ledger, Taken } from "./ledger.ts";
import { isOpen, type Line, newLine, pauseLeft } from "./line.ts";
import type { HubPlace, HubPorts } from "./ports.ts";
import { Quorum } from "./quorum.ts";
import { RepairAlarm } from "./repair-alarm.ts";

/** What the hub does about what peers say. */
export interface PeersEvents {
  /** These were logged just now. */
  took(events: readonly ControlEvent[]): void;
  /** The log was given up and begun anew. */
  restarted(): void;
  /** Somebody was heard. */
  changed(): void;
}

const BATCH = { events: LIMITS.gossipBatchEvents, bytes: LIMITS.gossipBatchBytes };

export class Peers {
  readonly #ports: HubPorts;
  readonly #ledger: Ledger;
  readonly #events: PeersEvents;
  readonly #region: RegionId;
  readonly #others: readonly RegionId[];
  readonly #held: Held;
  readonly #lines = new Map<RegionId, Line>();
  readonly #alarm: RepairAlarm;
  readonly #hearing = new Hearing();
  readonly quorum: Quorum;
  /** Questions under way that are to renew a hearing. */
  readonly #hearings = new Map<RegionId, Promise<unknown>>();

  constructor(place: HubPlace, ports: HubPorts, ledger: Ledger, events: PeersEvents) {
    this.#ports = ports;
    this.#ledger = ledger;
    this.#events = events;
    this.#region = place.region;
    this.#others = place.regions.filter((region) => region !== place.region);
    this.#held = new Held(ports.log.peers());
    this.#alarm = new RepairAlarm(ports);
    this.quorum = new Quorum(ledger, this.#held, place.region, this.#others);
  }

  /** The other configured regions. */
  get others(): readonly RegionId[] {
    return this.#others;
  }

  heldBy(region: RegionId): HeldBy | undefined {
    return this.#held.get(region);
  }

  /** Whether the last message to a region went unanswered. */
  isSilent(region: RegionId): boolean {
    return this.#line(region).failedAt !== undefined;
  }

  /** Whether `region`'s hub is known to hold the event at `dot`. */
  holds(region: RegionId, dot: Dot): boolean {
    return this.#held.holds(region, dot);
  }

  /** Whether the event at `dot` is safe from the loss of this hub: another one holds it, or there is no other. */
  isDurable(dot: Dot): boolean {
    return this.#others.length === 0 || this.#others.some((region) => this.holds(region, dot));
  }

  /** Whether this hub may accept purges. Once it may, it may for as long as its log lives and nobody has suspended it. */
  hasJoined(): boolean {
    const { joinDot } = this.#ledger;
    if (this.#ports.log.recall("joined") === formatDot(joinDot)) return true;
    if (!isJoined(joinDot, this.quorum.active, (region) => this.#held.get(region)?.vector)) return false;
    this.#ports.log.remember("joined", formatDot(joinDot));
    return true;
  }

  /** Tells others at once what they are not known to have been told. Returns before any has answered. */
  push(): void {
    for (const region of chooseTargets(this.#others, this.#ports.random)) this.#pushTo(region);
    this.plan("soon");
  }

  /** The first news go at once; what comes right after them waits a moment for more, so that many purges are few messages. */
  #pushTo(region: RegionId): void {
    const line = this.#line(region);
    if (!isOpen(line) || coversAll(line.sent, this.#ledger.vector)) return;
    const rest = pauseLeft(line, this.#ports.now());
    if (rest === 0) return void this.talk(region);
    line.isPausing = true;
    void this.#ports.timer(rest).done.then(() => {
      line.isPausing = false;
      // A log that was given up has other lines.
      if (this.#lines.get(region) === line) this.#pushTo(region);
    });
  }

  /** Exchanges with one region's hub until both know the same. Answers whether it could be reached. */
  async talk(region: RegionId): Promise<boolean> {
    const line = this.#line(region);
    line.inFlight++;
    try {
      for (let round = 0; round < LIMITS.gossipRounds; round++) {
        const askedAt = this.#ports.now();
        const response = await this.#ports.peers.exchange(region, this.#request(line));
        const unfinished = this.#heard(response, line);
        if (coversAll(this.#ledger.vector, response.vector)) this.#hearing.heard(region, askedAt);
        if (!unfinished) break;
      }
      return true;
    } catch {
      // Expected whenever a region is cut off. What it lacks stays pending, and the alarm tries again.
      line.failedAt = this.#ports.now();
      line.failingSince ??= line.failedAt;
      line.sent = this.#held.get(region)?.vector ?? EMPTY_VECTOR;
      return false;
    } finally {
      line.inFlight--;
      this.#events.changed();
    }
  }

  /** Another hub says what it knows and tells what this one may lack. What it told is durable before it is answered. */
  receive(request: ExchangeRequest): ExchangeResponse {
    this.#giveUpOldCopy(request.vector);
    const taken = this.#take(request.events);
    this.#note(request.region, request.from, request.vector, toldBy(request));
    this.#line(request.region).failedAt = undefined;
    this.#events.changed();
    // Among many hubs, news goes on by word of mouth; among few, whoever had it first tells everybody.
    if (taken.fresh.length > 0 && !areFew(this.#others.length)) this.push();
    this.plan(taken.fresh.length > 0 ? "soon" : "as-before");
    const { vector } = this.#ledger;
    const batch = lacking(this.#read, vector, request.vector, BATCH);
    const answer = { v: 1, hub: this.#ledger.hub, region: this.#region, vector, ...batch, ...this.#tell() } as const;
    return taken.contradicted.has(request.from) ? { ...answer, restored: true } : answer;
  }

  /** Asks these regions' hubs, all at once, for whatever they know. Resolves when all have answered or failed. */
  async consult(regions: readonly RegionId[]): Promise<void> {
    await Promise.all(regions.filter((region) => this.#others.includes(region)).map((region) => this.talk(region)));
  }

  /**
   * Whether this hub may grant leases now. Hubs that were not heard lately are asked, and waited for; those that soon will
   * not have been are asked in the background. Traffic pays for that, idleness never does.
   */
  async hear(until: (asked: readonly Promise<unknown>[]) => Promise<unknown>): Promise<boolean> {
    const now = this.#ports.now();
    for (const region of this.#hearing.due(this.#others, now, LIMITS.hearingMillis / 2)) this.#askAgain(region, now);
    const overdue = this.#hearing.due(this.quorum.active, now, LIMITS.hearingMillis);
    const isFailing = (region: RegionId): boolean => this.#line(region).failingSince !== undefined;
    const asked = overdue.flatMap((region) => (isFailing(region) ? [] : (this.#hearings.get(region) ?? [])));
    // Where one of them has failed to answer, which may take it long, waiting for the others gives no lease either.
    if (overdue.length > 0 && asked.length === overdue.length) await until(asked);
    return this.#hearing.isLive(this.quorum.active, this.#ports.now());
  }

  #askAgain(region: RegionId, now: EpochMillis): void {
    const { failedAt } = this.#line(region);
    const failedLately = failedAt !== undefined && now >= failedAt && now - failedAt < LIMITS.hearRetryMillis;
    if (failedLately || this.#hearings.has(region)) return;
    const asked = this.talk(region)
      .then((answered) => {
        if (!answered) this.#suspendIfLost(region);
      })
      .finally(() => this.#hearings.delete(region));
    this.#hearings.set(region, asked);
  }

  /** A hub that has failed to answer for long is suspended, so that a majority can go on without it. */
  #suspendIfLost(region: RegionId): void {
    const { failingSince } = this.#line(region);
    const hub = this.#ledger.members.get(region);
    if (failingSince === undefined || hub === undefined) return;
    if (this.#ports.now() - failingSince < LIMITS.suspendAfterMillis) return;
    if (this.#ledger.suspensions.some((event) => event.hub === hub)) return;
    this.#ledger.appendSuspend(region, hub);
    this.push();
  }

  /** Sets the alarm if somebody lacks something. `soon`: something is new. */
  plan(when: "soon" | "as-before" = "as-before"): void {
    if (this.#isPending()) this.#alarm.set(when);
  }

  /** The alarm rang: tells whoever lacks something, and plans the next attempt if that leaves anybody behind. */
  async repair(): Promise<void> {
    this.#alarm.rang();
    if (this.#isPending()) {
      await this.#askWhoHeard();
      const behind = this.#held.behind(this.#others, this.#ledger.vector);
      await this.consult(chooseTargets(behind, this.#ports.random));
    }
    this.#alarm.repaired(this.#isPending() ? "some-behind" : "all-reached");
    this.plan();
  }

  /**
   * Usually the hub that accepted a purge has told everybody, and knows it: then asking it alone ends the matter, where
   * each hub asking each other would cost the square of their number.
   */
  async #askWhoHeard(): Promise<void> {
    const behind = this.#held.behind(this.#others, this.#ledger.vector);
    const upToDate = this.#others.filter((region) => !behind.includes(region) && !this.isSilent(region));
    if (behind.length > 1 && areFew(this.#others.length)) await this.consult(sample(upToDate, 1, this.#ports.random));
  }

  #isPending(): boolean {
    return this.#held.behind(this.#others, this.#ledger.vector).length > 0;
  }

  #request(line: Line): ExchangeRequest {
    const { vector, hub } = this.#ledger;
    const { events } = lacking(this.#read, vector, line.sent, BATCH);
    line.sent = withEvents(line.sent, events);
    if (events.length > 0) line.toldAt = this.#ports.now();
    return { v: 1, from: hub, region: this.#region, vector, events, ...this.#tell() };
  }

  /** Takes an answer. Answers whether there is more to say, in either direction. */
  #heard(response: ExchangeResponse, line: Line): boolean {
    line.failedAt = undefined;
    line.failingSince = undefined;
    if (response.restored === true) this.#restart();
    this.#giveUpOldCopy(response.vector);
    this.#take(response.events);
    const peer = this.#note(response.region, response.hub, response.vector, toldBy(response));
    this.#events.changed();
    this.plan();
    // What other messages carry may still arrive; the last one that is answered tells what was lost.
    if (line.inFlight === 1) line.sent = peer.vector;
    return response.more || !coversAll(line.sent, this.#ledger.vector);
  }

  /** A peer knows more of this hub's events than its own log: the log is an old copy, and its next dots are taken. */
  #giveUpOldCopy(theirs: Vector): void {
    const own = this.#ledger.hub;
    if (!covers(this.#ledger.vector, { hub: own, counter: theirs[own] ?? 0 })) this.#restart();
  }

  #restart(): void {
    this.#ledger.restart();
    this.#lines.clear();
    this.#hearing.forget();
    this.#events.restarted();
  }

  #take(events: readonly ControlEvent[]): Taken {
    const joinedBefore = this.#ledger.joinDot;
    const taken = this.#ledger.take(events);
    if (taken.contradicted.has(this.#ledger.hub)) this.#restart();
    if (taken.fresh.length > 0) this.#events.took(taken.fresh);
    // It learned of earlier incarnations of its region and joined again, which others must hear.
    if (formatDot(joinedBefore) !== formatDot(this.#ledger.joinDot)) this.push();
    return taken;
  }

  #note(region: RegionId, hub: HubId, vector: Vector, held: HeldVectors = {}): HeldBy {
    const heard = this.#held.heard(region, hub, vector, this.#ports.now());
    const { [this.#region]: _own, ...others } = held;
    const told = this.#held.told(others, (name) => this.#ledger.isReplaced(name));
    for (const peer of heard.grew ? [heard.peer, ...told] : told) {
      // Written down only where it ends work: after a restart the others are asked again, which is never wrong.
      if (coversAll(peer.vector, this.#ledger.vector)) this.#ports.log.savePeer(peer);
    }
    return heard.peer;
  }

  readonly #read = (hub: string, from: number, limit: number): readonly ControlEvent[] =>
    this.#ports.log.read(hub, from, limit);

  #tell(): Pick<ExchangeRequest, "held" | "holders"> {
    if (areFew(this.#others.length)) return { held: this.#held.tell() };
    return { holders: this.#held.tellHolders(this.#ledger.vector, LIMITS.gossipHolders, this.#ports.random) };
  }

  #line(region: RegionId): Line {
    let line = this.#lines.get(region);
    if (line === undefined) {
      line = newLine(this.#held.get(region)?.vector ?? EMPTY_VECTOR);
      this.#lines.set(region, line);
    }
    return line;
  }
}
