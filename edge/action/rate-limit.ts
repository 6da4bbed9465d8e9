// How often one client may come: a token bucket for each client and route, full at first and refilled evenly. A client is an
// IPv4 address or an IPv6 /64. The buckets live in one isolate's memory: with several isolates a client has as many buckets,
// and a full table drops the client that has been idle for longest. So it is a guard against one client's flood, no quota.
// Fields: Retry-After (RFC 9110 section 10.2.3), RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers).

import type { Actions } from "../../config/schema/action-schema.ts";
import { type Bucket, secondsUntil, takeFrom } from "../../config/token-bucket.ts";
import type { EpochMillis, Seconds } from "../../config/units.ts";
import { clientNetwork } from "../../config/world/ip-network.ts";
import type { FieldLine } from "../http/fields.ts";
import { EDGE_LIMITS } from "../limits.ts";

type RateRule = NonNullable<Actions["rateLimit"]>;

export interface RateDecision {
  readonly kind: "taken" | "refused";
  /** Whole requests left. */
  readonly left: number;
  /** Until one more request is there (refused), or until the bucket is full again (taken); whole seconds. */
  readonly wait: Seconds;
}

/** The buckets of one isolate, of at most `limit` clients. */
export class RateTable {
  readonly #limit: number;
  /** The one unheard for longest first: a bucket that is used goes to the end. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: number = EDGE_LIMITS.rateLimitClients) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /**
   * Takes one request out of the client's bucket on a route. Clients without a verified address share one bucket.
   * A clock that steps back fills nothing.
   */
  take(route: string, rate: RateRule, address: string | undefined, now: EpochMillis): RateDecision {
    const client = `${route} ${address === undefined ? "unknown" : clientNetwork(address)}`;
    const filling = { burst: rate.requests, perSecond: rate.requests / rate.perSeconds };
    const { kind, bucket } = takeFrom(this.#buckets.get(client), filling, now);
    this.#buckets.delete(client);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size < this.#limit) break;
      this.#buckets.delete(oldest);
    }
    this.#buckets.set(client, bucket);
    const awaited = kind === "refused" ? 1 : rate.requests;
    return { kind, left: Math.floor(bucket.left), wait: secondsUntil(bucket, filling, awaited) };
  }
}

/** What an answer says of the client's rate; on a refusal also when to come again. */
export const rateFields = (rate: RateRule, taken: RateDecision): FieldLine[] => [
  ["ratelimit-policy", `"client";q=${rate.requests};w=${Math.ceil(rate.perSeconds)}`],
  ["ratelimit", `"client";r=${taken.left};t=${taken.wait}`],
  ...(taken.kind === "refused" ? [["retry-after", `${taken.wait}`] as const] : []),
];
