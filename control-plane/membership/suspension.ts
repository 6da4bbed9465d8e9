// Lets the others continue without a lost region. A hub that cannot reach another for long logs its suspension, which takes effect
// once hubs of a majority of all configured regions have it, and only at a hub that has all their events. From then on no hub
// needs to hear from that region to lease. The suspended hub, once it learns of it, joins again before it accepts purges. Two
// majorities share a hub: so a purge that a majority's complement cannot all have missed is never overlooked, and of two halves
// of a partitioned network at most one continues. Two regions have no majority without each other.

import type { RegionId } from "../../config/world/regions.ts";
import type { JoinEvent, SuspendEvent } from "../purge/event.ts";
import { covers, coversAll, type Dot, formatDot, type HubId, type Vector } from "../purge/vector.ts";

/** How many of `regions` regions are more than half. */
export const majorityOf = (regions: number): number => Math.floor(regions / 2) + 1;

/** How many hubs must hold a purge so that no majority can have suspended its hub without one of them. */
export const quorumAgainstSuspension = (regions: number): number => regions - majorityOf(regions) + 1;

/** Suspensions that still stand: of hubs that are members, and that no later join has lifted. */
export function standingSuspensions(
  suspends: readonly SuspendEvent[],
  joins: readonly JoinEvent[],
  isReplaced: (hub: HubId) => boolean,
): readonly SuspendEvent[] {
  const lifted = new Set(joins.flatMap((join) => (join.lifts ?? []).map(formatDot)));
  return suspends.filter((event) => !lifted.has(formatDot(event.dot)) && !isReplaced(event.hub));
}

/** What a region's hub is known to hold. */
export interface Holding {
  readonly region: RegionId;
  readonly vector: Vector;
}

/**
 * Whether hubs of at least `needed` regions hold the event at `dot`, counting only those of which `known`, what the asking
 * hub knows, covers all: what they knew when they took it is known too. `holdings` includes the asking hub's own.
 */
export function isHeldBy(dot: Dot, needed: number, holdings: readonly Holding[], known: Vector): boolean {
  const holders = holdings.filter(({ vector }) => covers(vector, dot) && coversAll(known, vector));
  return new Set(holders.map(({ region }) => region)).size >= needed;
}
