// Limits that several areas share, and those of the configuration itself. Every other limit is in the `limits.ts` of its folder, and
// config/LIMITS.md lists them all. Everything that can grow (a queue, map, body, retry, loop or fan-out) has a limit, with its unit
// in its name and its reason next to it. Values that a user may want to change are in the configuration instead.

import { KiB, MiB } from "./units.ts";

export const LIMITS = {
  // --- between processes
  /** Maximum age of a peer's signature: generous to skewed clocks, short for a stolen one. */
  peerSignatureWindowMillis: 60_000,
  /** Nonces remembered for that time; beyond it requests are refused, since a replay must never pass. */
  peerNonces: 200_000,
  /** A message with a signed digest is read whole for the check: the largest purge set fits, an endless body does not. */
  internalBodyBytes: 16 * MiB,

  // --- requests between tiers
  /** Timeout for an answer's head, over all tiers and retries; origins get less. */
  requestBudgetMillis: 60_000,
  /** After this long without a head the edge probes whether the region is alive. */
  aliveProbeAfterMillis: 1_000,
  /** A region that does not answer the probe in this time is abandoned for the next one. */
  aliveProbeTimeoutMillis: 1_000,

  // --- counts
  /** How long an isolate gathers counts before it sends them to its region's meter. */
  meterPushMillis: 1_000,

  // --- actions of a route
  /** Rules in one list of an action: each is evaluated for every request, and longer lists belong at the origin. */
  actionRules: 64,
  /** Characters of a field value that an action sets: what common servers accept in one line, with a margin. */
  actionValueCharacters: 1_024,
  /** Characters of one custom error page, and of all together: they are part of the configuration, so images stay outside. */
  errorPageCharacters: 16 * KiB,
  errorPagesCharacters: 128 * KiB,

  // --- leases
  /**
   * The duration of a hub's lease, during which a shard may release responses, counted by the shard from before its request;
   * after half of it the shard renews in the background. The longer, the fewer requests, and the later a purge is complete.
   */
  leaseMillis: 2_000,
  /** How long a route with `whenCutOff: "serve"` serves while cut off; then it revalidates. */
  cutOffServeMillis: 60_000,

  // --- an origin
  /** An upload gets a turn at the origin once this much, or all of it, has arrived in this time (2.2 KB/s): a slow client holds none. */
  uploadHeadBytes: 64 * KiB,
  uploadHeadMillis: 30_000,
  /** Minimum rate of a body: 546 B/s, about Apache's minimum for uploads. */
  leastRateBytes: 16 * KiB,
  leastRateMillis: 30_000,

  // --- URLs and purges
  /** Characters of a URL that a cache key or a purge may have: what common servers accept in a request line. */
  urlCharacters: 8 * KiB,
  /** Characters of a tag, in origins' responses and in the API. */
  tagCharacters: 1_024,
  /** Characters of a host name (RFC 1035 section 2.3.4, without the last dot). */
  hostCharacters: 253,
  /** Old versions in one purge, and characters of each entity tag. */
  notEtags: 16,
  etagCharacters: 256,

  // --- the local run
  /** How long stopping may take before the rest is killed: within the documented five seconds. */
  stopMillis: 4_000,

  // --- prefetching
  /** URLs of one prefetch, including those of its sitemaps; more are counted and omitted. */
  prefetchUrls: 5_000,
  /** The same after the client has disconnected: the platform lets an invocation continue for 30 s. */
  prefetchUnheardMillis: 20_000,
  /** How long a body is read: a large object from a slow origin is warm as far as it was read. */
  warmBodyMillis: 60_000,

  // --- the control API
  /** Scopes in one purge, and so in one event to every hub and shard. */
  purgeScopes: 5_000,
  /** Faults listed in one answer: enough to fix a request. */
  problemErrors: 20,
  /** Receipts on one page: each may list thousands of scopes. */
  receiptsPage: 100,
  /** The longest wait of a purge request. */
  purgeWaitSeconds: 60,
  /** The longest settle time of a purge: an origin's replicas have caught up by then. */
  purgeSettleSeconds: 600,
  /** Timeout per region when the API gathers states, totals or dry runs from all: a page should not hang. */
  gatherTimeoutMillis: 3_000,

  // --- metrics
  /** Characters of a label's value: names in the configuration are shorter. */
  metricLabelCharacters: 64,
  /** Series in one isolate's push: nine regions' routes and outcomes that occur in practice. */
  tallySeries: 1_024,
  /** The span of one sample, and how many are kept: twenty minutes. */
  meterSampleMillis: 10_000,
  meterSamples: 120,
} as const;
