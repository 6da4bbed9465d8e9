// Limits of the control API.

import { MiB } from "../../config/units.ts";

export const API_LIMITS = {
  // --- prefetching
  /** Concurrent visits, if the origin allows as many: an invocation waits for six answers, and clients have priority. */
  prefetchConcurrency: 4,

  // --- the control API
  /** A request body to the API: 5,000 scopes of usual length. */
  apiBodyBytes: 1 * MiB,
  /** How much of a larger body is read and discarded, so that its sender receives the error: far more than a mistake has. */
  apiDrainedBytes: 16 * MiB,
  /** Characters of a purge's `reason`, and of an `idempotencyKey`: every hub's log stores both. */
  reasonCharacters: 500,
  idempotencyKeyCharacters: 128,
  /** How long the API waits for a hub, beyond the command's own wait, before it tries another region's. */
  hubAnswerMillis: 5_000,
  /** The maximum age of a cached health answer: it is public, and must not cost the hub a request each time. */
  healthMillis: 1_000,
  /** Tokens in the secret API_TOKENS, and hosts of one: each request is compared with all of them. */
  apiTokens: 256,
  tokenHosts: 256,
  /** Requests that a token may make in a burst, and per second on average, per isolate: a dashboard makes two a second. */
  apiRequestBurst: 300,
  apiRequestsPerSecond: 50,
  /** How many purges count as one request: a shop that imports prices purges hundreds of times a second. */
  apiPurgesPerRequest: 10,
  /** Scopes that a token may purge in a burst, and per second on average: a burst is less than a purge set keeps apart. */
  apiScopeBurst: 20_000,
  apiScopesPerSecond: 500,
  /** A token's scopes that may settle at once: a quarter of the windows that a shard keeps apart. */
  apiSettleWindows: 8_192,
} as const;
