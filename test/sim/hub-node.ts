// A region's hub in the simulation: the production core on a log in memory, which is its disk. A crash ends its life and leaves
// the disk; a lost disk begins a new incarnation. The log tells the checkers of every event at the moment it is durable.

import { bytes, type EpochMillis, epochMillis, type Millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { HubCore } from "../../control-plane/hub/hub.ts";
import { HUB_LIMITS } from "../../control-plane/hub/limits.ts";
import type { LogBase } from "../../control-plane/hub/log/log.ts";
import { answers, messages } from "../../control-plane/hub/messages.ts";
import type { HubPorts, Timer } from "../../control-plane/hub/ports.ts";
import type { ControlEvent } from "../../control-plane/purge/event.ts";
import type { Dot } from "../../control-plane/purge/vector.ts";
import type { ApplyRequest, ApplyResponse, SyncRequest, SyncResponse } from "../../control-plane/purge/wire.ts";
import { MemoryLog } from "../control-plane/hub/memory-log.ts";
import { Life, type Target } from "./links.ts";
import { copy, type Site } from "./site.ts";

/** A disk that says what was written to it, and may be the last that a machine does. */
class WatchedLog extends MemoryLog {
  readonly #logged: (events: readonly ControlEvent[]) => void;
  readonly #taken: (dots: readonly Dot[]) => void;
  readonly #applied: (dots: readonly Dot[]) => void;
  /** Stops the machine before or after the next purge is written, as it says. */
  stop: { readonly written: boolean; readonly now: () => void } | undefined;

  constructor(watcher: {
    logged(events: readonly ControlEvent[]): void;
    taken(dots: readonly Dot[]): void;
    applied(dots: readonly Dot[]): void;
  }) {
    super();
    this.#logged = watcher.logged;
    this.#taken = watcher.taken;
    this.#applied = watcher.applied;
  }

  override append(events: readonly ControlEvent[]): void {
    const { stop } = this;
    const stops = stop !== undefined && events.some(({ kind }) => kind === "purge");
    if (stops) this.stop = undefined;
    if (!stops || stop.written) {
      super.append(events);
      this.#logged(events);
    }
    if (!stops) return;
    stop.now();
    throw new Error("the machine has stopped");
  }

  override markApplied(dots: readonly Dot[], at: EpochMillis): void {
    super.markApplied(dots, at);
    this.#applied(dots);
  }

  /** A base that was taken from another hub stands for events that never were here. */
  override compact(base: LogBase): void {
    const before = this.vector();
    super.compact(base);
    const dots = Object.entries(base.vector).flatMap(([hub, last]) => {
      const first = before[hub] ?? 0;
      return Array.from({ length: Math.max(0, last - first) }, (_, index) => ({ hub, counter: first + index + 1 }));
    });
    if (dots.length > 0) this.#taken(dots);
  }
}

/** How a hub reaches other nodes. */
export interface HubSurroundings {
  hub(region: RegionId): HubNode;
  applyAt(region: RegionId, shard: number, request: ApplyRequest): Target<ApplyResponse>;
  /** These events are durable in this region's hub now. */
  logged(region: RegionId, events: readonly ControlEvent[]): void;
  /** These are covered by what it took from another hub, which keeps them no longer. */
  taken(region: RegionId, dots: readonly Dot[]): void;
  /** This region's hub calls these purges applied from now on. */
  applied(region: RegionId, dots: readonly Dot[]): void;
  /** Events that its log keeps at most. */
  readonly logEvents: number;
}

export class HubNode {
  readonly site: Site;
  readonly log: WatchedLog;
  readonly #around: HubSurroundings;
  readonly #regions: readonly RegionId[];
  readonly #shards: number;
  #life: Life | undefined;
  #core: HubCore | undefined;
  #alarm: { readonly at: number; readonly off: () => void } | undefined;

  constructor(site: Site, regions: readonly RegionId[], shards: number, around: HubSurroundings) {
    this.#shards = shards;
    this.site = site;
    this.#regions = regions;
    this.#around = around;
    this.log = new WatchedLog({
      logged: (events) => around.logged(site.region, events),
      taken: (dots) => around.taken(site.region, dots),
      applied: (dots) => around.applied(site.region, dots),
    });
  }

  get life(): Life | undefined {
    return this.#life;
  }

  /** Only while it lives. */
  get core(): HubCore {
    if (this.#core === undefined) throw new Error(`the hub of ${this.site.region} is down`);
    return this.#core;
  }

  start(): void {
    const { region } = this.site;
    const life = new Life(region, `hub:${region}`);
    this.#life = life;
    const logLimits = { events: this.#around.logEvents, bytes: HUB_LIMITS.logBytes };
    this.#core = new HubCore({ region, regions: this.#regions, shards: this.#shards, logLimits }, this.#ports(life));
  }

  /** Its memory is gone at once; its disk and its alarm remain. */
  crash(): void {
    this.#life?.end();
    this.#life = undefined;
    this.#core = undefined;
  }

  /** Stops at its next write of a purge, and starts again after `duration`. */
  stopAtWrite(written: boolean, duration: number): void {
    const now = (): void => {
      this.crash();
      this.site.around.scheduler.at(duration, () => {
        if (this.#life === undefined) this.start();
      });
    };
    this.log.stop = { written, now };
  }

  loseDisk(): void {
    this.crash();
    this.#alarm?.off();
    this.#alarm = undefined;
    this.log.wipe();
  }

  /** A message to it, as `act` says what it does. */
  target<T>(act: (hub: HubCore) => Promise<T>, line?: string): Target<T> {
    const common = { region: this.site.region, life: () => this.#life, act: () => act(this.core) };
    return line === undefined ? common : { ...common, line };
  }

  sync(request: SyncRequest): Target<SyncResponse> {
    const message = messages.sync.parse(copy(request)) as SyncRequest;
    return this.target(async (hub) => copy(await hub.sync(message)), `${this.site.region} hub`);
  }

  #ports(life: Life): HubPorts {
    const { site } = this;
    const { region } = site;
    const chance = site.around.chances.of(`hub ${region}`);
    return {
      log: this.log,
      peers: {
        exchange: async (to, request) => {
          const message = messages.exchange.parse(copy(request));
          const target = this.#around.hub(to).target(async (hub) => copy(hub.exchange(message)));
          return answers.exchange.parse(await site.within(life, "exchange", target, HUB_LIMITS.peerTimeoutMillis));
        },
        await: async (to, request) => {
          const message = messages.await.parse(copy(request));
          const target = this.#around.hub(to).target(async (hub) => copy(await hub.await(message)));
          const within = HUB_LIMITS.peerTimeoutMillis + request.timeoutMillis;
          return answers.await.parse(await site.within(life, "await", target, within));
        },
      },
      shards: {
        apply: async (index, request) => {
          const target = { ...this.#around.applyAt(region, index, copy(request)), line: `${region} hub` };
          return answers.apply.parse(await site.within(life, "apply", target, HUB_LIMITS.applyTimeoutMillis));
        },
        dryRun: async () => ({ v: 1, entries: 0, bytes: bytes(0) }),
      },
      now: site.now,
      random: chance.number,
      timer: (duration) => timer(site.after(life), duration),
      setAlarm: (at) => this.#setAlarm(at),
      note: ({ by }) => site.around.findings.tell(() => `hub:${region} takes the base of ${by}`),
      sha256: async (text) => text,
    };
  }

  /** An alarm belongs to the disk: it rings in whatever life the hub then has, and wakes one that is only evicted. */
  #setAlarm(at: number): void {
    this.#alarm?.off();
    const ring = (): void => {
      if (this.#core === undefined) {
        // The platform tries again until the object is back.
        this.#alarm = { at, off: this.site.around.scheduler.at(1_000, ring) };
        return;
      }
      this.#alarm = undefined;
      const { life } = this;
      // What stops in the middle of it is nobody's mistake.
      this.#core.alarm().catch((cause) => {
        if (life?.ended !== true) throw cause;
      });
    };
    const delay = this.site.trueTime(epochMillis(at)) - this.site.around.scheduler.now;
    this.#alarm = { at, off: this.site.around.scheduler.at(delay, ring) };
  }
}

function timer(after: (delay: number, act: () => void) => () => void, duration: Millis): Timer {
  let off = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    off = after(duration, resolve);
  });
  return { done, cancel: () => off() };
}
