// What is true of a purge, region by region: asked from the regions' own hubs, and never said beyond what they said. A state that
// can change no more is remembered. Without leases there is no proof of `complete`, so a receipt stops at `applied`.
// A region that does not answer makes a receipt `partial`: a failure is never reported as success.

import { LIMITS } from "../../config/limits.ts";
import type { RegionId } from "../../config/regions.ts";
import { type EpochMillis, epochMillis, type Millis, millis } from "../../config/units.ts";
import type { PurgeEvent } from "../purge/event.ts";
import { type Dot, formatDot } from "../purge/vector.ts";
import type { AwaitRequest, AwaitResponse, HeldState } from "../purge/wire.ts";
import type { Receipt, RegionReceipt } from "./commands.ts";
import type { Condition } from "./condition.ts";
import type { Peers } from "./peers.ts";
import type { HubPlace, HubPorts } from "./ports.ts";
import type { Subscribers } from "./subscribers.ts";

export class Receipts {
  readonly #place: HubPlace;
  readonly #ports: HubPorts;
  readonly #peers: Peers;
  readonly #subscribers: Subscribers;
  readonly #condition: Condition;
  /** Purges' states in other regions, those last asked about at the end. */
  readonly #known = new Map<string, Map<RegionId, HeldState>>();
  readonly #unanswered = new Set<RegionId>();
  #asking = 0;

  constructor(place: HubPlace, ports: HubPorts, peers: Peers, subscribers: Subscribers, condition: Condition) {
    this.#place = place;
    this.#ports = ports;
    this.#peers = peers;
    this.#subscribers = subscribers;
    this.#condition = condition;
  }

  /** What is known here without asking anybody. */
  receipt(event: PurgeEvent): Receipt {
    const regions = this.#place.regions.map((region) => this.#regionReceipt(event.dot, region));
    const applied = regions.map((region) => region.appliedAt);
    const isApplied = applied.every((at) => at !== undefined);
    const missing = regions.filter((region) => region.state === "pending").map((region) => region.region);
    const isPartial = missing.some((region) => this.#unanswered.has(region)) || !this.#peers.isDurable(event.dot);
    return {
      id: formatDot(event.dot),
      state: isApplied ? "applied" : isPartial ? "partial" : "accepted",
      severity: event.severity,
      scopes: event.scopes,
      by: event.by,
      ...(event.reason === undefined ? {} : { reason: event.reason }),
      acceptedAt: event.at,
      ...(isApplied ? { appliedAt: epochMillis(Math.max(...(applied as EpochMillis[]))) } : {}),
      hub: event.dot.hub.split(".")[0] as RegionId,
      regions,
      missing,
    };
  }

  /** Waits until these purges are applied in all regions, at most until `deadline`; asks every region at least once. */
  async follow(events: readonly PurgeEvent[], deadline: EpochMillis): Promise<void> {
    for (;;) {
      const left = millis(deadline - this.#ports.now());
      const slice = millis(Math.max(0, Math.min(left, LIMITS.awaitSliceMillis)));
      await Promise.all([
        this.#awaitHere(events, slice),
        ...this.#peers.others.map((region) => this.#ask(region, events, slice)),
      ]);
      if (left <= 0 || events.every((event) => this.receipt(event).state === "applied")) return;
      // Regions that fail do so at once: they are not asked again before the next slice.
      if (this.#unanswered.size > 0) await this.#condition.until(() => false, slice);
    }
  }

  /** Another hub asks how far these purges are in this region. */
  async answer(request: AwaitRequest): Promise<AwaitResponse> {
    const { region } = this.#place;
    const isApplied = (dot: Dot): boolean => this.#stateHere(dot).appliedAt !== undefined;
    await this.#condition.until(() => request.dots.every(isApplied), request.timeoutMillis);
    return { v: 1, region, states: request.dots.map((dot) => this.#stateHere(dot)) };
  }

  #stateHere(dot: Dot): HeldState {
    if (this.#ports.log.find(dot) === undefined) return { held: false };
    const appliedAt = this.#subscribers.appliedAt(dot);
    return appliedAt === undefined
      ? { held: true, waitingFor: this.#subscribers.waitingFor(dot) }
      : { held: true, appliedAt };
  }

  async #awaitHere(events: readonly PurgeEvent[], duration: Millis): Promise<void> {
    await this.#condition.until(
      () => events.every(({ dot }) => this.#stateHere(dot).appliedAt !== undefined),
      duration,
    );
  }

  /** Asks one region about those purges that it may still have something new to say of. */
  async #ask(region: RegionId, events: readonly PurgeEvent[], duration: Millis): Promise<void> {
    const dots = events.map(({ dot }) => dot).filter((dot) => this.#knownOf(dot).get(region)?.appliedAt === undefined);
    if (dots.length === 0) return;
    await this.#condition.until(
      () => this.#asking < LIMITS.awaitConcurrency,
      millis(Math.max(duration, LIMITS.awaitSliceMillis)),
    );
    this.#asking++;
    try {
      for (let start = 0; start < dots.length; start += LIMITS.awaitDots) {
        const some = dots.slice(start, start + LIMITS.awaitDots);
        const response = await this.#ports.peers.await(region, { v: 1, dots: some, timeoutMillis: duration });
        for (const [index, state] of response.states.entries()) this.#knownOf(some[index] as Dot).set(region, state);
      }
      this.#unanswered.delete(region);
    } catch {
      // Expected while a region is cut off: the receipt says so.
      this.#unanswered.add(region);
    } finally {
      this.#asking--;
      this.#condition.notify();
    }
  }

  #regionReceipt(dot: Dot, region: RegionId): RegionReceipt {
    const state = region === this.#place.region ? this.#stateHere(dot) : this.#knownOf(dot).get(region);
    if (state?.appliedAt !== undefined) return { region, state: "applied", appliedAt: state.appliedAt };
    if (state?.held === true || this.#peers.holds(region, dot)) {
      const shards = state?.waitingFor ?? [];
      return {
        region,
        state: "accepted",
        ...(shards.length === 0 ? {} : { reason: `waits for shard ${shards.join(", ")}` }),
      };
    }
    return { region, state: "pending", ...(this.#unanswered.has(region) ? { reason: "its hub does not answer" } : {}) };
  }

  #knownOf(dot: Dot): Map<RegionId, HeldState> {
    const key = formatDot(dot);
    const known = this.#known.get(key) ?? new Map<RegionId, HeldState>();
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > LIMITS.receiptsRemembered) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    return known;
  }
}
