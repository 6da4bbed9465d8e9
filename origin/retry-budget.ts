// Decides whether a failed request may be sent once more: a GET or HEAD without a body, after a failure of the connection,
// while retries stay a small share of requests. So a pooled connection that an earlier answer has spoilt is not noticed,
// and an origin that is down does not get its load doubled. It never retries after a timeout: a slow origin is not helped.

import { FAILURES, type OriginError } from "./failure.ts";
import { ORIGIN_LIMITS } from "./limits.ts";

/** Whether a request of this kind that failed in this way may be repeated (RFC 9110 section 9.2.2: safe and without a body). */
export const isRepeatable = (method: string, body: "body" | "no-body", error: OriginError): boolean =>
  (method === "GET" || method === "HEAD") && body === "no-body" && FAILURES[error].retry === "may";

/** A share of requests that may be retries: each request earns that share of one retry, up to a small store of them. */
export class RetryBudget {
  readonly #share: number;
  #earned: number;

  /** `share` lies between 0 (never) and 1. The store begins full, for the first connection may be the stale one. */
  constructor(share: number) {
    this.#share = share;
    this.#earned = share === 0 ? 0 : ORIGIN_LIMITS.originRetriesInStore;
  }

  /** Counts a first attempt. */
  earn(): void {
    this.#earned = Math.min(ORIGIN_LIMITS.originRetriesInStore, this.#earned + this.#share);
  }

  /** Takes one retry out of the budget, if it has one. */
  spend(): "retry" | "exhausted" {
    // Shares such as 0.1 add up to a hair less than 1: a thousandth is forgiven.
    if (this.#earned < 0.999) return "exhausted";
    this.#earned = Math.max(0, this.#earned - 1);
    return "retry";
  }
}
