// A world for hubs in one process: virtual time, links that delay, lose, repeat and cut by a seeded random, disks that outlive
// their hubs, shards that only apply. Nothing happens by itself: `run` takes the next thing due, lets all that follows from
// it settle, and goes on. Messages pass through the schemas at the hubs' doors, as they do between processes.

import { createHash } from "node:crypto";
import { bytes, type EpochMillis, epochMillis, type Millis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { GOSSIP_LIMITS } from "../../../control-plane/gossip/limits.ts";
import type { PurgeCommand } from "../../../control-plane/hub/commands.ts";
import { HubCore, type PurgeOutcome } from "../../../control-plane/hub/hub.ts";
import { HUB_LIMITS } from "../../../control-plane/hub/limits.ts";
import type { LogLimits } from "../../../control-plane/hub/log/compaction.ts";
import { answers, messages } from "../../../control-plane/hub/messages.ts";
import type { HubNote, HubPorts, Timer } from "../../../control-plane/hub/ports.ts";
import { PurgeSet } from "../../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import type { ExchangeRequest, ExchangeResponse } from "../../../control-plane/purge/wire.ts";
import { MemoryLog } from "./memory-log.ts";
import { seeded } from "./seeded.ts";

/** How bad the links are: a share of messages, 0 to 1. */
export interface Faults {
  loss: number;
  repetition: number;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

export interface Site {
  hub: HubCore;
  readonly log: MemoryLog;
  /** Grows with every restart: what belongs to an earlier life is dropped. */
  life: number;
  up: boolean;
  alarmAt: number | undefined;
  readonly shards: Map<number, FakeShard>;
}

export class FakeShard {
  purges = new PurgeSet();
  drained: readonly RegionId[] = [];
  answering = true;
}

/** Lets every promise that can go on do so. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Network {
  now = 1_000_000;
  readonly faults: Faults = { loss: 0, repetition: 0 };
  readonly sites = new Map<RegionId, Site>();
  /** Messages delivered between hubs so far, by path. */
  readonly delivered = new Map<string, number>();
  /** Events in exchanges that were answered, each as often as it was told. */
  carried = 0;
  /** What hubs found worth telling whoever runs them. */
  readonly notes: HubNote[] = [];
  /** How long the log of a hub may grow that starts, where that is less than usual. */
  logLimits: LogLimits | undefined;
  /** Regions whose hubs are of a version from before logs were cut. */
  readonly withoutBases = new Set<RegionId>();
  /** Links that are cut, as "from>to". */
  readonly cut = new Set<string>();
  /** How far a region's clock is off, in milliseconds. */
  readonly skew = new Map<RegionId, number>();
  readonly random: () => number;
  /** One-way delay of a link in milliseconds. */
  delay: (from: RegionId, to: RegionId) => number;
  readonly #regions: readonly RegionId[];
  #due: Due[] = [];
  #order = 0;

  constructor(regions: readonly RegionId[], seed = 1, shardsEach = 2, logLimits?: LogLimits) {
    this.logLimits = logLimits;
    this.random = seeded(seed);
    this.delay = () => 5 + this.random() * 45;
    this.#regions = regions;
    for (const region of regions) {
      const shards = new Map(Array.from({ length: shardsEach }, (_, index) => [index, new FakeShard()]));
      const site = { log: new MemoryLog(), life: 0, up: true, alarmAt: undefined, shards };
      this.sites.set(region, { ...site, hub: undefined as unknown as HubCore });
      this.start(region);
    }
  }

  site(region: RegionId): Site {
    return this.sites.get(region) as Site;
  }

  hub(region: RegionId): HubCore {
    return this.site(region).hub;
  }

  /** Starts a hub on the disk that it left behind. */
  start(region: RegionId, regions = this.#regions): void {
    const site = this.site(region);
    site.life++;
    site.up = true;
    const { logLimits } = this;
    const place = { region, regions, shards: 2, ...(logLimits === undefined ? {} : { logLimits }) };
    site.hub = new HubCore(place, this.#ports(region, site));
  }

  /** The process is gone at once; its disk and its alarm remain. */
  kill(region: RegionId): void {
    const site = this.site(region);
    site.life++;
    site.up = false;
  }

  /** Cuts all links of a region, or mends them. */
  isolate(region: RegionId, isCut = true): void {
    for (const other of this.#regions) {
      for (const link of [`${region}>${other}`, `${other}>${region}`]) {
        if (isCut) this.cut.add(link);
        else this.cut.delete(link);
      }
    }
  }

  /** Runs until nothing is due before `until`; every promise has settled then. */
  async run(duration: number): Promise<void> {
    const until = this.now + Math.ceil(duration);
    for (;;) {
      await settle();
      const next = this.#due.reduce<Due | undefined>(
        (first, due) => (first === undefined || isBefore(due, first) ? due : first),
        undefined,
      );
      if (next === undefined || next.at > until) break;
      this.#due = this.#due.filter((due) => due !== next);
      this.now = Math.max(this.now, next.at);
      next.act();
    }
    this.now = Math.max(this.now, until);
  }

  /** Runs until a promise has settled, and gives what it gave. */
  async finish<T>(promise: Promise<T>, within = 120_000): Promise<T> {
    const results: { readonly value: T }[] = [];
    const failures: unknown[] = [];
    promise.then(
      (value) => results.push({ value }),
      (failure) => failures.push(failure),
    );
    const until = this.now + within;
    for (;;) {
      await settle();
      const [result] = results;
      if (result !== undefined) return result.value;
      if (failures.length > 0) throw failures[0];
      const next = Math.min(...this.#due.map((due) => due.at));
      if (next > until) throw new Error("nothing more happens, and it has not finished");
      await this.run(next - this.now);
    }
  }

  /** Whether nothing at all will happen any more. */
  get isIdle(): boolean {
    return this.#due.length === 0;
  }

  purge(region: RegionId, command: Partial<PurgeCommand> = {}): Promise<PurgeOutcome> {
    return this.finish(this.askToPurge(region, command));
  }

  /** As `purge`, but lets the caller run the world. */
  askToPurge(region: RegionId, command: Partial<PurgeCommand> = {}): Promise<PurgeOutcome> {
    const scopes = [{ kind: "tag", tag: `t${this.#order++}` }] as const;
    const usual = { v: 1, scopes, severity: "hard", by: "tester", wait: "accepted", timeoutSeconds: 10 } as const;
    return this.hub(region).purge({ ...usual, ...command });
  }

  /** A shard asks its hub, as one does that is in use, and takes the answer. */
  async sync(region: RegionId, index: number, want?: Vector): Promise<void> {
    const shard = this.site(region).shards.get(index) as FakeShard;
    const request = {
      v: 1 as const,
      shard: index,
      vector: shard.purges.vector,
      ...(want === undefined ? {} : { want }),
    };
    const response = await this.finish(this.hub(region).sync(request));
    shard.purges.merge(response);
    shard.drained = response.drained;
  }

  /** What each hub that is up knows. */
  vectors(): Vector[] {
    return [...this.sites.values()].filter((site) => site.up).map((site) => site.hub.state().vector);
  }

  at(delay: number, act: () => void): void {
    this.#due.push({ at: this.now + Math.ceil(delay), order: this.#order++, act });
  }

  #ports(region: RegionId, site: Site): HubPorts {
    const { life } = site;
    const lives = (): boolean => site.life === life;
    return {
      log: site.log,
      peers: {
        exchange: async (to, request) => {
          const message = messages.exchange.parse(this.#asRead(to, copy(request)));
          const answer = await this.#call(region, to, "exchange", lives, HUB_LIMITS.peerTimeoutMillis, async (hub) =>
            hub.exchange(message),
          );
          this.carried += request.events.length + answer.events.length;
          return answers.exchange.parse(this.#asRead(region, copy(answer)));
        },
        await: async (to, request) => {
          const message = messages.await.parse(copy(request));
          const within = HUB_LIMITS.peerTimeoutMillis + request.timeoutMillis;
          const answer = await this.#call(region, to, "await", lives, within, (hub) => hub.await(message));
          return answers.await.parse(copy(answer));
        },
      },
      shards: {
        apply: (index, request) =>
          new Promise((resolve, reject) => {
            const shard = site.shards.get(index) as FakeShard;
            if (!shard.answering)
              this.at(HUB_LIMITS.applyTimeoutMillis, () => lives() && reject(new Error("no answer")));
            else {
              this.at(1, () => {
                shard.purges.merge(copy(request));
                if (request.drained !== undefined) shard.drained = request.drained;
                const vector = shard.purges.vector;
                this.at(1, () => lives() && resolve({ v: 1, vector }));
              });
            }
          }),
        dryRun: async (index) => ({ v: 1, entries: index + 1, bytes: bytes(100) }),
      },
      now: () => epochMillis(this.now + (this.skew.get(region) ?? 0)),
      random: () => this.random(),
      timer: (duration) => this.#timer(duration, lives),
      setAlarm: (at) => this.#setAlarm(site, epochMillis(at - (this.skew.get(region) ?? 0))),
      note: (note) => this.notes.push(note),
      sha256: async (text) => createHash("sha256").update(text).digest("hex"),
    };
  }

  /** A message as the version at `region` reads it: fields that it does not know are left out. */
  #asRead<Message extends ExchangeRequest | ExchangeResponse>(region: RegionId, message: Message): Message {
    const { base: _base, ...rest } = message;
    return this.withoutBases.has(region) ? (rest as Message) : message;
  }

  /** A request and its answer, each over a link that may fail it. Rejects when `within` is over, as an aborted fetch does. */
  #call<T>(
    from: RegionId,
    to: RegionId,
    path: string,
    lives: () => boolean,
    within: number,
    act: (hub: HubCore) => Promise<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.at(within, () => lives() && reject(new Error("no answer")));
      this.#deliver(from, to, () => {
        const target = this.site(to);
        if (!target.up) {
          this.#deliver(to, from, () => lives() && reject(new Error("connection refused")));
          return;
        }
        this.delivered.set(path, (this.delivered.get(path) ?? 0) + 1);
        const { life } = target;
        void act(target.hub).then(
          (answer) => {
            if (target.life === life) this.#deliver(to, from, () => lives() && resolve(answer));
          },
          // A hub that throws, as one does that cannot write its log, is answered for by the platform.
          (cause: unknown) => this.#deliver(to, from, () => lives() && reject(cause)),
        );
      });
    });
  }

  #deliver(from: RegionId, to: RegionId, act: () => void): void {
    if (this.cut.has(`${from}>${to}`) || this.random() < this.faults.loss) return;
    this.at(this.delay(from, to), act);
    if (this.random() < this.faults.repetition) this.at(this.delay(from, to) * 3, act);
  }

  #timer(duration: Millis, lives: () => boolean): Timer {
    let isCancelled = false;
    const due: { current?: Due } = {};
    const done = new Promise<void>((resolve) => {
      due.current = {
        at: this.now + Math.ceil(duration),
        order: this.#order++,
        act: () => lives() && !isCancelled && resolve(),
      };
      this.#due.push(due.current);
    });
    const cancel = (): void => {
      isCancelled = true;
      this.#due = this.#due.filter((other) => other !== due.current);
    };
    return { done, cancel };
  }

  /** An alarm belongs to the disk: it rings in whatever life the hub then has, once it is up. */
  #setAlarm(site: Site, at: EpochMillis): void {
    site.alarmAt = at;
    this.at(at - this.now, () => {
      if (site.alarmAt !== at || !site.up) return;
      site.alarmAt = undefined;
      void site.hub.alarm();
    });
  }
}

const isBefore = (one: Due, other: Due): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
/** Time enough for everything to settle once faults are over: the longest that a repair is put off, twice. */
export const SETTLING: Millis = millis(2 * GOSSIP_LIMITS.gossipRepairMostMillis + 10_000);
