// Every limit on what can grow, in one place: a queue, map, body, retry, loop or fan-out without a number here is a bug.
// Each says its unit in its name and its reason beside it. Limits that a user may want to change are in the configuration.

import { KiB, MiB } from "./units.ts";

export const LIMITS = {
  // --- between processes
  /** How old a peer's signature may be: generous to skewed clocks, short for a stolen one. */
  peerSignatureWindowMillis: 60_000,
  /** Nonces remembered for that time; beyond it requests are refused, for a replay must never pass. */
  peerNonces: 200_000,
  /** Internal JSON bodies: a purge of 5,000 scopes fits, nothing endless does. */
  internalBodyBytes: 8 * MiB,

  // --- a request on its way
  /** Time for the head of an answer, over all tiers and retries together; origins get less than this. */
  requestBudgetMillis: 60_000,
  /** After this long without a head the edge asks the region whether it is alive at all. */
  aliveProbeAfterMillis: 1_000,
  /** A region that does not answer that question in this time is left for the next one. */
  aliveProbeTimeoutMillis: 1_000,
  /** A fill found dead at release is fetched again this often before the client gets a 503. */
  fillAttempts: 3,
  /** CDNs that a request may pass: ours among them, the rest a loop (RFC 8586). */
  cdnLoop: 2,

  // --- a shard
  /** An object larger than this passes through and is not kept (segments come with large-object support). */
  entryBytes: 8 * MiB,
  /** Bytes that all flights of an isolate may hold before further ones go at the pace of their slowest reader. */
  flightBytes: 32 * MiB,
  /** What a flight at its readers' pace holds at most. */
  pacedFlightBytes: 512 * KiB,
  /** A reader that takes nothing for this long while others wait for it is cut off. */
  stalledReaderMillis: 10_000,
  /** Flights under way in one shard; beyond it requests are refused with 503. */
  flights: 4_096,
  /** Requests that wait for the head of one flight; beyond it they are refused with 503. */
  followers: 10_000,
  /** Variants of one key; the oldest goes first. */
  variants: 32,
  /** How long a URL is known to give uncacheable answers, so that its requests do not queue behind each other. */
  hitForMissMillis: 10_000,
  /** A background refresh that has not finished by then no longer holds the place of another. */
  refreshMillis: 60_000,
  /** How old a shard's knowledge of purges may be before it asks its hub again; half of it renews in the background. */
  knowledgeMillis: 2_000,
  /** How long a shard waits for its hub before it goes on with what it knows (the route says how). */
  syncTimeoutMillis: 1_000,

  // --- URLs and purges
  /** Characters of a URL that a cache key or a purge may have: what common servers accept in a request line. */
  urlCharacters: 8 * KiB,

  // --- the command line
  /** Places that one latency measurement covers: a longer table is not read, and each place costs minutes. */
  latencyPlaces: 64,
  /** Counted probes for each place and kind: at 100 ms each this is a quarter of an hour for one series. */
  latencySamples: 10_000,
  /** Probes under way at once: more would measure how busy this machine is. */
  latencyConcurrency: 64,
  /** The longest that a probe waits for a response's head, and for the next part of its body. */
  probeTimeoutMillis: 60_000,
  /** A probe reads no more of a body than this: only its head is measured, reading on just keeps the connection. */
  probeBodyBytes: 4 * MiB,
} as const;
