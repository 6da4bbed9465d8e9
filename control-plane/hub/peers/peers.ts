// Replicates events with the other regions' hubs: pushes new ones at once, answers pushes, and repairs losses by comparing vectors.
// Work is pending while a hub may lack events of this one; only then is an alarm set, with growing pauses. An idle hub sends
// nothing. The ledger stores events; `gossip/` chooses targets and content.

import type { RegionId } from "../../../config/world/regions.ts";
import { withEvents } from "../../gossip/exchange.ts";
import { areFew, chooseTargets, sample } from "../../gossip/fan-out.ts";
import { type HeldBy, PeerVectors, toldBy } from "../../gossip/peer-vectors.ts";
import { isJoined } from "../../membership/membership.ts";
import type { ControlEvent } from "../../purge/event.ts";
import {
  covers,
  coversAll,
  type Dot,
  EMPTY_VECTOR,
  formatDot,
  type HubId,
  join,
  type Vector,
} from "../../purge/vector.ts";
import type { ExchangeRequest, ExchangeResponse, HeldVectors } from "../../purge/wire.ts";
import { HUB_LIMITS } from "../limits.ts";
import type { Ledger, ReceivedEvents } from "../log/ledger.ts";
import type { HubPlace, HubPorts } from "../ports.ts";
import { Listener } from "./lease-permission.ts";
import { isOpen, newLine, noteAnswer, noteFailure, type PeerLink, pauseLeft } from "./peer-link.ts";
import { holdingsFor, newsFor } from "./peer-news.ts";
import { Quorum } from "./quorum.ts";
import { RepairAlarm } from "./repair-alarm.ts";

/** What the hub does about what peers say. */
export interface PeersEvents {
  /** These were logged just now. */
  took(events: readonly ControlEvent[]): void;
  /** Events up to these are lacking for good, because `by` and all other queried hubs keep them no longer: all may be purged. */
  emptied(upTo: readonly Dot[], by: RegionId): void;
  /** The log was given up and begun again. */
  restarted(): void;
  /** Somebody was heard. */
  changed(): void;
}

/** Whether a message is about what is new, or about all that either knows. */
type PushedEvents = "news" | "all";

export class Peers {
  readonly #ports: HubPorts;
  readonly #ledger: Ledger;
  readonly #events: PeersEvents;
  readonly #region: RegionId;
  /** The other configured regions. */
  readonly others: readonly RegionId[];
  readonly #held: PeerVectors;
  readonly #lines = new Map<RegionId, PeerLink>();
  readonly #alarm: RepairAlarm;
  readonly quorum: Quorum;
  readonly listener: Listener;

