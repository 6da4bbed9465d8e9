// Turns the gate's decisions into waiting: a promise for each request, one timer for the queue, and a way out for those who
// give up. It decides nothing itself. Invariant: whoever was told "admitted" gives the turn back exactly once.

import { between, millis } from "../config/units.ts";
import { Gate, type GateEvent, type GateLimits } from "./gate.ts";
import type { CancelSignal, OriginPorts } from "./ports.ts";

export type Admission = "admitted" | "cancelled" | "queue-full" | "queue-timeout";

export class Turns {
  readonly #gate: Gate;
  readonly #ports: Pick<OriginPorts<never, never>, "now" | "after" | "count">;
  readonly #waiters = new Map<number, (admission: Admission) => void>();
  #lastId = 0;
  #cancelWake: (() => void) | undefined;

  constructor(limits: GateLimits, ports: Pick<OriginPorts<never, never>, "now" | "after" | "count">) {
    this.#gate = new Gate(limits);
    this.#ports = ports;
  }

  get running(): number {
    return this.#gate.running;
  }

  get waiting(): number {
    return this.#gate.waiting;
  }

  /** Waits for a turn, the higher the `rank` the sooner; "admitted" must be followed by one `giveBack`. */
  take(signal: CancelSignal | undefined, rank = 0): Promise<Admission> {
    if (signal?.aborted) return Promise.resolve("cancelled");
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const onAbort = () => {
        // The gate first: if this waiter's time was up as well, that is what the gate says, and the line below finds nobody.
        this.#step({ kind: "cancel", id });
        this.#waiters.get(id)?.("cancelled");
      };
      this.#waiters.set(id, (admission) => {
        this.#waiters.delete(id);
        signal?.removeEventListener("abort", onAbort);
        resolve(admission);
      });
      this.#step({ kind: "arrive", id, rank });
      if (!this.#waiters.has(id)) return;
      this.#ports.count("queued");
      signal?.addEventListener("abort", onAbort);
    });
  }

  giveBack(): void {
    this.#step({ kind: "leave" });
  }

  #step(event: GateEvent): void {
    for (const effect of this.#gate.step(event, this.#ports.now())) {
      const waiter = this.#waiters.get(effect.id);
      if (waiter === undefined) throw new Error("the gate decided about a request that nobody waits for");
      waiter(effect.kind === "admit" ? "admitted" : effect.reason);
    }
    this.#cancelWake?.();
    const { wakeAt } = this.#gate;
    if (wakeAt === undefined) {
      this.#cancelWake = undefined;
      return;
    }
    const delay = millis(Math.max(0, between(this.#ports.now(), wakeAt)));
    this.#cancelWake = this.#ports.after(delay, () => this.#step({ kind: "tick" }));
  }
}
