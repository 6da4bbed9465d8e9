// Limits of the edge: of a request on its way through regions and tiers, and of what an isolate keeps in addition to its shards' entries.

import { KiB, MiB } from "../config/units.ts";

export const EDGE_LIMITS = {
  // --- a request on its way
  /**
   * An upload of unknown length waits this long for its first byte or its end, to see whether it has content: the end of an empty one
   * comes with its head, and a client that waits for an answer before it sends must not be kept for long.
   */
  firstByteOfUploadMillis: 100,
  /** A request's field lines: more than browsers and common origins take, and far less than our own tiers can hand on. */
  requestFieldBytes: 64 * KiB,
  /** CDNs that a request may pass: ours among them, the rest a loop (RFC 8586). */
  cdnLoop: 2,

  // --- regions that fail
  /** How long a region that failed is asked last: long enough that not every request pays for trying it. */
  regionAvoidedMillis: 5_000,
  /** The longest such pause, after failures in a row: how late an isolate may notice that a region is back. */
  regionAvoidedMaxMillis: 30_000,
  /**
   * Regions or shields that may break one request off though they live, before its client hears of it: one may have crashed or
   * be of another version, two most likely fail because of the request or of what the origin says to it, and each asks the origin.
   */
  brokenOff: 2,
  /** Regions that one client's request tries. */
  regionAttempts: 3,
  /** After this long a push that was set up counts as lost with the request that it belonged to. */
  meterPushGivenUpMillis: 10_000,
  /** The largest body that an edge keeps a copy of: it is read whole before it goes on, and most pages are smaller. */
  copyBytes: 128 * KiB,
  /** Copies in one isolate, in addition to the entries of shards in the same isolate: hot pages are few. */
  copiesBytes: 8 * MiB,

  // --- actions of a route
  /** Pieces in which a body from another node is read: sixteen times as large as the runtime's own, and an eighth of the work. */
  bodyReadBytes: 64 * KiB,

  // --- a shard
  /** An object larger than this that cannot be stored in segments passes through and is not kept. */
  entryBytes: 8 * MiB,
  /** Ranges of one request; a field with more is ignored: hundreds of small parts are a known way to overload servers. */
  ranges: 16,
  /** Ranges closer than this are sent as one: a part of its own costs about as much around it (RFC 9110 section 15.3.7.2). */
  rangeGapBytes: 80,
  /** Bytes that all flights of an isolate may hold before further ones go at the pace of their slowest reader. */
  flightBytes: 32 * MiB,
  /** Chunks smaller than this are copied into blocks: a chunk of its own takes up to 1.6 KB in addition to its content. */
  smallChunkBytes: 4 * KiB,
  /** The largest block for small chunks. A block is as large as what was held before it, so at most half of it is unused. */
  chunkBlockBytes: 64 * KiB,
  /** What a flight at its readers' pace holds at most. */
  pacedFlightBytes: 512 * KiB,
  /** How much longer than the origin's own pause a body from another tier may be silent: that tier reports the failure first. */
  bodySilenceBeyondMillis: 5_000,
  /** A reader that takes nothing for this long while others wait for it is cut off. */
  stalledReaderMillis: 10_000,
  /**
   * Characters of one request field, or of all key cookies together, by which a route distinguishes responses; a request with a longer
   * value passes the cache. Most are far shorter; Next.js describes the layout that a page was left from in several hundred.
   */
  selectingCharacters: 1_024,
  /** Characters of an `Accept` or `Accept-Language` that count: browsers write about 150. A longer one counts as absent. */
  preferenceCharacters: 256,
  /** Request fields beyond the standard ones that `detectVary` lets select variants of one URL: frameworks name up to five. */
  detectedFields: 8,
  /** Withheld fields of one route that are counted and reported by name; an origin names them, and could name any number. */
  withheldFields: 16,
  /** The longest freshness that is guessed from `Last-Modified`: a guess should not outlive a day. */
  heuristicMillis: 86_400_000,
  /** Groups that one answer may invalidate: each is looked for in every entry. */
  invalidatedGroups: 32,

  // --- compression
  /** Less plain text than this fits into one packet as it is. */
  compressFromBytes: 1 * KiB,
  /** More is not kept whole, so it would be encoded again for each client. */
  compressToBytes: 8 * MiB,

  // --- URLs and purges
  /** Times that a path is unescaped to see what an origin may read it as: a proxy, a server and a framework, each once. */
  unescapeRounds: 3,
  /** Tags of one response: as many as other CDNs take; one with more is not stored, for a tag left out is a purge that misses. */
  tags: 1_000,

  // --- actions of a route
  /** Clients whose rate an isolate remembers; the one unheard for longest goes first. About 10 MB. */
  rateLimitClients: 65_536,
} as const;
