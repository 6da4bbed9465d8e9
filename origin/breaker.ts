// Circuit breaker of an origin. Closed: requests pass. After `failures` failures in a row it opens: no request passes for
// `openFor`. Then it is half open: one request passes as a probe; its success closes the breaker, its failure opens it again.
// It never sends anything and reads no clock. Invariants: at most one probe at a time; a result counts only if its
// request was let through since the breaker last changed, so that slow answers of the past decide nothing.
// **Decided: one failing page never opens it.** A failure that a single page can cause names its place (`Evidence`), and a run of
// such failures opens the breaker only once it covers several places. A client can send one request as often as it likes, so a
// count alone would let anybody close the whole site. A refused connection names no place: no page can cause it.

import { addMillis, between, type EpochMillis, epochMillis, type Millis, millis } from "../config/units.ts";
import { ORIGIN_LIMITS } from "./limits.ts";

export interface BreakerLimits {
  /** Failures in a row after which it opens; at least 1. */
  readonly failures: number;
  readonly openFor: Millis;
}

/** Failures in a row, and the places of them: at most as many as are needed to open. */
interface Run {
  readonly failures: number;
  readonly places: ReadonlySet<string>;
  /** Whether one of them can only be the whole origin's. */
  readonly certain: boolean;
  readonly lastAt: EpochMillis;
}

const NO_RUN: Run = { failures: 0, places: new Set(), certain: false, lastAt: epochMillis(0) };

type BreakerState =
  | { readonly kind: "closed"; readonly run: Run }
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

/** The outcome of a permitted request; `abandoned` says nothing about the origin (the client disconnected). */
export type BreakerResult = "success" | "failure" | "abandoned";

/**
 * What a failure is evidence of. `origin`: the connection itself failed, for any request. `section`: it may be the fault of
 * one part of the site, named by the first segment of the path. `path`: it may be the fault of one page, and takes so long that
 * no client can cause many.
 */
export type Evidence = "origin" | "section" | "path";

/** The place that a failure speaks for; undefined for the whole origin. A query names no place: anybody can make one up. */
export function placeOf(evidence: Evidence, path: string): string | undefined {
  if (evidence === "origin") return undefined;
  const [pathname = ""] = path.split("?", 1);
  return evidence === "path" ? pathname : (pathname.split("/", 2)[1] ?? "");
}

/**
 * Whether an answer of this status counts as a failure, of its section: 502, 503 and 504 say that what is behind it is not
 * there. 500 and other errors are answers about one resource.
 */
export const isFailureStatus = (status: number): boolean => status >= 502 && status <= 504;

/** The circuit breaker of one origin. */
export class Breaker {
  readonly #limits: BreakerLimits;
  #state: BreakerState = { kind: "closed", run: NO_RUN };
  #generation = 0;

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  /** `closed`, `open` or `half-open`: for status pages. */
  get state(): BreakerState["kind"] {
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

  /**
   * Takes the result of a permitted request. `place` is where it failed; without one the failure is the whole origin's. Says
   * whether the breaker opened or closed by it.
   */
  settle(permit: Permit, result: BreakerResult, now: EpochMillis, place?: string): "opened" | "closed" | "unchanged" {
    if (permit.generation !== this.#generation) return "unchanged";
    switch (this.#state.kind) {
      case "half-open":
        if (result === "success") this.#become({ kind: "closed", run: NO_RUN });
        // A probe without a result leaves the question open: the next request becomes the probe at once.
        else this.#become({ kind: "open", until: result === "failure" ? addMillis(now, this.#limits.openFor) : now });
        return result === "failure" ? "opened" : result === "success" ? "closed" : "unchanged";
      case "closed": {
        if (result === "abandoned") return "unchanged";
        const run = result === "success" ? NO_RUN : this.#longer(this.#state.run, now, place);
        const wide = run.certain || run.places.size >= Math.min(ORIGIN_LIMITS.breakerPlaces, this.#limits.failures);
        if (run.failures < this.#limits.failures || !wide) {
          this.#state = { kind: "closed", run };
          return "unchanged";
        }
        this.#become({ kind: "open", until: addMillis(now, this.#limits.openFor) });
        return "opened";
      }
      case "open":
        throw new Error("an open breaker has given no permit");
    }
  }

  #longer(run: Run, now: EpochMillis, place: string | undefined): Run {
    // A failure now and then over a day is no run: the rest of the traffic may all be hits.
    const { failures, places, certain } = now - run.lastAt > ORIGIN_LIMITS.breakerRunMillis ? NO_RUN : run;
    return {
      failures: failures + 1,
      places: place === undefined || places.size >= ORIGIN_LIMITS.breakerPlaces ? places : new Set([...places, place]),
      certain: certain || place === undefined,
      lastAt: now,
    };
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#generation += 1;
  }
}
