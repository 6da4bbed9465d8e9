// Which hubs there are, from logged join events: one member for each region, its newest incarnation. A hub accepts purges only once
// every other region's hub holds its join event durably; else hubs that never heard of it could call a purge complete. Wall
// clocks only break ties between incarnations that do not know of each other.

import type { RegionId } from "../../config/world/regions.ts";
import type { JoinEvent } from "../purge/event.ts";
import { covers, type Dot, type HubId, type Vector } from "../purge/vector.ts";

/**
 * The member of each region: the incarnation that no other has replaced. `joins` in any order, repeated or not; `before`:
 * incarnations that were replaced by joins which are no longer known.
 */
export function members(joins: readonly JoinEvent[], before: readonly HubId[] = []): ReadonlyMap<RegionId, HubId> {
  const replaced = replacedHubs(joins, before);
  const newest = new Map<RegionId, JoinEvent>();
  for (const event of joins) {
    const rival = newest.get(event.region);
    if (!replaced.has(event.dot.hub) && (rival === undefined || isLater(event, rival))) newest.set(event.region, event);
  }
  return new Map([...newest].map(([region, event]) => [region, event.dot.hub]));
}

/** Incarnations that are members no longer. */
export function replacedHubs(joins: readonly JoinEvent[], before: readonly HubId[] = []): ReadonlySet<HubId> {
  return new Set([...before, ...joins.flatMap((event) => event.replaces)]);
}

/** Earlier incarnations of a hub's own region that it has not yet said it replaces: if there are any, it joins again. */
export function unreplaced(
  joins: readonly JoinEvent[],
  own: HubId,
  region: RegionId,
  before: readonly HubId[] = [],
): readonly HubId[] {
  const ours = joins.filter((event) => event.region === region);
  const said = replacedHubs(
    ours.filter((event) => event.dot.hub === own),
    before,
  );
  const others = new Set(ours.map((event) => event.dot.hub).filter((hub) => hub !== own && !said.has(hub)));
  return [...others].sort();
}

/**
 * Whether a hub may accept purges: each other configured region's hub holds its join event `dot`. A region that has left the
 * configuration is not waited for. `heldBy` is what a region's hub was last known to hold.
 */
export const isJoined = (
  dot: Dot,
  others: readonly RegionId[],
  heldBy: (region: RegionId) => Vector | undefined,
): boolean => others.every((region) => covers(heldBy(region) ?? {}, dot));

/** Which of two joins of a region counts where neither hub knows of the other: the later by its clock, dots break ties. */
export function isLater(one: JoinEvent, other: JoinEvent): boolean {
  if (one.at !== other.at) return one.at > other.at;
  if (one.dot.hub !== other.dot.hub) return one.dot.hub > other.dot.hub;
  return one.dot.counter > other.dot.counter;
}
