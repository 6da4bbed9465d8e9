// How many scopes each token may purge, beside how often it may ask: one call may name thousands, and each is kept by every hub
// and shard. Two token buckets: one of scopes, and one of settle windows that may be open at once, which fills again as windows
// close. **Decided**: they live in one isolate's memory, as the rate of requests does (admission.worker.ts), so they guard against a
// script that runs away, and a purge needs no question to all hubs. What gets past them is folded (../../purge/fold.ts).

import { LIMITS } from "../../../config/limits.ts";
import { type Bucket, secondsUntil, takeFrom } from "../../../config/token-bucket.ts";
import type { EpochMillis, Seconds } from "../../../config/units.ts";
import { API_LIMITS } from "../limits.ts";
import { type Problem, problem } from "../problems.ts";

const SCOPES = { burst: API_LIMITS.apiScopeBurst, perSecond: API_LIMITS.apiScopesPerSecond };
const SETTLES = {
  burst: API_LIMITS.apiSettleWindows,
  perSecond: API_LIMITS.apiSettleWindows / LIMITS.purgeSettleSeconds,
};

/** Taken, or why not and when to come again: the field that goes with a 429. */
export type QuotaTaken =
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly problem: Problem; readonly fields: { readonly "retry-after": string } };

export class PurgeQuota {
  /** By names of tokens, so there are never more than tokens. */
  readonly #scopes = new Map<string, Bucket>();
  readonly #settles = new Map<string, Bucket>();

  /** Takes a purge of so many scopes out of the token's quota. A refused one takes nothing. */
  take(token: string, scopes: number, settleSeconds: number | undefined, now: EpochMillis): QuotaTaken {
    const taken = takeFrom(this.#scopes.get(token), SCOPES, now, scopes);
    if (taken.kind === "refused") {
      const rate = `${SCOPES.burst} scopes at once and ${SCOPES.perSecond} a second`;
      return refused(
        `a token may purge ${rate}; a prefix or a host purges many URLs in one`,
        secondsUntil(taken.bucket, SCOPES, scopes),
      );
    }
    if (settleSeconds !== undefined && settleSeconds > 0) {
      const settling = takeFrom(this.#settles.get(token), SETTLES, now, scopes);
      if (settling.kind === "refused") {
        const most = `${API_LIMITS.apiSettleWindows} scopes within ${LIMITS.purgeSettleSeconds} s`;
        return refused(
          `a token may have ${most} settle; purge a prefix or a host, or without settleSeconds`,
          secondsUntil(settling.bucket, SETTLES, scopes),
        );
      }
      this.#settles.set(token, settling.bucket);
    }
    this.#scopes.set(token, taken.bucket);
    return { kind: "taken" };
  }
}

const refused = (detail: string, retryAfter: Seconds): QuotaTaken => ({
  kind: "refused",
  problem: problem("too-many-requests", `${detail}; again in ${retryAfter} s`),
  fields: { "retry-after": String(retryAfter) },
});
