// Limits of the command line.

import { MiB } from "../../config/units.ts";

export const CLI_LIMITS = {
  /** Counted probes for each place and kind: at 100 ms each this is a quarter of an hour for one series. */
  latencySamples: 10_000,
  /** Probes under way at once: more would measure how busy this machine is. */
  latencyConcurrency: 64,
  /** How long the command line tries to connect to the control API, and waits for its answer; longer where it asks to wait. */
  cliConnectMillis: 5_000,
  cliTimeoutMillis: 15_000,
  /** A file of scopes to purge: 5,000 URLs of ordinary length fit. */
  scopeFileBytes: 4 * MiB,
} as const;
