// Limits that several areas share, and those of the configuration itself. Every other limit stands in the `limits.ts` of the folder that
// it limits, and config/LIMITS.md lists them all. Everything that can grow (a queue, map, body, retry, loop or fan-out) has a number in
// one of them, with its unit in its name and its reason beside it. What a user may want to change is in the configuration instead.

import { KiB, MiB } from "./units.ts";

export const LIMITS = {
  // --- between processes
  /** How old a peer's signature may be: generous to skewed clocks, short for a stolen one. */
  peerSignatureWindowMillis: 60_000,
  /** Nonces remembered for that time; beyond it requests are refused, for a replay must never pass. */
  peerNonces: 200_000,
  /** A message whose digest is signed is read whole to be checked: a purge set at its largest fits, nothing endless does. */
  internalBodyBytes: 16 * MiB,

  // --- a request on its way
  /** Time for the head of an answer, over all tiers and retries together; origins get less than this. */
  requestBudgetMillis: 60_000,
  /** After this long without a head the edge asks the region whether it is alive at all. */
  aliveProbeAfterMillis: 1_000,
  /** A region that does not answer that question in this time is left for the next one. */
  aliveProbeTimeoutMillis: 1_000,

  // --- counts
  /** How long an isolate gathers counts before it hands them to its region's meter. */
  meterPushMillis: 1_000,

  // --- actions of a route
  /** Rules in one list of an action: each is looked at for each request, and a longer list belongs at the origin. */
  actionRules: 64,
  /** Characters of a field value that an action sets: what common servers take in one line, with room for others. */
  actionValueCharacters: 1_024,
  /** Characters of an error page of one's own, and of all together: they travel with the configuration, so pictures stay outside. */
  errorPageCharacters: 16 * KiB,
  errorPagesCharacters: 128 * KiB,

  // --- leases
  /**
   * How long a hub's lease lets a shard release responses, counted by the shard from before it asked; half of it renews in
   * the background. The longer, the fewer questions, and the later a purge is complete.
   */
  leaseMillis: 2_000,
  /** How long a route that serves when it is cut off does so; then it revalidates. */
  cutOffServeMillis: 60_000,

  // --- an origin
  /** An upload takes a turn once so much of it, or all of it, has come, in this time (2.2 KB/s): a client that drips holds no turn. */
  uploadHeadBytes: 64 * KiB,
  uploadHeadMillis: 30_000,
  /** What must come of a body in so much time that its sender is waited for: 546 B/s, about what Apache asks of uploads. */
  leastRateBytes: 16 * KiB,
  leastRateMillis: 30_000,

  // --- URLs and purges
  /** Characters of a URL that a cache key or a purge may have: what common servers accept in a request line. */
  urlCharacters: 8 * KiB,
  /** Characters of a tag: what origins may send in one, and what the API promises. */
  tagCharacters: 1_024,
  /** Characters of a host name (RFC 1035 section 2.3.4, without the last dot). */
  hostCharacters: 253,
  /** Versions that a purge may name as old, and characters of each tag. */
  notEtags: 16,
  etagCharacters: 256,

  // --- the local run
  /** How long stopping may take before what is left is killed: within the five seconds that users are promised. */
  stopMillis: 4_000,

  // --- prefetching
  /** URLs of one prefetch, those of its sitemaps among them; more are counted and left out. */
  prefetchUrls: 5_000,
  /** The same once nobody reads along: the platform lets an invocation live on for 30 s. */
  prefetchUnheardMillis: 20_000,
  /** The longest that a body is read for: a large object over a slow origin is warm as far as it was read. */
  warmBodyMillis: 60_000,

  // --- the control API
  /** Scopes in one purge: what an event may carry to every hub and shard at once. */
  purgeScopes: 5_000,
  /** Faults that one answer lists: enough to mend a request by. */
  problemErrors: 20,
  /** Receipts on one page: each may list thousands of scopes. */
  receiptsPage: 100,
  /** The longest that a purge's answer is held for `wait`. */
  purgeWaitSeconds: 60,
  /** The longest that a purge may keep refills from being stored: an origin's replicas have caught up by then. */
  purgeSettleSeconds: 600,
  /** How long the API waits for each region when it gathers states, totals or dry runs from all: a page should not hang. */
  gatherTimeoutMillis: 3_000,

  // --- metrics
  /** Characters of a label's value: names in the configuration are shorter. */
  metricLabelCharacters: 64,
  /** Series in one isolate's push: nine regions' worth of routes and outcomes that really occur. */
  tallySeries: 1_024,
  /** One sample of the drawn series, and how many are kept: twenty minutes. */
  meterSampleMillis: 10_000,
  meterSamples: 120,
} as const;
