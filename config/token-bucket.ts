// The token bucket: every rate limit of this product decides with it. A bucket starts full, fills evenly up to its burst, and a
// request is admitted if the bucket holds its cost. The functions are pure: callers keep the buckets, bound how many there are,
// and pass the time. A refused request takes nothing, so impatience does not lengthen the wait.

import { type EpochMillis, type Seconds, seconds } from "./units.ts";

/** How much a bucket holds, and how much flows in each second. Both are greater than 0. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** What was left in a bucket, and when. */
export interface Bucket {
  readonly left: number;
  readonly at: EpochMillis;
}

/** The bucket afterwards, and whether the cost was taken out of it. */
export interface Taken {
  readonly kind: "taken" | "refused";
  readonly bucket: Bucket;
}

/** What rounding may lose: without this allowance, a client that waits exactly as long as it was asked to is refused again. */
const ROUNDING = 1e-9;

/** Takes `cost` out of a bucket; undefined is a full one. A clock that steps back fills nothing. */
export function takeFrom(before: Bucket | undefined, { burst, perSecond }: Rate, now: EpochMillis, cost = 1): Taken {
  const elapsed = before === undefined ? 0 : Math.max(0, now - before.at) / 1000;
  const left = before === undefined ? burst : Math.min(burst, before.left + elapsed * perSecond);
  if (left < cost - ROUNDING) return { kind: "refused", bucket: { left, at: now } };
  return { kind: "taken", bucket: { left: Math.max(0, left - cost), at: now } };
}

/** How long after `bucket.at` a bucket holds `amount`, rounded up to whole seconds; at least 1, as `Retry-After: 0` would invite a loop. */
export const secondsUntil = (bucket: Bucket, { perSecond }: Rate, amount: number): Seconds =>
  seconds(Math.max(1, Math.ceil((amount - bucket.left - ROUNDING / 2) / perSecond)));
