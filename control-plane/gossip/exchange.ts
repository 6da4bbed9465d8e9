// Selects the events that another hub lacks, as a bounded batch, and sorts received events into new and known ones. Loss,
// repetition and order of messages do not matter: an event is accepted only right after its predecessor, and a missing one is
// sent again.

import type { ControlEvent } from "../purge/event.ts";
import { formatDot, type HubId, type Vector } from "../purge/vector.ts";

/** Reads a log: at most `limit` events of one hub, in order, after counter `after`. */
export type ReadEvents = (hub: HubId, after: number, limit: number) => readonly ControlEvent[];

/** The size of one message. The first event always fits. */
export interface BatchLimits {
  readonly events: number;
  readonly bytes: number;
}

export interface Batch {
  readonly events: readonly ControlEvent[];
  /** Some missing events did not fit. */
  readonly more: boolean;
}

/** The events between `theirs` and `mine`, in log order per hub, as many as fit. */
export function lacking(read: ReadEvents, mine: Vector, theirs: Vector, limits: BatchLimits): Batch {
  const events: ControlEvent[] = [];
  let bytes = 0;
  for (const hub of Object.keys(mine).sort()) {
    const after = theirs[hub] ?? 0;
    if (after >= (mine[hub] as number)) continue;
    for (const event of read(hub, after, limits.events - events.length + 1)) {
      bytes += JSON.stringify(event).length;
      if (events.length > 0 && (events.length >= limits.events || bytes > limits.bytes)) return { events, more: true };
      events.push(event);
    }
  }
  return { events, more: false };
}

/** The vector after adding those of `events` that follow `vector` without gaps. */
export function withEvents(vector: Vector, events: readonly ControlEvent[]): Vector {
  const next: Record<HubId, number> = { ...vector };
  for (const { dot } of events) if (dot.counter === (next[dot.hub] ?? 0) + 1) next[dot.hub] = dot.counter;
  return next;
}

export interface Sorted {
  /** To be logged, in this order. */
  readonly fresh: readonly ControlEvent[];
  /** Known by their dots: to be compared, since one dot never identifies two events. */
  readonly repeated: readonly ControlEvent[];
}

/** Sorts received events. Those behind a gap are in neither list: they will be sent again. */
export function sortOut(events: readonly ControlEvent[], vector: Vector): Sorted {
  const known: Record<HubId, number> = { ...vector };
  const fresh: ControlEvent[] = [];
  const repeated: ControlEvent[] = [];
  const inOrder = [...events].sort((one, other) => one.dot.counter - other.dot.counter);
  for (const event of inOrder) {
    const counter = known[event.dot.hub] ?? 0;
    if (event.dot.counter === counter + 1) {
      fresh.push(event);
      known[event.dot.hub] = event.dot.counter;
    } else if (event.dot.counter <= (vector[event.dot.hub] ?? 0)) repeated.push(event);
  }
  return { fresh, repeated };
}

/** Whether two events at one dot are the same. They differ only where a log went back to an old copy and reused the dot. */
export function isSameEvent(one: ControlEvent, other: ControlEvent): boolean {
  if (formatDot(one.dot) !== formatDot(other.dot) || one.kind !== other.kind || one.at !== other.at) return false;
  return one.kind !== "purge" || other.kind !== "purge" || one.requestDigest === other.requestDigest;
}
