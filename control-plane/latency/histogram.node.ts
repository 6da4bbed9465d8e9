// The histogram for measurements: Node's own HdrHistogram, three significant figures from one microsecond to one hour, so that
// a percentile is accurate to 0.1 % for any spread, in a few kilobytes.

import { createHistogram } from "node:perf_hooks";
import type { Histogram } from "./summary.ts";

const ONE_HOUR_MICROSECONDS = 3_600_000_000;

/** A new, empty histogram of microseconds. */
export const newHistogram = (): Histogram => createHistogram({ lowest: 1, highest: ONE_HOUR_MICROSECONDS, figures: 3 });
