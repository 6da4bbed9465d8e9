// Turns the gate's decisions into waiting: a promise for each request, one timer for the queue, and a way out for those who
// give up. It decides nothing itself. Invariant: an admitted request gives its turn back exactly once.

import { between, millis } from "../config/units.ts";
import { Gate, type GateEvent, type GateLimits, type Share } from "./gate.ts";
import type { CancelSignal, OriginPorts } from "./ports.ts";

export type TurnOutcome =
  /** `leave` gives the turn back. */
  | { readonly kind: "admitted"; readonly leave: () => void }
  | { readonly kind: "cancelled" | "queue-full" | "queue-timeout" };

export class Turns {
  readonly #gate: Gate;
  readonly #ports: Pick<OriginPorts<never, never>, "now" | "after" | "count">;
  readonly #waiters = new Map<number, (decided: TurnOutcome["kind"]) => void>();
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

  /** Waits for a turn, the higher the `rank` the sooner, within all of its shares. Whoever is admitted leaves once. */
  take(signal: CancelSignal | undefined, rank = 0, shares: readonly Share[] = []): Promise<TurnOutcome> {
    if (signal?.aborted) return Promise.resolve({ kind: "cancelled" });
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const onAbort = () => {
        // The gate first: if this waiter's time was up as well, that is what the gate says, and the line below finds no waiter.
        this.#step({ kind: "cancel", id });
        this.#waiters.get(id)?.("cancelled");
      };
      this.#waiters.set(id, (decided) => {
        this.#waiters.delete(id);
        signal?.removeEventListener("abort", onAbort);
        const leave = () => this.#step({ kind: "leave", id });
        resolve(decided === "admitted" ? { kind: decided, leave } : { kind: decided });
      });
      this.#step({ kind: "arrive", id, rank, shares });
      if (!this.#waiters.has(id)) return;
      this.#ports.count("queued");
      signal?.addEventListener("abort", onAbort);
    });
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
