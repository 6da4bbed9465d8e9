// How many requests each token may make: a token bucket that fills evenly and holds a burst. It lives in one isolate's
// memory, so it is a guard against a runaway script and no exact quota: with several isolates a token gets as many buckets.

import { type EpochMillis, type Seconds, seconds } from "../../../config/units.ts";

/** How large a bucket is and how fast it fills. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** What was left in a bucket, and when. */
export interface Bucket {
  readonly left: number;
  readonly at: EpochMillis;
}

/** Taken: go on. Refused: how long until one request is allowed again, in whole seconds, at least 1. */
export type Taken =
  | { readonly kind: "taken"; readonly bucket: Bucket }
  | { readonly kind: "refused"; readonly bucket: Bucket; readonly retryAfter: Seconds };

/** Takes one request, or what counts as `cost` of one, out of a bucket; undefined is a full one. A clock that steps back fills nothing. */
export function takeOne(before: Bucket | undefined, rate: Rate, now: EpochMillis, cost = 1): Taken {
  const elapsed = before === undefined ? 0 : Math.max(0, now - before.at) / 1000;
  const left = before === undefined ? rate.burst : Math.min(rate.burst, before.left + elapsed * rate.perSecond);
  if (left >= cost) return { kind: "taken", bucket: { left: left - cost, at: now } };
  const wait = Math.max(1, Math.ceil((cost - left) / rate.perSecond));
  return { kind: "refused", bucket: { left, at: now }, retryAfter: seconds(wait) };
}
