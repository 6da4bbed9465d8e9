// What all nodes of one region have in common: where they are, their clock, timers that run by it, and how they call others.
// A node's timer belongs to its life. `reach` and `within` are the platform's part of a call: production's is in
// edge/tier/reach.worker.ts and the time limits of its fetches.

import { LIMITS } from "../../config/limits.ts";
import { type EpochMillis, epochMillis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { Chances } from "./chance.ts";
import type { Findings } from "./findings.ts";
import type { Life, Links, Target } from "./links.ts";
import { EPOCH } from "./origin.ts";
import type { Clock } from "./plan.ts";
import type { Scheduler } from "./scheduler.ts";

/** What every node is given. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly links: Links;
  readonly chances: Chances;
  readonly findings: Findings;
}

export class Site {
  readonly region: RegionId;
  readonly around: Surroundings;
  readonly #clock: Clock;

  constructor(region: RegionId, clock: Clock, around: Surroundings) {
    this.region = region;
    this.around = around;
    this.#clock = clock;
  }

  /** The region's own idea of the time. */
  readonly now = (): EpochMillis => {
    const { skew, drift } = this.#clock;
    return epochMillis(EPOCH + skew + Math.floor(this.around.scheduler.now * (1 + drift)));
  };

  /** When, in true time, this region's clock will show `at`. */
  trueTime(at: EpochMillis): number {
    return (at - EPOCH - this.#clock.skew) / (1 + this.#clock.drift);
  }

  /** Timers of one life: what is due after its end does not happen. */
  after(life: Life): (delay: number, act: () => void) => () => void {
    return (delay, act) =>
      this.around.scheduler.at(delay / (1 + this.#clock.drift), () => {
        if (!life.ended) act();
      });
  }

  /** A call that rejects after `millis`, or when nobody is there: as a fetch with a time limit does. */
  within<T>(life: Life, path: string, target: Target<T>, millis: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const call = this.around.links.call(life, path, target);
      const over = this.after(life)(millis, () => {
        call.giveUp();
        reject(new Error(`${path}: no answer`));
      });
      void call.reply.then((reply) => {
        over();
        if (reply.kind === "answer") resolve(reply.value);
        else reject(new Error(`${path}: refused`));
      });
    });
  }

  /** Whether a node answers at all, in the time for that question. */
  isAlive(life: Life, target: Pick<Target<unknown>, "region" | "life">): Promise<boolean> {
    const alive = { ...target, act: async () => true };
    return this.within(life, "alive", alive, LIMITS.aliveProbeTimeoutMillis).catch(() => false);
  }

  /** A call to a node that may be gone: without an answer for a while, it is asked whether it lives. */
  async reach<T>(
    life: Life,
    path: string,
    target: Target<T>,
    budget: number,
    dropped: (value: T) => void,
  ): Promise<{ kind: "response"; value: T } | { kind: "unreachable" } | { kind: "late" }> {
    const call = this.around.links.call(life, path, target, dropped);
    const offs: (() => void)[] = [];
    const later = (delay: number): Promise<"time"> =>
      new Promise((resolve) => {
        offs.push(this.after(life)(delay, () => resolve("time")));
      });
    const over = <Ended>(ended: Ended): Ended => {
      for (const off of offs) off();
      return ended;
    };
    const answer = call.reply.then((reply) =>
      reply.kind === "answer"
        ? ({ kind: "response", value: reply.value } as const)
        : ({ kind: "unreachable" } as const),
    );
    const probeAfter = Math.min(LIMITS.aliveProbeAfterMillis, budget);
    const first = await Promise.race([answer, later(probeAfter)]);
    if (first !== "time") return over(first);
    if (!(await Promise.race([this.isAlive(life, target), answer.then(() => true)]))) {
      call.giveUp();
      return over({ kind: "unreachable" });
    }
    const second = await Promise.race([answer, later(Math.max(0, budget - probeAfter))]);
    if (second !== "time") return over(second);
    call.giveUp();
    return over({ kind: "late" });
  }
}

/** What passes through JSON between nodes: nothing is shared by reference. */
export const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