  constructor(place: HubPlace, ports: HubPorts, ledger: Ledger, events: PeersEvents) {
    this.#ports = ports;
    this.#ledger = ledger;
    this.#events = events;
    this.#region = place.region;
    this.others = place.regions.filter((region) => region !== place.region);
    this.#held = new PeerVectors(ports.log.peers());
    this.#alarm = new RepairAlarm(ports);
    this.quorum = new Quorum(ledger, this.#held, place.region, this.others);
    this.listener = new Listener(ledger, this.quorum, this.others, {
      now: () => ports.now(),
      line: (region) => this.#line(region),
      talk: (region) => this.talk(region),
      push: () => this.push(),
    });
  }

  heldBy(region: RegionId): HeldBy | undefined {
    return this.#held.get(region);
  }

  /** Whether the last message to a region went unanswered. */
  isSilent(region: RegionId): boolean {
    return this.#line(region).failedAt !== undefined;
  }

  /** Whether `region`'s hub is known to hold the event at `dot`. What a replaced incarnation held was lost with its log. */
  holds(region: RegionId, dot: Dot): boolean {
    const hub = this.#held.get(region)?.hub;
    return hub !== undefined && !this.#ledger.isReplaced(hub) && this.#held.holds(region, dot);
  }

  /** Whether the event at `dot` is safe from the loss of this hub: another one holds it, or there is no other. */
  isDurable(dot: Dot): boolean {
    return this.others.length === 0 || this.others.some((region) => this.holds(region, dot));
  }

  /** Whether this hub may accept purges. Once it may, it may for as long as its log lives and no hub has suspended it. */
  hasJoined(): boolean {
    const { joinDot } = this.#ledger;
    if (this.#ports.log.recall("joined") === formatDot(joinDot)) return true;
    // mutant: joins-too-early
    if (!isJoined(joinDot, this.quorum.active, (region) => this.#held.get(region)?.vector)) return false;
    this.#ports.log.remember("joined", formatDot(joinDot));
    return true;
  }

  /** Sends other hubs at once what they are not known to have been sent. Returns before any has answered. */
  push(): void {
    for (const region of chooseTargets(this.others, this.#ports.random)) this.#pushTo(region);
    this.plan("soon");
  }

  /** The first news go at once; what comes right after them waits a moment for more, so that many purges are few messages. */
  #pushTo(region: RegionId): void {
    const line = this.#line(region);
    if (!isOpen(line) || coversAll(line.sent, this.#toldAs("news"))) return;
    const rest = pauseLeft(line, this.#ports.now());
    if (rest === 0) return void this.talk(region, "news");
    line.isPausing = true;
    void this.#ports.timer(rest).done.then(() => {
      line.isPausing = false;
      // A log that was given up has other lines.
      if (this.#lines.get(region) === line) this.#pushTo(region);
    });
  }

  /**
   * Exchanges with one region's hub: until it knows what is new here, or until both know all that either knew at the
   * beginning. Answers whether it could be reached.
   */
  async talk(region: RegionId, what: PushedEvents = "all"): Promise<boolean> {
    const line = this.#line(region);
    const { hub } = this.#ledger;
    // Events logged meanwhile are sent as news: else such an exchange would last for as long as purges come.
    const whole = this.#toldAs("all");
    line.inFlight++;
    let askedAt = this.#ports.now();
    try {
      for (let round = 0; round < HUB_LIMITS.gossipRounds; round++) {
        askedAt = this.#ports.now();
        const request = this.#request(line, what);
        const response = await this.#ports.peers.exchange(region, request);
        this.#heard(response, line);
        if (coversAll(this.#ledger.vector, response.vector)) this.listener.heard(response, askedAt);
        this.#events.changed();
        // A log that was given up needs no more messages; the new one has links of its own.
        if (this.#ledger.hub !== hub) this.push();
        // Versions from before there were bases take none, and no events that follow on one.
        if (this.#ledger.hub !== hub || !coversAll(response.vector, request.base?.vector ?? EMPTY_VECTOR)) break;
        if (!response.more && coversAll(line.sent, what === "news" ? this.#toldAs("news") : whole)) break;
      }
      return true;
    } catch {
      // Expected whenever a region is cut off. What it lacks stays pending, and the alarm tries again.
      noteFailure(line, askedAt, this.#ports.now());
      line.sent = this.#held.get(region)?.vector ?? EMPTY_VECTOR;
      return false;
    } finally {
      line.inFlight--;
      this.#events.changed();
    }
  }

  /** Another hub says what it knows and sends what this one may lack. That is durable before the answer is sent. */
  receive(request: ExchangeRequest): ExchangeResponse {
    this.#giveUpOldCopy(request.vector);
    const taken = this.#take(request);
    this.#note(request.region, request.from, request.vector, toldBy(request));
    // mutant: one-way-hearing, with $ this.listener.heard({ region: request.region }, this.#ports.now());
    this.#line(request.region).failedAt = undefined;
    this.#events.changed();
    // Among many hubs, each hub forwards news; among few, the hub that accepted an event sends it to all.
    if (taken.fresh.length > 0 && !areFew(this.others.length)) this.push();
    this.plan(taken.fresh.length > 0 ? "soon" : "as-before");
    const { hub, vector, settled } = this.#ledger;
    // Whoever brings news will hear that of others from them: only what has been here for a while has not reached it.
    const upTo = request.news === true ? settled : vector;
    const { base, ...batch } = newsFor(this.#ledger, this.#ports.log, upTo, request.vector);
    const whole = { ...(base === undefined ? {} : { base }), ...this.#tell(), ...this.listener.ages() };
    const more = request.news === true ? {} : whole;
    const answer = { v: 1, hub, region: this.#region, vector, ...batch, ...more } as const;
    return taken.contradicted.has(request.from) ? { ...answer, restored: true } : answer;
  }

  /** Asks these regions' hubs, all at once, for everything that they know. Resolves when all have answered or failed. */
  async consult(regions: readonly RegionId[]): Promise<void> {
    await Promise.all(regions.filter((region) => this.others.includes(region)).map((region) => this.talk(region)));
  }

  /** Sets the alarm if some hub lacks something. `soon`: something is new. */
  plan(when: "soon" | "as-before" = "as-before"): void {
    if (this.#isPending()) this.#alarm.set(when);
  }

  /** The alarm rang: sends hubs what they lack, and plans the next attempt if that leaves any behind. */
  async repair(): Promise<void> {
    this.#alarm.rang();
    if (this.#isPending()) {
      await this.#askWhoHeard();
      const behind = this.#held.behind(this.others, this.#ledger.vector);
      await this.consult(chooseTargets(behind, this.#ports.random));
    }
    this.#alarm.repaired(this.#isPending() ? "some-behind" : "all-reached");
    this.plan();
  }

  /**
   * Usually the hub that accepted a purge has sent it to all, and knows that: then asking it alone ends the matter, where
   * each hub asking each other would cost the square of their number.
   */
  async #askWhoHeard(): Promise<void> {
    const behind = this.#held.behind(this.others, this.#ledger.vector);
    const upToDate = this.others.filter((region) => !behind.includes(region) && !this.isSilent(region));
    if (behind.length > 1 && areFew(this.others.length)) await this.consult(sample(upToDate, 1, this.#ports.random));
  }

  #isPending(): boolean {
    return this.#held.behind(this.others, this.#ledger.vector).length > 0;
  }

  /**
   * What other hubs are sent. While hubs are few, the hub that accepted a purge sends it to all, so its news are its own events; what
   * others accepted is sent only once it has been here for a while. Among many, all that is new goes on.
   */
  #toldAs(what: PushedEvents): Vector {
    const { hub, vector, settled } = this.#ledger;
    if (!areFew(this.others.length)) return vector;
    const own = { [hub]: vector[hub] ?? 0 };
    return what === "news" ? own : { ...settled, ...own };
  }

  #request(line: PeerLink, what: PushedEvents): ExchangeRequest {
    const { vector, hub } = this.#ledger;
    const { more: _more, ...told } = newsFor(this.#ledger, this.#ports.log, this.#toldAs(what), line.sent);
    line.sent = withEvents(join(line.sent, told.base?.vector ?? EMPTY_VECTOR), told.events);
    if (what === "news") line.toldAt = this.#ports.now();
    const message = { v: 1, from: hub, region: this.#region, vector, ...told } as const;
    if (what === "news" && areFew(this.others.length)) return { ...message, news: true };
    return { ...message, ...this.#tell() };
  }

  #heard(response: ExchangeResponse, line: PeerLink): void {
    noteAnswer(line, this.#ports.now());
    if (response.restored === true) this.#restart();
    this.#giveUpOldCopy(response.vector);
    this.#take(response);
    const peer = this.#note(response.region, response.hub, response.vector, toldBy(response));
    this.plan();
    // What other messages carry may still arrive; the last one that is answered shows what was lost.
    line.sent = line.inFlight === 1 ? peer.vector : join(line.sent, peer.vector);
  }

  /** A peer knows more of this hub's events than its own log: the log is an old copy, and its next dots are taken. */
  #giveUpOldCopy(theirs: Vector): void {
    const own = this.#ledger.hub;
    if (!covers(this.#ledger.vector, { hub: own, counter: theirs[own] ?? 0 })) this.#restart();
  }

  #restart(): void {
    this.#ledger.restart();
    this.#lines.clear();
    this.listener.forget();
    this.#events.restarted();
  }

  #take({ base, events, region }: Pick<ExchangeRequest, "base" | "events" | "region">): ReceivedEvents {
    const joinedBefore = this.#ledger.joinDot;
    const upTo = base === undefined ? [] : this.#ledger.takeBase(base, region);
    if (upTo.length > 0) this.#events.emptied(upTo, region);
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

  #tell(): Pick<ExchangeRequest, "held" | "holders"> {
    return holdingsFor(this.#held, this.others, this.#ledger.vector, this.#ports.random);
  }

  #line(region: RegionId): PeerLink {
    let line = this.#lines.get(region);
    if (line === undefined) {
      line = newLine(this.#held.get(region)?.vector ?? EMPTY_VECTOR);
      this.#lines.set(region, line);
    }
    return line;
  }
}
