// Decides whether an origin is worth asking at all. Closed: ask. After `failures` failures in a row it opens: nobody asks
// for `openFor`. Then it is half open: one request goes as a probe; its success closes the breaker, its failure opens it again.
// It never sends anything and reads no clock. Invariant: at most one probe at a time, and a result counts only if its
// request was let through since the breaker last changed, so that slow answers of the past decide nothing.

import { after, between, type EpochMillis, type Millis, millis } from "../config/units.ts";

export interface BreakerLimits {
  /** Failures in a row after which it opens; at least 1. */
  readonly failures: number;
  readonly openFor: Millis;
}

type State =
  | { readonly kind: "closed"; readonly failures: number }
  | { readonly kind: "open"; readonly until: EpochMillis }
  | { readonly kind: "half-open" };

/** Leave to ask the origin once; hand it to `settle` with what came of it, exactly once. */
export interface Permit {
  readonly kind: "permit";
  readonly generation: number;
}

export interface Open {
  readonly kind: "open";
  /** How long until a request may be tried; 0 while a probe is under way. */
  readonly retryIn: Millis;
}

/** What came of a permitted request; `abandoned` tells nothing about the origin (the client went away). */
export type Result = "success" | "failure" | "abandoned";

/**
 * Whether an answer of this status counts as a failure of the origin: 502, 503 and 504 say that it, or what is behind it,
 * is not there. 500 and other errors are answers about one resource: a single broken page must not cut off the whole site.
 */
export const isFailureStatus = (status: number): boolean => status >= 502 && status <= 504;

/** The circuit breaker of one origin. */
export class Breaker {
  readonly #limits: BreakerLimits;
  #state: State = { kind: "closed", failures: 0 };
  #generation = 0;

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  /** `closed`, `open` or `half-open`: for status pages. */
  get state(): State["kind"] {
    return this.#state.kind;
  }

  /** Whether a request would be refused at `now`; changes nothing. */
  refusal(now: EpochMillis): Open | undefined {
    if (this.#state.kind === "half-open") return { kind: "open", retryIn: millis(0) };
    if (this.#state.kind === "open" && now < this.#state.until) {
      // The wait is never longer than the whole time, even if the clock was set back meanwhile.
      return { kind: "open", retryIn: millis(Math.min(between(now, this.#state.until), this.#limits.openFor)) };
    }
    return undefined;
  }

  /** Asks for leave to send one request now. The first to ask when the time is up becomes the probe. */
  ask(now: EpochMillis): Permit | Open {
    const refusal = this.refusal(now);
    if (refusal !== undefined) return refusal;
    if (this.#state.kind === "open") this.#become({ kind: "half-open" });
    return { kind: "permit", generation: this.#generation };
  }

  /** Takes the result of a permitted request. Says whether the breaker opened or closed by it. */
  settle(permit: Permit, result: Result, now: EpochMillis): "opened" | "closed" | "unchanged" {
    if (permit.generation !== this.#generation) return "unchanged";
    switch (this.#state.kind) {
      case "half-open":
        if (result === "success") this.#become({ kind: "closed", failures: 0 });
        // A probe without a result leaves the question open: the next request becomes the probe at once.
        else this.#become({ kind: "open", until: result === "failure" ? after(now, this.#limits.openFor) : now });
        return result === "failure" ? "opened" : result === "success" ? "closed" : "unchanged";
      case "closed": {
        if (result === "abandoned") return "unchanged";
        const failures = result === "success" ? 0 : this.#state.failures + 1;
        if (failures < this.#limits.failures) {
          this.#state = { kind: "closed", failures };
          return "unchanged";
        }
        this.#become({ kind: "open", until: after(now, this.#limits.openFor) });
        return "opened";
      }
      case "open":
        throw new Error("an open breaker has given no permit");
    }
  }

  #become(state: State): void {
    this.#state = state;
    this.#generation += 1;
  }
}
