// Limits of the local run: of its links, doors and processes.

import { KiB, MiB } from "../../config/units.ts";

export const LOCAL_LIMITS = {
  /** Bytes under way in each direction of an emulated connection: 150 ms at 28 MB/s, more than a shop needs. */
  linkBytes: 4 * MiB,
  /** Connections over one link at once: far more than workerd opens, so only a loop of ours would meet it. */
  linkConnections: 4_096,
  /** How long a connection beyond that may take to read its refusal. */
  refusedConnectionMillis: 1_000,
  /**
   * A request's line and fields at a door: more than `requestFieldBytes` and a URL, so that the edge refuses what is too much in
   * its own words, and less than the 128 KiB that workerd reads of a head.
   */
  doorRequestHeadBytes: 112 * KiB,
  /** An answer's status line and fields: `originHeaderBytes`, and what Meridian adds to explain an answer. */
  doorAnswerHeadBytes: 160 * KiB,
  /** How long the front door passes over an edge that shows no sign of life, before one request tries it again. */
  silentEdgeMillis: 5_000,
  /** How long a region may take to start before the launcher gives up on it: ten times what a slow laptop needs. */
  regionStartMillis: 30_000,
  /** How long a started region may take to meet the others before clients are let in all the same. */
  regionGreetingMillis: 10_000,
  /** The pause before a lost process is started again; it doubles with each loss in a row, up to the second figure. */
  restartPauseMillis: 500,
  restartPauseMaxMillis: 8_000,
  /** Restarts in a row before a process is given up, a quarter of a minute after its first loss: what fails so often fails always. */
  restartsInARow: 5,
  /** A process that ran for this long was not lost in a row with what came before. */
  settledAfterMillis: 60_000,
  /** How long a start looks whether an origin takes a connection: beyond this its first clients would give up, too. */
  originCheckMillis: 3_000,
  /** Characters of a runtime's error on the screen: two lines of a terminal. Its log has all of it. */
  screenLineCharacters: 160,
  /** How long the same error is not printed again, and how many different ones are printed in that time. */
  repeatedLineMillis: 60_000,
  repeatedLines: 20,
  /** Client connections that a door of the local run serves; more get 503, and beyond the second figure are closed. Each takes two descriptors or more of those a process may have. */
  doorConnections: 4_096,
  doorConnectionsRefused: 1_024,
} as const;
