// What the hubs know. During the run: which events each region's hub holds, and since when, to which its shards' knowledge is
// compared. At the end, when all faults are over and everything has come to rest: all logs and vectors are equal, nothing
// that was told to be accepted is lost, nothing stands in a log that was never issued, and each shard's purge set, and that of
// a hub that would start on each disk, condemns whatever any of those purges condemns.

import type { RegionId } from "../../../config/world/regions.ts";
import { Ledger } from "../../../control-plane/hub/log/ledger.ts";
import type { ControlEvent } from "../../../control-plane/purge/event.ts";
import { PurgeSet, purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { covers, coversAll, type Dot, formatDot, type Vector } from "../../../control-plane/purge/vector.ts";
import { MemoryLog } from "../../control-plane/hub/memory-log.ts";
import type { Findings } from "../findings.ts";
import type { HubNode } from "../hub-node.ts";
import { tagsOf, urlOf } from "../origin.ts";
import type { Scheduler } from "../scheduler.ts";
import type { ObservedShard } from "./observed.ts";
import { matches, type PurgeChecks } from "./purges.ts";

interface Held {
  readonly dot: Dot;
  readonly at: number;
}

export class HubChecks {
  readonly #findings: Findings;
  readonly #scheduler: Scheduler;
  readonly #purges: PurgeChecks;
  readonly #held = new Map<RegionId, Held[]>();

  constructor(findings: Findings, scheduler: Scheduler, purges: PurgeChecks) {
    this.#findings = findings;
    this.#scheduler = scheduler;
    this.#purges = purges;
  }

  logged(region: RegionId, events: readonly ControlEvent[]): void {
    const held = this.#held.get(region) ?? [];
    this.#held.set(region, held);
    for (const { dot } of events) held.push({ dot, at: this.#scheduler.now });
    this.#purges.logged(region, events);
  }

  /** Events that this region's hub learned of only by a base. */
  taken(region: RegionId, dots: readonly Dot[]): void {
    const held = this.#held.get(region) ?? [];
    this.#held.set(region, held);
    for (const dot of dots) held.push({ dot, at: this.#scheduler.now });
    this.#purges.taken(region, dots);
  }

  /** A region's hub calls these purges applied: no shard of the region may still answer without them. */
  applied(dots: readonly Dot[], shards: readonly { readonly present: ObservedShard | undefined }[]): void {
    for (const { present } of shards) {
      if (present === undefined || present.knowledge.leaseLeft === 0) continue;
      const lacked = dots.find((dot) => this.#purges.find(dot) !== undefined && !covers(present.knowledge.vector, dot));
      if (lacked === undefined) continue;
      this.#findings.report("applied-too-early", `${present.life.name} holds a lease without ${formatDot(lacked)}`);
    }
  }

  /** The disk of a region's hub is gone: what it held is not known there any more. */
  lost(region: RegionId): void {
    this.#held.delete(region);
  }

  /** A purge that the region's hub held at `at`, by true time, and that `known` lacks. */
  missingSince(region: RegionId, known: Vector, at: number): string | undefined {
    for (const { dot, at: since } of this.#held.get(region) ?? []) {
      if (since > at) return undefined;
      if (this.#purges.find(dot) !== undefined && !covers(known, dot)) return `${formatDot(dot)} of ${since}`;
    }
    return undefined;
  }

  /** All is healed and at rest. */
  atRest(
    hubs: readonly HubNode[],
    shards: readonly { readonly present: ObservedShard | undefined }[],
    objects: number,
  ): void {
    const [first, ...others] = hubs;
    if (first === undefined) return;
    const text = logOf(first);
    for (const other of others) {
      if (logOf(other) === text) continue;
      this.#findings.report("logs-differ", `${first.site.region}: ${text} but ${other.site.region}: ${logOf(other)}`);
    }
    for (const id of this.#purges.accepted) {
      if (!text.includes(` ${id} `)) this.#findings.report("accepted-purge-lost", id);
    }
    for (const hub of hubs) this.#diskAtRest(hub, objects);
    // A shard that nobody asked since its last eviction knows nothing, and says so to whoever asks.
    for (const { present } of shards) if (present !== undefined) this.#shardAtRest(present, objects);
  }

  /** What a hub that starts on this disk would tell its shards. */
  #diskAtRest({ log, site }: HubNode, objects: number): void {
    const disk = new MemoryLog();
    disk.restore(log.snapshot());
    const { purges: known, vector } = new Ledger(disk, site.region, site.now, () => 0);
    const purges = new PurgeSet();
    purges.merge({ v: 1, vector, records: known.records });
    this.#condemns(`the disk of ${site.region}`, purges, objects);
  }

  #shardAtRest({ knowledge, life }: ObservedShard, objects: number): void {
    const { purges } = knowledge;
    // It may know purges that were never accepted, from a disk that was lost: its hub told it before another hub had them.
    if (!coversAll(this.#purges.issued, purges.vector)) {
      this.#findings.report("knows-what-is-not", `${life.name} knows ${JSON.stringify(purges.vector)}`);
    }
    this.#condemns(life.name, purges, objects);
  }

  #condemns(name: string, purges: PurgeSet, objects: number): void {
    for (const { event } of this.#purges.within(purges.vector)) {
      const { hub, counter } = event.dot;
      // Everything but this purge: what was fetched then must be condemned by it.
      const before = { ...purges.vector, [hub]: counter - 1 };
      for (let object = 0; object < objects; object++) {
        if (!matches(event, object)) continue;
        const verdict = purges.verdict(purgeTarget(urlOf(object), tagsOf(object)), before);
        if (verdict === event.severity || verdict === "hard") continue;
        this.#findings.report("purge-forgotten", `${name} finds ${urlOf(object)} ${verdict} despite ${hub}.${counter}`);
      }
    }
  }
}

/** Ids of a hub's events, sorted, each between spaces. */
const logOf = ({ log }: HubNode): string =>
  ` ${Object.entries(log.vector())
    .flatMap(([hub, last]) => Array.from({ length: last }, (_, index) => `${hub}.${index + 1}`))
    .sort()
    .join(" ")} `;
