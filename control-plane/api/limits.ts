// Limits of the control API.

import { MiB } from "../../config/units.ts";

export const API_LIMITS = {
  // --- prefetching
  /** Visits under way at once, if the origin takes as many: an invocation waits for six answers, and clients come first. */
  prefetchConcurrency: 4,

  // --- the control API
  /** A request body to the API: 5,000 scopes of usual length. */
  apiBodyBytes: 1 * MiB,
  /** What is read of a larger one, and dropped, so that its sender hears that it is too large: far more than a mistake has. */
  apiDrainedBytes: 16 * MiB,
  /** Characters of a purge's `reason`, and of an `idempotencyKey`: both stay in every hub's log. */
  reasonCharacters: 500,
  idempotencyKeyCharacters: 128,
  /** How long the API waits for a hub beyond what the command itself may take, before it asks another region's. */
  hubAnswerMillis: 5_000,
  /** An answer about the hub's health is this old at most: anybody may ask for it, without a token. */
  healthMillis: 1_000,
  /** Tokens in the secret API_TOKENS, and hosts of one: each request is compared with all of them. */
  apiTokens: 256,
  tokenHosts: 256,
  /** Requests that a token may make at once, and a second in the long run, in each isolate: a dashboard makes two a second. */
  apiRequestBurst: 300,
  apiRequestsPerSecond: 50,
  /** How many purges count as one request: a shop that imports its prices purges hundreds of times a second. */
  apiPurgesPerRequest: 10,
  /** Scopes that a token may purge at once, and a second in the long run: less at once than a purge set tells apart. */
  apiScopeBurst: 20_000,
  apiScopesPerSecond: 500,
  /** Scopes of a token that may settle at once: a quarter of the windows that a shard tells apart. */
  apiSettleWindows: 8_192,
} as const;
