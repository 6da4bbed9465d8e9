// Limits the scopes that each token may purge, in addition to its request rate: one request may contain thousands, and every hub
// and shard stores each. Two token buckets: one for scopes, and one for concurrently open settle windows, refilled as windows
// close. **Decided**: they are in one isolate's memory, like the request rate (admission.worker.ts): they guard against a runaway
// script, without a query to all hubs per purge. What exceeds them is folded (../../purge/fold.ts).

import { LIMITS } from "../../../config/limits.ts";
import { type Bucket, secondsUntil, takeFrom } from "../../../config/token-bucket.ts";
import type { EpochMillis, Seconds } from "../../../config/units.ts";
import { API_LIMITS } from "../limits.ts";
import { type ApiProblem, problem } from "../problems.ts";

const SCOPES = { burst: API_LIMITS.apiScopeBurst, perSecond: API_LIMITS.apiScopesPerSecond };
const SETTLES = {
  burst: API_LIMITS.apiSettleWindows,
  perSecond: API_LIMITS.apiSettleWindows / LIMITS.purgeSettleSeconds,
};

/** Taken, or refused with a reason and the 429's `Retry-After`. */
export type QuotaTaken =
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly problem: ApiProblem; readonly fields: { readonly "retry-after": string } };

export class PurgeQuota {
  /** Keyed by token names, so there are never more than tokens. */
  readonly #scopes = new Map<string, Bucket>();
  readonly #settles = new Map<string, Bucket>();

  /** Charges a purge of this many scopes to the token's quota. A refused one is not charged. */
  take(token: string, scopes: number, settleSeconds: number | undefined, now: EpochMillis): QuotaTaken {
    const taken = takeFrom(this.#scopes.get(token), SCOPES, now, scopes);
    if (taken.kind === "refused") {
      const rate = `${SCOPES.burst} scopes at once and ${SCOPES.perSecond} a second`;
      return refused(
        `a token may purge ${rate}; a prefix or a host covers many URLs with one scope`,
        secondsUntil(taken.bucket, SCOPES, scopes),
      );
    }
    if (settleSeconds !== undefined && settleSeconds > 0) {
      const settling = takeFrom(this.#settles.get(token), SETTLES, now, scopes);
      if (settling.kind === "refused") {
        const most = `${API_LIMITS.apiSettleWindows} scopes within ${LIMITS.purgeSettleSeconds} s`;
        return refused(
          `a token may have ${most} settling; purge a prefix or a host, or omit settleSeconds`,
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
  problem: problem("too-many-requests", `${detail}; retry in ${retryAfter} s`),
  fields: { "retry-after": String(retryAfter) },
});
