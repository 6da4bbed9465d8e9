// What the numbers of a benchmark mean: medians and spreads over blocks, and ratios taken block by block against a baseline
// that ran right beside it, so that what slows the machine for a while slows both sides.

/** One block of requests of one kind. */
export interface Block {
  readonly requests: number;
  /** Wall-clock time of the block over its requests, times connections at once: what one request costs the machine. */
  readonly microsPerRequest: number;
  /** Time on the processor that the server took for each, where the system tells. */
  readonly cpuMicrosPerRequest: number | undefined;
}

export interface Spread {
  readonly median: number;
  /** The middle half lies between these. */
  readonly low: number;
  readonly high: number;
}

/** The value below which `share` of the values lie, by linear interpolation. Throws on no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new Error("there are no values");
  return below + (above - below) * (place - Math.floor(place));
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
});

/** `value` over `baseline`, block by block: both lists are in the order in which the blocks ran. */
export function ratiosTo(baseline: readonly number[], values: readonly number[]): Spread {
  if (baseline.length !== values.length) throw new Error("each block needs its baseline");
  return spreadOf(values.map((value, index) => value / (baseline[index] as number)));
}
