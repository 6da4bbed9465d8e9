// A run: its regions, links, doors and the example origin, the operations on it, and its stop. It maintains the regions' states
// for the doors (live, drained or down) and the record of the run on disk, and supervises every process: one that exits by
// itself is restarted, one that was stopped stays stopped.

import type { IncomingMessage, Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS } from "../../config/limits.ts";
import type { Coordinates, RegionId } from "../../config/world/regions.ts";
import type { Controls, RegionStatus } from "./admin.node.ts";
import { askDrained, askHealth } from "./ask-region.node.ts";
import { closeDoor } from "./door/door.node.ts";
import type { Door } from "./door/nearest.ts";
import { closePool } from "./door/pool.node.ts";
import type { Handed } from "./door/proxy.node.ts";
import type { LaunchEvent } from "./events.ts";
import type { ExampleOrigin } from "./example-origin.node.ts";
import { LOCAL_LIMITS } from "./limits.ts";
import type { Cut, Link } from "./link/link.node.ts";
import { type LinkEnd, linkName } from "./link/links.node.ts";
import type { LocalRegion } from "./region.node.ts";
import type { RegionRecord } from "./state/run-record.ts";
import type { StateFolder } from "./state/state-folder.node.ts";
import { isAlive } from "./supervision/processes.node.ts";
import type { SupervisionNews } from "./supervision/restart-policy.ts";
import { type Child, Supervised } from "./supervision/supervised.node.ts";
import { supervisionEvent } from "./supervision/supervision-messages.ts";

/** A run's addresses: URLs without a trailing slash. */
export interface Addresses {
  readonly frontDoor: string;
  readonly control: string;
  readonly direct: string;
  readonly admin: string;
}

interface Parts {
  readonly folder: StateFolder;
  readonly token: string;
  readonly onEvent: (event: LaunchEvent) => void;
}

/** A participating region. */
interface Member {
  readonly place: Coordinates;
  readonly process: LocalRegion;
  readonly supervised: Supervised;
}

/** Created by `launch`. Every method may be called at any time; after `stop` nothing runs. */
export class Cluster implements Controls {
  readonly #parts: Parts;
  readonly #regions = new Map<RegionId, Member>();
  readonly #supervised = new Map<Child, Supervised>();
  #drained: ReadonlySet<RegionId> = new Set();
  readonly #startedAt = new Date().toISOString();
  #stopped: Promise<void> | undefined;
  #recorded: Promise<void> = Promise.resolve();
  links: ReadonlyMap<string, Link> = new Map();
  servers: Server[] = [];
  origin: ExampleOrigin | undefined;
  addresses: Addresses = { frontDoor: "", control: "", direct: "", admin: "" };

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get token(): string {
    return this.#parts.token;
  }
  get stateFolder(): string {
    return this.#parts.folder.path;
  }
  get frontDoor(): string {
    return this.addresses.frontDoor;
  }
  get control(): string {
    return this.addresses.control;
  }
  get isStopping(): boolean {
    return this.#stopped !== undefined;
  }

  /** The edges' own addresses. */
  get edges(): Readonly<Partial<Record<RegionId, string>>> {
    return Object.fromEntries(this.regions().map(({ region, edge }) => [region, edge]));
  }

  /** One region's process. Throws if it is not in this run. */
  region(id: RegionId): LocalRegion {
    const found = this.#regions.get(id);
    if (found === undefined) throw new Error(`region ${id} is not in this run`);
    return found.process;
  }

  /** The link from `from` to `to`. Throws if there is none. */
  link(from: RegionId, to: LinkEnd): Link {
    const found = this.links.get(linkName(from, to));
    if (found === undefined) throw new Error(`there is no link from ${from} to ${to} in this run`);
    return found;
  }

  add(place: Coordinates, process: LocalRegion): void {
    this.#regions.set(process.id, { place, process, supervised: this.supervise(process, process.id) });
  }

  /** Supervises a process: restarts it whenever it exits by itself, until the run stops. The caller still calls `start`. */
  supervise(child: Child, region?: RegionId): Supervised {
    const supervised = new Supervised(child, (news) => this.#heard(child.name, region, news));
    this.#supervised.set(child, supervised);
    return supervised;
  }

  /** Called when a supervised process has exited by itself. */
  lost(child: Child, why: string): void {
    if (!this.isStopping) this.#supervised.get(child)?.lost(why);
  }

  async startRegions(): Promise<void> {
    await Promise.all([...this.#regions.values()].map(({ supervised }) => supervised.start()));
  }

  /** The regions' state for the doors. */
  doors(): Door[] {
    return [...this.#regions].map(([region, { place }]) => ({ region, place, state: this.#doorOf(region) }));
  }

  regions(): RegionStatus[] {
    return [...this.#regions].map(([region, { process }]) => ({
      region,
      state: this.#stateOf(region),
      edge: `http://127.0.0.1:${process.options.ports.edge}`,
      ...(process.pid === undefined ? {} : { pid: process.pid }),
      cut: this.#cutFrom(region),
    }));
  }

  /** Stops a region at once, like a power failure, until it is started again. Its state is kept. */
  stopRegion(region: RegionId): Promise<boolean> {
    return this.#change(region, (supervised) => supervised.stop());
  }

  startRegion(region: RegionId): Promise<boolean> {
    return this.#change(region, async (supervised) => {
      await supervised.start();
      await this.greetRegions();
    });
  }

