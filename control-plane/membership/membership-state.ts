// The membership and drains that remain in effect after their events are dropped from a log: hubs, suspensions, drained regions.
// It is derived only from the dropped events, so of two hubs' states each is right about all that it covers: a fact that one
// covers but does not contain is void, regardless of what the other contains. A fact that a still unknown event may need (a suspension
// lifted before it was known) is kept until that event is covered too.

import type { ControlEvent, DrainEvent, JoinEvent, StandingEvent, SuspendEvent } from "../purge/event.ts";
import { covers, formatDot, type HubId, type Vector } from "../purge/vector.ts";
import { type DrainState, withDrain } from "./drain-state.ts";
import { isLater, replacedHubs } from "./membership.ts";

export interface Standing {
  readonly events: readonly StandingEvent[];
  /** Incarnations that are members no longer, apart from those that a join in `events` replaces. As few as disks were lost. */
  readonly replaced: readonly HubId[];
}

export const NOTHING_STANDS: Standing = { events: [], replaced: [] };

/** What stands once `event` is known too. Purges change nothing, and a later version's event is passed on unread. */
export const withStanding = (standing: Standing, event: ControlEvent): Standing =>
  event.v !== 1 || event.kind === "purge" ? standing : { ...standing, events: [...standing.events, event] };

export const joinsOf = ({ events }: Standing): readonly JoinEvent[] => events.filter((event) => event.kind === "join");
export const suspendsOf = ({ events }: Standing): readonly SuspendEvent[] =>
  events.filter((event) => event.kind === "suspend");
export const drainsOf = ({ events }: Standing): DrainState =>
  events
    .filter((event): event is DrainEvent => event.kind === "drain" || event.kind === "undrain")
    .reduce<DrainState>(withDrain, new Map());

/** What stands of `standing` once the events that `dropped` covers are dropped; later ones stay. The hub `own` stays a member. */
export function reduced(standing: Standing, dropped: Vector, own: HubId): Standing {
  const within: Standing = { ...standing, events: standing.events.filter(({ dot }) => covers(dropped, dot)) };
  const joins = joinsOf(within);
  const drains = drainsOf(within);
  const replaced = replacedHubs(joins, standing.replaced);
  const lifted = new Set(joins.flatMap(({ lifts = [] }) => lifts.map(formatDot)));
  const isOvertaken = (event: JoinEvent): boolean =>
    joins.some((join) => join.dot.hub === event.dot.hub && join.dot.counter > event.dot.counter) &&
    joins.some((join) => join.dot.hub === event.dot.hub && join !== event && isLater(join, event));
  const stands = (event: StandingEvent): boolean => {
    switch (event.kind) {
      case "join": {
        const isMember = !isOvertaken(event) && (event.dot.hub === own || !replaced.has(event.dot.hub));
        return isMember || (event.lifts ?? []).some((dot) => !covers(dropped, dot));
      }
      case "suspend":
        return !lifted.has(formatDot(event.dot)) && !replaced.has(event.hub);
      case "drain":
      case "undrain":
        return drains.get(event.region) === event;
    }
  };
  const events = standing.events.filter((event) => !covers(dropped, event.dot) || stands(event));
  return { events, replaced: [...replaced].sort() };
}

/**
 * What stands by both of two hubs' words. `mine` follows from all events of `known`, `theirs` from all of `reach`. Where
 * either covers an event and does not name it, that is over.
 */
export function mergedStanding(mine: Standing, known: Vector, theirs: Standing, reach: Vector, own: HubId): Standing {
  const named = new Set(theirs.events.map(({ dot }) => formatDot(dot)));
  const isOwnJoin = (event: StandingEvent): boolean => event.kind === "join" && event.dot.hub === own;
  const kept = mine.events.filter(
    (event) => !covers(reach, event.dot) || named.has(formatDot(event.dot)) || isOwnJoin(event),
  );
  const learnt = theirs.events.filter(({ dot }) => !covers(known, dot));
  return { events: [...kept, ...learnt], replaced: [...new Set([...mine.replaced, ...theirs.replaced])].sort() };
}
