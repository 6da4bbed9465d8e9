// A hub's log in memory, written so that it can be checked at a glance: everything is searched from front to back. It passes
// the same suite as the one in SQLite, and is what tests and the simulator run hubs on. It outlives the hub that uses it,
// as a disk does; `snapshot` is a backup, restored by `restore`.

import type { EpochMillis } from "../../../config/units.ts";
import type { HeldBy } from "../../../control-plane/gossip/peer-vectors.ts";
import type { EventLog, LogBase, LogPlace, Remembered } from "../../../control-plane/hub/log/log.ts";
import type { ControlEvent, PurgeEvent } from "../../../control-plane/purge/event.ts";
import { covers, type Dot, formatDot, type HubId, type Vector } from "../../../control-plane/purge/vector.ts";

interface Content {
  identity: HubId | undefined;
  events: ControlEvent[];
  bytes: number;
  base: LogBase | undefined;
  applied: Map<string, EpochMillis>;
  completions: Map<string, EpochMillis>;
  peers: Map<string, HeldBy>;
  facts: Map<Remembered, string>;
}

const empty = (identity: HubId | undefined): Content => ({
  identity,
  events: [],
  bytes: 0,
  base: undefined,
  applied: new Map(),
  completions: new Map(),
  peers: new Map(),
  facts: new Map(),
});

export class MemoryLog implements EventLog {
  #content = empty(undefined);
  /** Writes so far: an idle hub makes none. */
  writes = 0;
  /** What appending throws: the error of a disk that takes no more. */
  fault: Error | undefined;

  identity(): HubId | undefined {
    return this.#content.identity;
  }

  begin(hub: HubId): void {
    this.writes++;
    this.#content = empty(hub);
  }

  vector(): Vector {
    const vector: Record<HubId, number> = { ...this.#content.base?.vector };
    for (const { dot } of this.#content.events) vector[dot.hub] = Math.max(vector[dot.hub] ?? 0, dot.counter);
    return vector;
  }

  length(): number {
    return this.#content.events.length;
  }

  bytes(): number {
    return this.#content.bytes;
  }

  base(): LogBase | undefined {
    return structuredClone(this.#content.base);
  }

  compact(base: LogBase): void {
    this.writes++;
    this.#content.base = JSON.parse(JSON.stringify(base)) as LogBase;
    this.#content.events = this.#content.events.filter(({ dot }) => !covers(base.vector, dot));
    this.#content.bytes = sizeOf(this.#content.events);
    const held = new Set(this.#content.events.map(({ dot }) => formatDot(dot)));
    this.#content.applied = new Map([...this.#content.applied].filter(([dot]) => held.has(dot)));
    this.#content.completions = new Map([...this.#content.completions].filter(([dot]) => held.has(dot)));
  }

  append(events: readonly ControlEvent[]): void {
    if (this.fault !== undefined) throw this.fault;
    this.writes++;
    const vector: Record<HubId, number> = { ...this.vector() };
    for (const { dot } of events) {
      if (dot.counter !== (vector[dot.hub] ?? 0) + 1) throw new RangeError(`${formatDot(dot)} is not the next event`);
      vector[dot.hub] = dot.counter;
    }
    this.#content.bytes += sizeOf(events);
    // Through JSON, as on a disk: what does not survive that was never durable.
    this.#content.events.push(...(JSON.parse(JSON.stringify(events)) as ControlEvent[]));
  }

  read(hub: HubId, after: number, limit: number): readonly ControlEvent[] {
    const ofHub = this.#content.events.filter(({ dot }) => dot.hub === hub && dot.counter > after);
    return ofHub.sort((one, other) => one.dot.counter - other.dot.counter).slice(0, limit);
  }

  find(dot: Dot): ControlEvent | undefined {
    return this.#content.events.find((event) => formatDot(event.dot) === formatDot(dot));
  }

  has(dot: Dot): boolean {
    return this.find(dot) !== undefined;
  }

  findByKey(by: string, key: string): PurgeEvent | undefined {
    return this.#purges().findLast((event) => event.by === by && event.idempotencyKey === key);
  }

  newestPurges(limit: number, place?: LogPlace): readonly PurgeEvent[] {
    const purges = this.#purges();
    return purges.filter((event) => place === undefined || comparePlaces(event, place) < 0).slice(0, limit);
  }

  appliedAt(dot: Dot): EpochMillis | undefined {
    return this.#content.applied.get(formatDot(dot));
  }

  markApplied(dots: readonly Dot[], at: EpochMillis): void {
    this.writes++;
    for (const dot of dots) {
      const isKnown = this.find(dot) !== undefined && this.appliedAt(dot) === undefined;
      if (isKnown) this.#content.applied.set(formatDot(dot), at);
    }
  }

  completeAt(dot: Dot): EpochMillis | undefined {
    return this.#content.completions.get(formatDot(dot));
  }

  markComplete(dot: Dot, at: EpochMillis): void {
    this.writes++;
    const isKnown = this.find(dot) !== undefined && this.completeAt(dot) === undefined;
    if (isKnown) this.#content.completions.set(formatDot(dot), at);
  }

  peers(): readonly HeldBy[] {
    return [...this.#content.peers.values()];
  }

  savePeer({ region, hub, vector }: HeldBy): void {
    this.writes++;
    this.#content.peers.set(region, { region, hub, vector });
  }

  recall(name: Remembered): string | undefined {
    return this.#content.facts.get(name);
  }

  remember(name: Remembered, value: string): void {
    this.writes++;
    this.#content.facts.set(name, value);
  }

  snapshot(): Content {
    return structuredClone(this.#content);
  }

  restore(copy: Content): void {
    this.#content = structuredClone(copy);
  }

  /** The disk is lost. */
  wipe(): void {
    this.#content = empty(undefined);
  }

  /** Newest first. */
  #purges(): PurgeEvent[] {
    return this.#content.events
      .filter((event) => event.kind === "purge")
      .sort((one, other) => comparePlaces(other, one));
  }
}

/** Negative if `one` comes before `other` in the list's order, oldest first. */
function comparePlaces(one: LogPlace, other: LogPlace): number {
  if (one.at !== other.at) return one.at - other.at;
  if (one.dot.hub !== other.dot.hub) return one.dot.hub < other.dot.hub ? -1 : 1;
  return one.dot.counter - other.dot.counter;
}

const sizeOf = (events: readonly ControlEvent[]): number =>
  events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
