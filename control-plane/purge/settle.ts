// Origins that lag: a purge may ask that refills are not stored for a while, or not unless they are new enough (settle times). This is
// what is known of settle times, per scope and hub, and how that knowledge is joined. Of each hub those are kept that were not
// over, by that hub's own clock, when it logged its newest one: a later end without conditions covers an earlier one. Ends are
// ordered, so joining commutes, associates and is idempotent. Settle times never decide whether a stored response is alive:
// the purge set does.

import { type EpochMillis, epochMillis, type Seconds, seconds } from "../../config/units.ts";
import type { MinVersion, PurgeEvent } from "./event.ts";
import { PURGE_LIMITS } from "./limits.ts";
import type { HubId } from "./vector.ts";

/** What one purge asks of refills. */
export interface Settle {
  /** The purge's place in its hub's log. */
  readonly counter: number;
  /** When its hub logged it, by that hub's clock. */
  readonly at: EpochMillis;
  /** For how long, counted by each node from when it learned of it. */
  readonly seconds: Seconds;
  /** What is kept all the same; without it nothing is. */
  readonly minVersion?: MinVersion;
}

/** Of each hub, by their ends, the last first: at most `PURGE_LIMITS.settlesPerScope`. */
export type Settles = Readonly<Record<HubId, readonly Settle[]>>;

/** What a response says of its version. */
export interface Version {
  readonly etag: string | undefined;
  readonly lastModified: EpochMillis | undefined;
}

/** What a purge asks of refills of its scopes, if anything. */
export function settlesOf(event: PurgeEvent): Settles | undefined {
  const { dot, at, settleSeconds, minVersion } = event;
  if (settleSeconds === undefined || !(settleSeconds > 0)) return undefined;
  const settle = { counter: dot.counter, at, seconds: seconds(settleSeconds) };
  return { [dot.hub]: [minVersion === undefined ? settle : { ...settle, minVersion }] };
}

/** All that either knows; `a` itself where that already says it. */
export function joinSettles(a: Settles | undefined, b: Settles | undefined): Settles | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  let joined = a;
  for (const [hub, theirs] of Object.entries(b)) {
    const ours = a[hub] ?? [];
    const both = pruned(ours, theirs);
    const isSame = both.length === ours.length && both.every(({ counter }, index) => counter === ours[index]?.counter);
    if (!isSame) joined = { ...joined, [hub]: both };
  }
  return joined;
}

/** Those of `now` that `before` did not have: what was just learnt. */
export function newSettles(before: Settles | undefined, now: Settles | undefined): readonly Settle[] {
  if (now === undefined || now === before) return [];
  return Object.entries(now).flatMap(([hub, settles]) => {
    const known = new Set(before?.[hub]?.map(({ counter }) => counter));
    return settles.filter(({ counter }) => !known.has(counter));
  });
}

/**
 * The same for a shorter time where it was long. **Decided**: what is folded into everything for want of room keeps no response of
 * any host for half a minute at most. A lagging replica may be stored then; caching nothing for ten minutes would harm more.
 */
export function shortened(settles: Settles): Settles {
  const most = seconds(PURGE_LIMITS.settleEverythingSeconds);
  const short = (settle: Settle): Settle => (settle.seconds <= most ? settle : { ...settle, seconds: most });
  return Object.fromEntries(Object.entries(settles).map(([hub, list]) => [hub, list.map(short)]));
}

/** When a settle time is over for a node that learned of it at once, by its hub's clock. */
export const endOf = ({ at, seconds: duration }: Settle): EpochMillis => epochMillis(at + duration * 1000);

function pruned(ours: readonly Settle[], theirs: readonly Settle[]): readonly Settle[] {
  const all = longest([...ours, ...theirs]);
  const newestAt = Math.max(...all.map(({ at }) => at));
  const open = all.filter((settle) => endOf(settle) > newestAt).sort(byEnd);
  const covering = open.findIndex(({ minVersion }) => minVersion === undefined);
  // With more conditions at once than are distinguished, those that end first are dropped first.
  return open.slice(0, covering < 0 ? open.length : covering + 1).slice(0, PURGE_LIMITS.settlesPerScope);
}

/** Each wish once: one that some node has shortened counts in full where it is known so. */
function longest(settles: readonly Settle[]): readonly Settle[] {
  const byCounter = new Map<number, Settle>();
  for (const settle of settles) {
    const known = byCounter.get(settle.counter);
    if (known === undefined || settle.seconds > known.seconds) byCounter.set(settle.counter, settle);
  }
  return [...byCounter.values()];
}

/** The last to end first. */
const byEnd = (one: Settle, other: Settle): number => endOf(other) - endOf(one) || other.counter - one.counter;

/** Whether a response of this version may be kept although a purge waits for its origin to settle. */
export function isNewEnough(minVersion: MinVersion | undefined, { etag, lastModified }: Version): boolean {
  if (minVersion === undefined) return false;
  const { notEtags, lastModified: least } = minVersion;
  if (notEtags !== undefined && (etag === undefined || notEtags.some((old) => opaque(old) === opaque(etag))))
    return false;
  return least === undefined || (lastModified !== undefined && lastModified >= least);
}

/** A tag without its mark of weakness: this cache makes tags weak when it encodes what they stand for. */
const opaque = (etag: string): string => etag.replace(/^W\//i, "");
