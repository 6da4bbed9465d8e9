// Limits of requests to an origin.

import { KiB } from "../config/units.ts";

export const ORIGIN_LIMITS = {
  /** Places of a site that a run of failures must cover to count as the origin's, and the pause after which a run is over. */
  breakerPlaces: 3,
  breakerRunMillis: 60_000,
  /** Retries that may be saved up: enough for a pool of connections that all went stale, too few to be a load. */
  originRetriesInStore: 10,
  /** Field lines of an origin's answer: beyond what common servers send, and what clients take. */
  originHeaderBytes: 128 * KiB,
  /** Beginnings of uploads that one origin client gathers at once, and of one client's: more than a browser has connections. */
  uploadHeads: 64,
  uploadHeadsOfClient: 16,
  /** Slower answers of one origin client at once, each a connection in addition to its turns: common servers take a few hundred in all. */
  drippingAnswers: 256,
  /** Pieces in which an origin's body is read: large for speed; what arrives smaller is kept smaller. */
  originReadBytes: 64 * KiB,
  /** A reader that takes nothing of an origin's body for this long leaves its slot to others: a few could hold them all. */
  originReaderRestMillis: 500,
  /** A reader that takes nothing for this long is given up: slow clients behind full buffers pause for a minute or two. */
  originReaderGoneMillis: 300_000,
  /** How long an event stream may say nothing; other bodies have the origin's `idleTimeoutSeconds`. */
  eventStreamIdleMillis: 600_000,
} as const;
