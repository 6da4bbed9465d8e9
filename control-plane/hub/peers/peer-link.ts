// The state of a hub's exchange with one other region's hub: messages in flight, since when it has been silent, and whether to
// send new events now. The first event goes at once. Those that follow within a short interval are batched at its end, so that
// hundreds of purges a second are few messages and none waits for an answer.

import { type EpochMillis, type Millis, millis } from "../../../config/units.ts";
import type { Vector } from "../../purge/vector.ts";
import { HUB_LIMITS } from "../limits.ts";

export interface PeerLink {
  /** What it holds once all that is under way has arrived: what is pushed next comes after this. */
  sent: Vector;
  /** Messages under way. */
  inFlight: number;
  /** When the last news left. */
  toldAt?: EpochMillis;
  /** What is new waits for more already. */
  isPausing: boolean;
  failedAt?: EpochMillis;
  /** The first of the failures in a row, and the last. */
  failingSince?: EpochMillis;
  lastFailedAt?: EpochMillis;
  /** The last answer to a question of this hub's. */
  answeredAt?: EpochMillis;
  /** When the first of the questions was asked that were not answered since. */
  unansweredSince?: EpochMillis;
}

/** A line to a hub that is known to hold `held`. */
export const newLine = (held: Vector): PeerLink => ({ sent: held, inFlight: 0, isPausing: false });

/** The other hub answered at `now`. */
export function noteAnswer(line: PeerLink, now: EpochMillis): void {
  line.failedAt = undefined;
  line.failingSince = undefined;
  line.unansweredSince = undefined;
  line.answeredAt = now;
}

/** A question that was asked at `askedAt` has failed at `now`. */
export function noteFailure(line: PeerLink, askedAt: EpochMillis, now: EpochMillis): void {
  line.failedAt = now;
  line.lastFailedAt = now;
  line.failingSince ??= now;
  line.unansweredSince ??= askedAt;
}

/** Whether one more message may go. One that fails gets one at a time: each would carry all that it lacks. */
export function isOpen({ isPausing, inFlight, failingSince }: PeerLink): boolean {
  return !isPausing && inFlight < (failingSince === undefined ? HUB_LIMITS.gossipInFlight : 1);
}

/** How long what is new should wait for more. */
export function pauseLeft({ toldAt }: PeerLink, now: EpochMillis): Millis {
  // A clock that was set back makes no pause longer.
  if (toldAt === undefined || now < toldAt) return millis(0);
  return millis(Math.max(0, toldAt + HUB_LIMITS.gossipPauseMillis - now));
}

/** Whether it has failed so recently that waiting for it is in vain. What failed long ago, before a pause, may be well by now. */
export function isFailing({ failingSince, lastFailedAt }: PeerLink, now: EpochMillis): boolean {
  if (failingSince === undefined || lastFailedAt === undefined) return false;
  return now >= lastFailedAt && now - lastFailedAt <= HUB_LIMITS.hearingMillis;
}

/**
 * Since when questions over it have gone unanswered; undefined if the last one was answered, or if none was asked within a
 * hearing: an old failure says nothing of the link now.
 */
export const unansweredSince = (line: PeerLink, now: EpochMillis): EpochMillis | undefined =>
  isFailing(line, now) ? line.unansweredSince : undefined;

/** Whether what is known of it is too old to be shown: a failure is tried again sooner than an answer. */
export function isUntried({ inFlight, answeredAt, lastFailedAt }: PeerLink, now: EpochMillis): boolean {
  const isWithin = (at: EpochMillis | undefined, duration: number): boolean =>
    at !== undefined && now >= at && now - at < duration;
  return (
    inFlight === 0 &&
    !isWithin(answeredAt, HUB_LIMITS.hearingMillis / 2) &&
    !isWithin(lastFailedAt, HUB_LIMITS.hearRetryMillis)
  );
}
