// Decides how many requests an origin has under way at once, and who waits for a turn: a limit, a bounded queue and a longest
// wait. The highest rank goes first, so that after a purge of everything what most people wait for is back soonest; but every
// fourth turn is that of whoever waits longest, so nobody starves. Where the queue is full the lowest rank is refused. It
// never looks at a request, keeps no timer and reads no clock: `step` takes an event and the time, and says who goes and who is
// refused. Invariants: never more than the limit at once; whoever waits does so only while all slots are taken; every
// arrival is admitted, refused or cancelled, once.

import { after, type EpochMillis, epochMillis, type Millis } from "../config/units.ts";

/** How much a gate lets through; `maxQueued` may be 0. */
export interface GateLimits {
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  readonly queueTimeout: Millis;
}

/** Every so many turns the one that waits longest has one, whatever its rank. */
const TURNS_BY_RANK = 3;

/** `rank`: 0 if absent, any number but NaN; of equals the first goes first. `leave` gives a slot back; `cancel` is a waiter that no longer wants one, and nothing for any other id. */
export type GateEvent =
  | { readonly kind: "arrive"; readonly id: number; readonly rank?: number }
  | { readonly kind: "leave" }
  | { readonly kind: "cancel"; readonly id: number }
  | { readonly kind: "tick" };

export type GateEffect =
  | { readonly kind: "admit"; readonly id: number }
  | { readonly kind: "refuse"; readonly id: number; readonly reason: "queue-full" | "queue-timeout" };

interface Waiting {
  readonly until: EpochMillis;
  readonly rank: number;
}

/** A limit on requests under way, with a queue. An id is used for one arrival only. */
export class Gate {
  readonly #limits: GateLimits;
  #running = 0;
  /** A Map keeps the order of arrival and forgets a cancelled waiter at once. */
  readonly #waiting = new Map<number, Waiting>();
  /** Turns in a row that rank has decided. */
  #byRank = 0;
  #latestDeadline = epochMillis(0);

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Requests that have a slot. */
  get running(): number {
    return this.#running;
  }

  /** Requests that wait for one. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** When the next waiter's time is up, so that a `tick` is due; undefined while nobody waits. */
  get wakeAt(): EpochMillis | undefined {
    for (const { until } of this.#waiting.values()) return until;
    return undefined;
  }

  /** Takes one event at the time `now` and returns what follows from it. Throws when more leave than were admitted. */
  step(event: GateEvent, now: EpochMillis): GateEffect[] {
    // A waiter whose time was up before this event is refused first, so that a late timer gives nobody a turn too late.
    const effects = this.#expire(now);
    switch (event.kind) {
      case "arrive":
        effects.push(...this.#arrive(event.id, event.rank ?? 0, now));
        break;
      case "leave":
        if (this.#running === 0) throw new Error("a slot was given back twice");
        this.#running -= 1;
        effects.push(...this.#next());
        break;
      case "cancel":
        this.#waiting.delete(event.id);
        break;
      case "tick":
        break;
    }
    return effects;
  }

  #arrive(id: number, rank: number, now: EpochMillis): GateEffect[] {
    if (this.#running < this.#limits.maxConcurrent) return [this.#admit(id)];
    const effects: GateEffect[] = [];
    if (this.#waiting.size >= this.#limits.maxQueued) {
      const [lowest] = [...this.#waiting].reverse().sort(([, one], [, other]) => one.rank - other.rank);
      if (lowest === undefined || lowest[1].rank >= rank) return [{ kind: "refuse", id, reason: "queue-full" }];
      this.#waiting.delete(lowest[0]);
      effects.push({ kind: "refuse", id: lowest[0], reason: "queue-full" });
    }
    // A clock that was set back must not make a later arrival's time end first: the first in the queue is always next due.
    const deadline = after(now, this.#limits.queueTimeout);
    this.#latestDeadline = epochMillis(Math.max(deadline, this.#waiting.size === 0 ? 0 : this.#latestDeadline));
    this.#waiting.set(id, { until: this.#latestDeadline, rank });
    return effects;
  }

  /** Who has the slot that has become free, if anybody waits. */
  #next(): GateEffect[] {
    let chosen: readonly [number, Waiting] | undefined;
    const isByAge = this.#byRank >= TURNS_BY_RANK;
    for (const waiter of this.#waiting) {
      if (chosen === undefined || waiter[1].rank > chosen[1].rank) chosen = waiter;
      if (isByAge) break;
    }
    if (chosen === undefined) return [];
    this.#byRank = isByAge ? 0 : this.#byRank + 1;
    this.#waiting.delete(chosen[0]);
    return [this.#admit(chosen[0])];
  }

  #admit(id: number): GateEffect {
    this.#running += 1;
    return { kind: "admit", id };
  }

  #expire(now: EpochMillis): GateEffect[] {
    const effects: GateEffect[] = [];
    for (const [id, { until }] of this.#waiting) {
      if (until > now) break;
      this.#waiting.delete(id);
      effects.push({ kind: "refuse", id, reason: "queue-timeout" });
    }
    return effects;
  }
}
