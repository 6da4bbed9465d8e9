// Queries other regions' hubs for the state of purges. While a query to a region is pending, further purges are batched into the
// next one, so that hundreds of waiting clients cost a few messages. The region may hold a query open until its purges are
// applied; the number of open queries and of purges in each is bounded.

import { type Millis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { type Dot, formatDot } from "../../purge/vector.ts";
import type { HeldState } from "../../purge/wire.ts";
import { HUB_LIMITS } from "../limits.ts";
import type { PeerPort } from "../ports.ts";

/** Takes what a region says of one purge. */
export type TakeState = (region: RegionId, dot: Dot, state: HeldState) => void;

/** What goes with the next question to a region. */
interface QueryBatch {
  readonly dots: Map<string, Dot>;
  /** For how long the region may hold its answer back. */
  within: Millis;
  readonly answered: Promise<boolean>;
  readonly settle: (answered: boolean) => void;
}

interface Queue {
  readonly region: RegionId;
  readonly kind: "held" | "at-once";
  next: QueryBatch | undefined;
  isAsking: boolean;
}

export class Questions {
  readonly #peers: PeerPort;
  readonly #take: TakeState;
  /** By region and kind; whose turn was longest ago comes first. */
  readonly #queues = new Map<string, Queue>();
  #held = 0;

  constructor(peers: PeerPort, take: TakeState) {
    this.#peers = peers;
    this.#take = take;
  }

  /**
   * Asks a region after these purges; it answers when they are applied there, or when `within` is over. Resolves once what it
   * said has been taken, with whether it answered.
   */
  ask(region: RegionId, dots: readonly Dot[], within: Millis): Promise<boolean> {
    const queue = this.#queueOf(region, within > 0 ? "held" : "at-once");
    queue.next ??= newBatch();
    const batch = queue.next;
    for (const dot of dots) batch.dots.set(formatDot(dot), dot);
    batch.within = millis(Math.max(batch.within, within));
    this.#start();
    return batch.answered;
  }

  #start(): void {
    for (const [name, queue] of [...this.#queues]) {
      const { next } = queue;
      if (next === undefined || queue.isAsking) continue;
      if (queue.kind === "held" && this.#held >= HUB_LIMITS.awaitConcurrency) continue;
      this.#queues.delete(name);
      this.#queues.set(name, queue);
      void this.#put(queue, next);
    }
  }

  async #put(queue: Queue, batch: QueryBatch): Promise<void> {
    queue.next = undefined;
    queue.isAsking = true;
    if (queue.kind === "held") this.#held++;
    const answered = await this.#answer(queue.region, batch);
    queue.isAsking = false;
    if (queue.kind === "held") this.#held--;
    batch.settle(answered);
    this.#start();
  }

  async #answer(region: RegionId, batch: QueryBatch): Promise<boolean> {
    const dots = [...batch.dots.values()];
    try {
      for (let start = 0; start < dots.length; start += HUB_LIMITS.awaitDots) {
        const some = dots.slice(start, start + HUB_LIMITS.awaitDots);
        const { states } = await this.#peers.await(region, { v: 1, dots: some, timeoutMillis: batch.within });
        for (const [index, state] of states.entries()) this.#take(region, some[index] as Dot, state);
      }
      return true;
    } catch {
      // Expected while a region is cut off: the receipt says so.
      return false;
    }
  }

  #queueOf(region: RegionId, kind: Queue["kind"]): Queue {
    const name = `${region} ${kind}`;
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = { region, kind, next: undefined, isAsking: false };
      this.#queues.set(name, queue);
    }
    return queue;
  }
}

function newBatch(): QueryBatch {
  let settle: (answered: boolean) => void = () => undefined;
  const answered = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  return { dots: new Map(), within: millis(0), answered, settle };
}
