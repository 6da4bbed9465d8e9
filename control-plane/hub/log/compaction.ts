// Decides when a hub's log is too long and which events to drop: the older half of each hub's, repeatedly if needed, until the log
// is about half its limit, so that this is rare and each time costs the same. No clock is involved, and the newest event of every
// hub stays, by which others detect a hub whose log was restored from an old copy. Dropping is safe at any time, since the base
// keeps the purges; it loses receipts and keys of old purges, and a hub that was away for longer than the log covers invalidates
// its whole region.

import { covers, type HubId, type Vector } from "../../purge/vector.ts";
import type { Base, PurgeRecord } from "../../purge/wire.ts";
import { HUB_LIMITS } from "../limits.ts";
import type { EventLog } from "./log.ts";

/** How long a log may grow; smaller in tests. */
export interface LogLimits {
  readonly events: number;
  readonly bytes: number;
}
export const LOG_LIMITS: LogLimits = { events: HUB_LIMITS.logEvents, bytes: HUB_LIMITS.logBytes };

export const isTooLong = (log: EventLog, { events, bytes }: LogLimits): boolean =>
  log.length() > events || log.bytes() > bytes;

/** After a cut: whether what is left is so large that more must go, or the next cut would follow soon. */
export const isStillLarge = (log: EventLog, { bytes }: LogLimits): boolean => log.bytes() > (3 * bytes) / 4;

/**
 * Up to where events are dropped from a log that holds those between `base` and `vector`, so that at most `most` are left, and
 * one more of each hub: at least the older half of each hub's, and never its last.
 */
export function dropUpTo(base: Vector, vector: Vector, most: number): Vector {
  let dropped = base;
  for (;;) {
    const next: Record<HubId, number> = {};
    let left = 0;
    for (const [hub, last] of Object.entries(vector)) {
      const first = dropped[hub] ?? 0;
      const upTo = first + Math.floor((last - first) / 2);
      if (upTo > 0) next[hub] = upTo;
      left += last - upTo;
    }
    const isDone =
      left <= most + Object.keys(vector).length ||
      Object.entries(next).every(([hub, counter]) => covers(dropped, { hub, counter }));
    dropped = next;
    if (isDone) return dropped;
  }
}

/**
 * What is known of purges among events that this hub lacks and no hub keeps: that they may have purged anything, up to the last
 * of them. Whatever was fetched before is dead, and refills wait for as long as any of them asked.
 */
export const purgeOfUnknown = (lacked: Vector, { settles }: Base): PurgeRecord => ({
  scope: { kind: "everything" },
  soft: {},
  hard: lacked,
  ...(settles === undefined ? {} : { settles }),
});
