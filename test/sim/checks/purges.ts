// The purges of a run as they really were: when each was logged, what the origin had then, whether somebody was told that it is
// accepted. Matching is written anew here, as simply as it can be, so that it shares no mistake with the code under test.
// Checks here: no dot names two events; what is accepted is held by two hubs at that moment, and all know the accepting one.

import type { RegionId } from "../../../config/world/regions.ts";
import type { ControlEvent, PurgeEvent, Scope } from "../../../control-plane/purge/event.ts";
import { type Dot, formatDot, join, parseDot, type Vector } from "../../../control-plane/purge/vector.ts";
import type { Findings } from "../findings.ts";
import { tagsOf, urlOf } from "../origin.ts";
import type { Scheduler } from "../scheduler.ts";

/** A purge, and the world at the moment it was logged first. */
export interface KnownPurge {
  readonly event: PurgeEvent;
  readonly issuedAt: number;
  /** The newest version of each object then. */
  readonly versions: readonly number[];
  /** When somebody was first told that it is complete. */
  completeAt?: number;
}

export class PurgeChecks {
  /** By hub and then by counter, less one. */
  readonly #byHub = new Map<string, (KnownPurge | undefined)[]>();
  /** Every event that was ever logged anywhere. */
  issued: Vector = {};
  readonly #events = new Map<string, string>();
  /** Which regions' hubs have ever held an event. */
  readonly #holders = new Map<string, Set<RegionId>>();
  /** Dots that somebody was told to be accepted, in order. */
  readonly accepted: string[] = [];
  #isAnySuspended = false;
  readonly #findings: Findings;
  readonly #scheduler: Scheduler;
  readonly #versions: () => readonly number[];

  constructor(findings: Findings, scheduler: Scheduler, versions: () => readonly number[]) {
    this.#findings = findings;
    this.#scheduler = scheduler;
    this.#versions = versions;
  }

  /** These events are durable in a hub's log now. */
  logged(region: RegionId, events: readonly ControlEvent[]): void {
    for (const event of events) {
      const id = formatDot(event.dot);
      const text = JSON.stringify(inOrder(event));
      const known = this.#events.get(id);
      if (known !== undefined && known !== text) {
        this.#findings.report("dot-used-twice", `${id} names ${known} and ${text}`);
      }
      this.#holders.set(id, (this.#holders.get(id) ?? new Set()).add(region));
      this.#findings.tell(() => `hub:${region} logs ${id} ${describe(event)}`);
      if (known !== undefined) continue;
      if (event.kind === "suspend") this.#isAnySuspended = true;
      this.#events.set(id, text);
      this.issued = join(this.issued, { [event.dot.hub]: event.dot.counter });
      if (event.kind !== "purge") continue;
      const ofHub = this.#byHub.get(event.dot.hub) ?? [];
      this.#byHub.set(event.dot.hub, ofHub);
      ofHub[event.dot.counter - 1] = { event, issuedAt: this.#scheduler.now, versions: this.#versions() };
    }
  }

  /** A region's hub holds these as far as anything was ever purged by them. */
  taken(region: RegionId, dots: readonly Dot[]): void {
    for (const dot of dots) {
      const id = formatDot(dot);
      if (!this.#events.has(id)) this.#findings.report("base-of-nothing", `${region} took ${id}, which never was`);
      this.#holders.set(id, (this.#holders.get(id) ?? new Set()).add(region));
    }
  }

  /** A client was told that a purge is accepted. */
  toldAccepted(id: string, regions: number): void {
    this.accepted.push(id);
    // Disks may be lost right after; what counts is that two had it.
    const holders = this.#holders.get(id) ?? new Set();
    if (holders.size < Math.min(2, regions)) {
      this.#findings.report("accepted-before-durable", `${id} was held by ${[...holders].join(", ") || "nobody"}`);
    }
    // A log begins with its hub's join. Who is suspended need not have it.
    const { hub = "" } = parseDot(id) ?? {};
    const met = this.#holders.get(formatDot({ hub, counter: 1 }))?.size ?? 0;
    if (met < regions && !this.#isAnySuspended) {
      this.#findings.report(
        "accepted-before-joined",
        `${id} was accepted when ${met} of ${regions} hubs knew of ${hub}`,
      );
    }
  }

  /** A client was told that a purge is complete. */
  toldComplete(dot: Dot): void {
    const purge = this.find(dot);
    if (purge !== undefined) purge.completeAt ??= this.#scheduler.now;
  }

  find(dot: Dot): KnownPurge | undefined {
    return this.#byHub.get(dot.hub)?.[dot.counter - 1];
  }

  /** All purges that `vector` covers. */
  *within(vector: Vector): IterableIterator<KnownPurge> {
    for (const [hub, purges] of this.#byHub) {
      const last = vector[hub] ?? 0;
      for (let index = 0; index < last && index < purges.length; index++) {
        const purge = purges[index];
        if (purge !== undefined) yield purge;
      }
    }
  }

  *all(): IterableIterator<KnownPurge> {
    for (const purges of this.#byHub.values()) for (const purge of purges) if (purge !== undefined) yield purge;
  }
}

/** Keys in one order, whoever wrote them. */
const inOrder = (event: ControlEvent): unknown =>
  Object.fromEntries(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)));

export const matches = (event: PurgeEvent, object: number): boolean =>
  event.scopes.some((scope) => matchesScope(scope, object));

function matchesScope(scope: Scope, object: number): boolean {
  const url = urlOf(object);
  const bare = url.slice(url.indexOf("//"));
  switch (scope.kind) {
    case "everything":
      return true;
    case "host":
      return bare.startsWith(`//${scope.host}/`);
    case "tag":
      return tagsOf(object).includes(scope.tag);
    case "url":
      return scope.url === url || scope.url === bare;
    case "prefix":
      return url.startsWith(scope.prefix) || bare.startsWith(scope.prefix);
  }
}

function describe(event: ControlEvent): string {
  if (event.kind !== "purge") return event.kind;
  return `${event.severity} purge of ${event.scopes.map((scope) => Object.values(scope).join(" ")).join(", ")}`;
}
