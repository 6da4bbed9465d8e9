// Limits of a region's meter.

import { KiB } from "../../config/units.ts";

export const METER_LIMITS = {
  /** Series in one meter: as many as fit into one stored value of 2 MB, with room to spare. */
  meterSeries: 4_096,
  /** A push to a meter: 1,024 series of usual length. */
  meterPushBytes: 256 * KiB,
  /** Isolates whose last push a meter remembers; the one unheard for longest goes first. */
  meterSources: 1_024,
  /** How long a meter counts in memory before it writes: what a crash can lose. */
  meterWriteBehindMillis: 5_000,
  /** A gauge that has not been set for this long is not shown: its shard has gone to sleep. */
  gaugeMillis: 900_000,
} as const;
