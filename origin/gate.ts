// Limits concurrent requests to an origin: a limit, a bounded queue and a maximum wait. The highest rank goes first, so that after
// a purge of everything the most wanted responses return soonest; but every fourth turn goes to the longest waiter, so that no
// request starves. A full queue refuses the lowest rank. Requests with a common property (client, page, upload) are limited to
// a share of the turns and of the queue: so one slow page, one client or many uploads leave turns for all others.
// It never looks at a request, keeps no timer and reads no clock: `step` takes an event and the time, and says who goes and who is
// refused. Invariants: never more than the limit at once, nor than each share; a request waits only while all slots, or one of its
// shares, are taken; every arrival is admitted, refused or cancelled, once.

import { addMillis, type EpochMillis, epochMillis, type Millis } from "../config/units.ts";

/** How much a gate lets through; `maxQueued` may be 0. */
export interface GateLimits {
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  readonly queueTimeout: Millis;
}

/** Every this many turns the longest waiter gets one, regardless of rank. */
const TURNS_BY_RANK = 3;

/** What several requests have in common, and how much of the gate they may have together. `most` is at least 1. */
export interface Share {
  readonly name: string;
  /** Turns at once. */
  readonly most: number;
  /** Places in the queue. */
  readonly mostWaiting: number;
}

/** `rank`: 0 if absent, any number but NaN; of equals the first goes first. `leave` gives an admitted request's slot back; `cancel` is a waiter that no longer wants one, and nothing for any other id. */
export type GateEvent =
  | { readonly kind: "arrive"; readonly id: number; readonly rank?: number; readonly shares?: readonly Share[] }
  | { readonly kind: "leave"; readonly id: number }
  | { readonly kind: "cancel"; readonly id: number }
  | { readonly kind: "tick" };

export type GateEffect =
  | { readonly kind: "admit"; readonly id: number }
  | { readonly kind: "refuse"; readonly id: number; readonly reason: "queue-full" | "queue-timeout" };

interface Waiting {
  readonly until: EpochMillis;
  readonly rank: number;
  readonly shares: readonly Share[];
}

/** How many requests hold each share. Unused names are removed. */
class GateTally {
  readonly #held = new Map<string, number>();

  of(share: Share): number {
    return this.#held.get(share.name) ?? 0;
  }

  add(shares: readonly Share[], sign: 1 | -1): void {
    for (const share of shares) {
      const count = this.of(share) + sign;
      if (count === 0) this.#held.delete(share.name);
      else this.#held.set(share.name, count);
    }
  }
}

/** A limit on requests under way, with a queue. An id is used for one arrival only. */
export class Gate {
  readonly #limits: GateLimits;
  readonly #running = new Map<number, readonly Share[]>();
  /** A Map keeps the order of arrival and forgets a cancelled waiter at once. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #turnsHeld = new GateTally();
  readonly #placesHeld = new GateTally();
  /** Turns in a row that rank has decided. */
  #byRank = 0;
  #latestDeadline = epochMillis(0);

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Requests that have a slot. */
  get running(): number {
    return this.#running.size;
  }

  /** Requests that wait for one. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** When the next waiter's time is up, so that a `tick` is due; undefined while the queue is empty. */
  get wakeAt(): EpochMillis | undefined {
    for (const { until } of this.#waiting.values()) return until;
    return undefined;
  }

  /** Takes one event at the time `now` and returns what follows from it. Throws when one leaves that has no slot. */
  step(event: GateEvent, now: EpochMillis): GateEffect[] {
    // A waiter whose time was up before this event is refused first, so that a late timer grants no turn too late.
    const effects = this.#expire(now);
    switch (event.kind) {
      case "arrive":
        effects.push(...this.#arrive(event.id, event.rank ?? 0, event.shares ?? [], now));
        break;
      case "leave": {
        const shares = this.#running.get(event.id);
        if (shares === undefined) throw new Error("a slot was given back twice");
        this.#running.delete(event.id);
        this.#turnsHeld.add(shares, -1);
        effects.push(...this.#next());
        break;
      }
      case "cancel":
        this.#forget(event.id);
        break;
      case "tick":
        break;
    }
    return effects;
  }

  #arrive(id: number, rank: number, shares: readonly Share[], now: EpochMillis): GateEffect[] {
    if (this.#mayRun(shares)) return [this.#admit(id, shares)];
    const refused: GateEffect = { kind: "refuse", id, reason: "queue-full" };
    if (shares.some((share) => this.#placesHeld.of(share) >= share.mostWaiting)) return [refused];
    const effects: GateEffect[] = [];
    if (this.#waiting.size >= this.#limits.maxQueued) {
      const [lowest] = [...this.#waiting].reverse().sort(([, one], [, other]) => one.rank - other.rank);
      if (lowest === undefined || lowest[1].rank >= rank) return [refused];
      this.#forget(lowest[0]);
      effects.push({ kind: "refuse", id: lowest[0], reason: "queue-full" });
    }
    // A clock that was set back must not make a later arrival's time end first: the first in the queue is always next due.
    const deadline = addMillis(now, this.#limits.queueTimeout);
    this.#latestDeadline = epochMillis(Math.max(deadline, this.#waiting.size === 0 ? 0 : this.#latestDeadline));
    this.#waiting.set(id, { until: this.#latestDeadline, rank, shares });
    this.#placesHeld.add(shares, 1);
    return effects;
  }

  #mayRun(shares: readonly Share[]): boolean {
    return (
      this.#running.size < this.#limits.maxConcurrent && shares.every((share) => this.#turnsHeld.of(share) < share.most)
    );
  }

  /** Who has the slot that has become free, if anybody waits who may have it. */
  #next(): GateEffect[] {
    let chosen: readonly [number, Waiting] | undefined;
    const isByAge = this.#byRank >= TURNS_BY_RANK;
    for (const waiter of this.#waiting) {
      if ((chosen !== undefined && waiter[1].rank <= chosen[1].rank) || !this.#mayRun(waiter[1].shares)) continue;
      chosen = waiter;
      if (isByAge) break;
    }
    if (chosen === undefined) return [];
    this.#byRank = isByAge ? 0 : this.#byRank + 1;
    this.#forget(chosen[0]);
    return [this.#admit(chosen[0], chosen[1].shares), ...this.#next()];
  }

  #admit(id: number, shares: readonly Share[]): GateEffect {
    this.#running.set(id, shares);
    this.#turnsHeld.add(shares, 1);
    return { kind: "admit", id };
  }

  #expire(now: EpochMillis): GateEffect[] {
    const effects: GateEffect[] = [];
    for (const [id, { until }] of this.#waiting) {
      if (until > now) break;
      this.#forget(id);
      effects.push({ kind: "refuse", id, reason: "queue-timeout" });
    }
    return effects;
  }

  /** Takes a waiter out of the queue. */
  #forget(id: number): void {
    this.#placesHeld.add(this.#waiting.get(id)?.shares ?? [], -1);
    this.#waiting.delete(id);
  }
}
