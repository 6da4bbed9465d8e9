// Limits of the local run: of its links, doors and processes.

import { KiB, MiB } from "../../config/units.ts";

export const LOCAL_LIMITS = {
  /** Bytes in flight in each direction of an emulated connection: 150 ms at 28 MB/s, more than a shop needs. */
  linkBytes: 4 * MiB,
  /** Concurrent connections over one link: far more than workerd opens, so only a bug would reach it. */
  linkConnections: 4_096,
  /** How long a connection beyond that may take to read its refusal. */
  refusedConnectionMillis: 1_000,
  /**
   * A request's line and fields at a door: more than `requestFieldBytes` and a URL, so that the edge rejects excess itself, and
   * less than the 128 KiB that workerd reads of a head.
   */
  doorRequestHeadBytes: 112 * KiB,
  /** An answer's status line and fields: `originHeaderBytes`, and the fields that Meridian adds. */
  doorAnswerHeadBytes: 160 * KiB,
  /** How long the front door avoids an unresponsive edge, before one request tries it again. */
  silentEdgeMillis: 5_000,
  /** How long a region may take to start before the launcher gives up on it: ten times what a slow laptop needs. */
  regionStartMillis: 30_000,
  /** How long a started region may take to join before clients are admitted regardless. */
  regionGreetingMillis: 10_000,
  /** The pause before a lost process is restarted; it doubles with each loss in a row, up to the second value. */
  restartPauseMillis: 500,
  restartPauseMaxMillis: 8_000,
  /** Restarts in a row before giving up, a quarter of a minute after the first loss: further ones would fail too. */
  restartsInARow: 5,
  /** A process that ran for this long resets the count of losses. */
  settledAfterMillis: 60_000,
  /** How long a start waits for a connection to an origin: beyond this its first clients would give up too. */
  originCheckMillis: 3_000,
  /** Characters of a runtime's error on the screen: two lines of a terminal. The log has all of it. */
  screenLineCharacters: 160,
  /** How long a repeated error is not printed, and how many different ones are printed in that time. */
  repeatedLineMillis: 60_000,
  repeatedLines: 20,
  /** Client connections of a door; more get 503, and beyond the second value are closed. Each takes at least two file descriptors. */
  doorConnections: 4_096,
  doorConnectionsRefused: 1_024,
} as const;
