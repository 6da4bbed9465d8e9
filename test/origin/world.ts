// A world for the origin client in which nothing happens by itself: a clock that is advanced, timers that it sets off, and
// an origin whose answers the test gives. Bodies are plain objects that the test ends.

import { epochMillis, type Millis } from "../../config/units.ts";
import type { OriginMetric, OriginPorts, OriginReply, OriginRequest, UploadState } from "../../origin/ports.ts";

export interface FakeBody {
  readonly text: string;
}
type Reply = OriginReply<FakeBody, never>;

/** A request that the fake origin has got. */
export interface Received {
  readonly request: OriginRequest<FakeBody>;
  answer(reply: Reply): void;
  cancelled: boolean;
  upload: UploadState;
}

export class World {
  now = 1_000_000;
  readonly received: Received[] = [];
  readonly counts = new Map<OriginMetric, number>();
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  /** How the beginning of an upload comes; at once unless a test says otherwise. */
  gather: (body: FakeBody) => Promise<FakeBody | undefined> = async (body) => body;
  givenUp = 0;

  readonly ports: OriginPorts<FakeBody, never> = {
    now: () => epochMillis(this.now),
    gather: (body) => ({
      body: this.gather(body),
      cancel: () => {
        this.givenUp += 1;
      },
    }),
    send: (request) => {
      const reply = Promise.withResolvers<Reply>();
      const received: Received = { request, answer: reply.resolve, cancelled: false, upload: { kind: "none" } };
      this.received.push(received);
      return {
        reply: reply.promise,
        upload: () => received.upload,
        cancel: () => {
          received.cancelled = true;
        },
      };
    },
    after: (delay: Millis, run) => {
      const timer = { at: this.now + delay, run };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    },
    count: (metric) => this.counts.set(metric, (this.counts.get(metric) ?? 0) + 1),
  };

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets every promise that can settle do so. */
  async settle(): Promise<void> {
    for (let round = 0; round < 50; round += 1) await Promise.resolve();
  }

  /** Moves the clock, setting off each timer at its own time. */
  async advance(by: number): Promise<void> {
    const end = this.now + by;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.now = Math.max(this.now, due.at);
      this.#timers.delete(due);
      due.run();
      await this.settle();
    }
    this.now = end;
    await this.settle();
  }

  /** The `index`th request that reached the origin. */
  at(index: number): Received {
    const received = this.received[index];
    if (received === undefined) throw new Error(`the origin has got ${this.received.length} requests`);
    return received;
  }
}

/** An answer with a body that ends when `end` is called; without a body for `null`. */
export function answer(
  status: number,
  text: string | null = "ok",
  fields: readonly (readonly [string, string])[] = [],
) {
  const ended = Promise.withResolvers<void>();
  if (text === null) ended.resolve();
  const resting = Promise.withResolvers<void>();
  const dripping = Promise.withResolvers<void>();
  const body = text === null ? null : { text };
  const reply: Reply = {
    kind: "reply",
    status,
    fields,
    body,
    ended: ended.promise,
    resting: resting.promise,
    dripping: dripping.promise,
  };
  return {
    reply,
    end: ended.resolve,
    rest: resting.resolve,
    drip: dripping.resolve,
    fail: () => ended.reject(new Error("the body broke off")),
  };
}
