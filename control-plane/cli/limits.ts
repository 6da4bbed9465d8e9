// Limits of the command line.

import { MiB } from "../../config/units.ts";

export const CLI_LIMITS = {
  /** Counted probes for each place and kind: at 100 ms each this is a quarter of an hour for one series. */
  latencySamples: 10_000,
  /** Concurrent probes: more would measure this machine's load. */
  latencyConcurrency: 64,
  /** Timeout for connecting to the control API and for its answer; longer where the request itself asks to wait. */
  cliConnectMillis: 5_000,
  cliTimeoutMillis: 15_000,
  /** A file of scopes to purge: 5,000 URLs of ordinary length fit. */
  scopeFileBytes: 4 * MiB,
} as const;
