// The drained regions, from logged drain events. The event with the latest `at` wins and dots break ties, so that hubs with the
// same events agree. A new event is dated after all known ones, so that a slow clock cannot make a later decision lose to the
// one it should override.

import { type EpochMillis, epochMillis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { DrainEvent } from "../purge/event.ts";

/** The event that holds for each region. */
export type DrainState = ReadonlyMap<RegionId, DrainEvent>;

/** The state once `event` is known too. Commutes and is idempotent. */
export function withDrain(state: DrainState, event: DrainEvent): DrainState {
  const held = state.get(event.region);
  return held !== undefined && !supersedes(event, held) ? state : new Map(state).set(event.region, event);
}

/** Regions that take no clients, in alphabetical order. */
export const drainedRegions = (state: DrainState): readonly RegionId[] =>
  [...state.values()]
    .filter((event) => event.kind === "drain")
    .map((event) => event.region)
    .sort();

/** When a new decision about `region` is dated: now, or right after the one it changes. */
export function drainAt(state: DrainState, region: RegionId, now: EpochMillis): EpochMillis {
  const held = state.get(region);
  return held === undefined ? now : epochMillis(Math.max(now, held.at + 1));
}

function supersedes(one: DrainEvent, other: DrainEvent): boolean {
  if (one.at !== other.at) return one.at > other.at;
  if (one.dot.hub !== other.dot.hub) return one.dot.hub > other.dot.hub;
  return one.dot.counter > other.dot.counter;
}
