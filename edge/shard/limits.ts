// Limits of a shard: of what it stores, of fills and their bodies, of large objects, codings and leases.

import { KiB, MiB } from "../../config/units.ts";

export const SHARD_LIMITS = {
  // --- a request on its way
  /** A fill found dead at release is fetched again this often before the client gets a 503. */
  fillAttempts: 3,

  // --- regions that fail
  /** Shield regions that one fill tries; a deployment that lost more has other worries than this request. */
  shieldAttempts: 3,

  // --- a shard
  /** What an entry may take in addition to its body: the fields that an origin may send, its URL in key and target, tags and variant. */
  entryHeadBytes: 256 * KiB,
  /** Large objects are stored in pieces of this size, each placed and fetched by itself: 0.5 to 2 MiB cost little hit ratio. */
  segmentBytes: 1 * MiB,
  /** An object larger than this share of the isolate's memory is stored in segments: whole ones unbalance shards. */
  segmentedAboveShare: 1 / 20,
  /** Segments that are asked for ahead of the one that a client reads, at first and for one that is slower than they come. */
  segmentsAhead: 1,
  /**
   * Bytes that are asked for ahead of a client that is faster than they come: what is under way over 250 ms at 64 MB/s. All
   * bodies of an isolate together ask for so much, as their flights may hold it (`flightBytes`).
   */
  aheadBytes: 16 * MiB,
  aheadBytesTogether: 32 * MiB,
  /** Large objects that a shard remembers as coming from an origin that ignores ranges: a few hundred bytes each. */
  unrangedObjects: 1_024,
  /** Whole bodies that one answer is cut from where the origin ignores ranges: a slow reader may lose some to faster ones. */
  passesPerAnswer: 16,
  /**
   * How long such a body waits, without being read, for another reader: players ask for range after range, and to begin again
   * costs the origin all that has passed. With so many bodies on their way through a shard none waits any more.
   */
  passLingersMillis: 10_000,
  lingeringPasses: 64,
  /** Segments whose owners are asked, before an answer begins, whether they hold them: 1 GiB, more than an isolate's memory. */
  heldAsked: 1_024,
  /** How long an answer that could begin waits to hear of that: shards of one region are milliseconds apart. */
  heldTimeoutMillis: 250,
  /** How long a large body waits for its first reader, who may have to renew a lease before it may be released. */
  firstReaderMillis: 2_000,
  /** Characters of the tags that travel with each question for a segment: it has to fit together with the other fields. */
  segmentTagCharacters: 4 * KiB,
  /** An origin's error page up to this size is handed to all who waited for it. */
  sharedErrorBytes: 64 * KiB,
  /** Flights under way in one shard; beyond it requests are refused with 503. */
  flights: 4_096,
  /** Requests that wait for the head of one flight; beyond it they are refused with 503. */
  followers: 10_000,
  /** How long a flight goes on without anybody who waits for its head: a client that tries again at once finds it. */
  abandonedAfterMillis: 1_000,
  /** Variants of one key; the oldest goes first. */
  variants: 32,
  /** Invalidations that a shard may send everywhere at once, and a second in the long run: each becomes part of every hub's log. */
  invalidationBurst: 10,
  invalidationsPerSecond: 1,
  /** How long an unsafe request's answer waits until its invalidation is accepted by a hub, which itself waits for another. */
  invalidationTimeoutMillis: 3_000,
  /** How long a URL is known to give uncacheable answers, so that its requests do not queue behind each other. */
  hitForMissMillis: 10_000,
  /** A lease with less left is renewed before it is used: its answer still has to reach an edge, perhaps in another region. */
  leaseShortMillis: 250,
  /** A hub that gave a shard no lease is waited for again after this long; until then it is asked in the background. */
  leaseRetryMillis: 1_000,
  /** How long a shard waits for its hub before it goes on with what it knows (the route says how). */
  syncTimeoutMillis: 1_500,

  // --- compression
  /** How long a body of unknown length may pause before it is taken for longer than `compressFromBytes`. */
  compressPeekMillis: 50,
  /** After such a pause of the origin what was encoded so far goes out: a page's head must not wait for its foot. */
  compressFlushMillis: 25,
  /** Encoders and decoders at work in one isolate, each with up to 1.5 MiB of memory; beyond it text goes out plain. */
  encoders: 16,
  /** Bodies up to this length are encoded in one piece, at half the cost: it holds up the isolate for about two milliseconds. */
  compressAtOnceBytes: 64 * KiB,
  /** Plain bodies that requests in other codings may join in one shard; beyond it they ask the origin themselves. */
  plainBodies: 256,
} as const;