  /** Stops every process of the run, within LIMITS.stopMillis. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  cut(from: RegionId, to: string, how: Cut): boolean {
    const link = this.links.get(`${from}>${to}`);
    link?.cut(how);
    return link !== undefined;
  }

  heal(from: RegionId, to: string): boolean {
    const link = this.links.get(`${from}>${to}`);
    link?.heal();
    return link !== undefined;
  }

  async readTokens(): Promise<void> {
    await this.#parts.folder.handOverTokens();
  }

  /** Reports a process's change, and updates the record of the run. */
  #heard(name: string, region: RegionId | undefined, news: SupervisionNews): void {
    if (this.isStopping) return;
    this.#parts.onEvent(supervisionEvent(name, region, news));
    if (news.kind === "restarted" && region !== undefined) void this.greetRegions();
    void this.record();
  }

  /** Called for each request through the control door: a successful drain changes where the front door leads. */
  hearControl = (request: IncomingMessage, handed: Handed): void => {
    const isDrain = request.method === "POST" && /^\/v1\/regions\/[^/]+\/(un)?drain/.test(request.url ?? "");
    if (isDrain && handed.kind === "answered" && handed.status < 300) void this.#learnDrained();
  };

  /** Checks every region's health, so that its hub runs and has joined before clients arrive. Reports those that are not healthy. */
  async greetRegions(): Promise<void> {
    const live = [...this.#regions.values()].filter(({ process }) => process.pid !== undefined);
    const deadline = performance.now() + LOCAL_LIMITS.regionGreetingMillis;
    await Promise.all(
      live.map(async ({ process }) => {
        const health = async () => askHealth(process.options.ports.control);
        let state = await health();
        while (state !== "well" && performance.now() < deadline && process.pid !== undefined && !this.isStopping) {
          await sleep(100);
          state = await health();
        }
        if (state === "well" || process.pid === undefined || this.isStopping) return;
        const text = `${process.name} is not healthy: ${state.lacks}; until it is, purges go through the other regions' hubs`;
        this.#parts.onEvent({ kind: "notice", text });
      }),
    );
    await this.#learnDrained();
  }

  /** Rewrites `run.json`. Writes are sequential, so that the last state remains. */
  record(): Promise<void> {
    const write = (): Promise<void> | undefined => (this.isStopping ? undefined : this.#record());
    const failed = ({ message }: Error): void =>
      this.#parts.onEvent({ kind: "notice", text: `the record of this run could not be written: ${message}` });
    this.#recorded = this.#recorded.then(write).catch(failed);
    return this.#recorded;
  }

  async #record(): Promise<void> {
    const { origin, addresses } = this;
    const regions = this.regions().map(({ region, edge, pid }): [RegionId, RegionRecord] => {
      const control = `http://127.0.0.1:${this.region(region).options.ports.control}`;
      const { sign } = this.region(region);
      return [region, { edge, control, sign, ...(pid === undefined ? {} : { pid }) }];
    });
    await this.#parts.folder.writeRun({
      v: 1,
      launcherPid: process.pid,
      startedAt: this.#startedAt,
      frontDoor: addresses.frontDoor,
      control: addresses.control,
      ...(addresses.direct === "" ? {} : { direct: addresses.direct }),
      ...(addresses.admin === "" ? {} : { admin: addresses.admin }),
      ...(origin?.pid === undefined ? {} : { exampleOrigin: { url: origin.url, pid: origin.pid } }),
      regions: Object.fromEntries(regions),
    });
  }

  /** A region's state for the doors. */
  #doorOf(region: RegionId): Door["state"] {
    if (this.#regions.get(region)?.process.pid === undefined) return "down";
    return this.#drained.has(region) ? "drained" : "live";
  }

  /** A region's state for its user: one that is down may be restarting, or have failed. */
  #stateOf(region: RegionId): RegionStatus["state"] {
    const supervision = this.#regions.get(region)?.supervised.state;
    if (supervision === "failed") return "failed";
    if (supervision === "waiting" || supervision === "starting") return "restarting";
    return this.#doorOf(region);
  }

  /** The targets of a region's cut links: regions, and origins as `origin:NAME`. */
  #cutFrom(region: RegionId): string[] {
    const own = `${region}>`;
    return [...this.links].flatMap(([name, { state }]) =>
      name.startsWith(own) && state !== "whole" ? [name.slice(own.length)] : [],
    );
  }

  async #change(region: RegionId, action: (supervised: Supervised) => Promise<void>): Promise<boolean> {
    const found = this.#regions.get(region);
    if (found === undefined) return false;
    await action(found.supervised);
    await this.record();
    return true;
  }

  /** Reads the drained regions from the control API; keeps the previous ones if no region answers. */
  async #learnDrained(): Promise<void> {
    for (const { process } of this.#regions.values()) {
      if (process.pid === undefined) continue;
      const drained = await askDrained(process.options.ports.control, this.token);
      if (drained === undefined) continue;
      this.#drained = drained;
      return;
    }
  }

  async #end(): Promise<void> {
    const processes = [...this.#regions.values()].map(({ process }) => process);
    const pids = processes.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    const all = Promise.all([
      ...this.servers.map(closeDoor),
      ...[...this.#supervised.values()].map((supervised) => supervised.stop()),
      ...[...this.links.values()].map((link) => link.close()),
    ]);
    closePool();
    const inTime = await Promise.race([all.then(() => true), sleep(LIMITS.stopMillis, false, { ref: false })]);
    if (!inTime) for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGKILL");
    await this.#recorded;
    await this.#parts.folder.removeRun();
  }
}
