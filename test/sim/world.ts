// The whole CDN on virtual time: regions with their hub, isolate, shards and edge, one origin, clients, and faults by plan. A
// run has three phases: safety, with faults; then everything is mended; then liveness, when every client must have been
// answered, all hubs know the same, and nothing is left to do.

import { LIMITS } from "../../config/limits.ts";
import type { Config, ConfigInput } from "../../config/schema/schema.ts";
import { validate } from "../../config/schema/validate.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { GOSSIP_LIMITS } from "../../control-plane/gossip/limits.ts";
import type { HubCore, PurgeOutcome } from "../../control-plane/hub/hub.ts";
import { messages } from "../../control-plane/hub/messages.ts";
import { parseDot } from "../../control-plane/purge/vector.ts";
import { spooledBytes } from "../../edge/body/spool.ts";
import { Chances } from "./chance.ts";
import { FetchChecks } from "./checks/fetches.ts";
import { HubChecks } from "./checks/hubs.ts";
import { PurgeChecks } from "./checks/purges.ts";
import { ReleaseChecks } from "./checks/releases.ts";
import { EdgeNode } from "./edge-node.ts";
import { type Finding, Findings } from "./findings.ts";
import { HubNode } from "./hub-node.ts";
import { Life, Links } from "./links.ts";
import { Origin } from "./origin.ts";
import type { Clock, Plan, RegionPlan, Step } from "./plan.ts";
import { VirtualTime } from "./scheduler.ts";
import { type Isolate, newIsolate, ShardNode } from "./shard-node.ts";
import { Site, type Surroundings } from "./site.ts";

/** What came of a run. */
export interface Result {
  /** Empty if every promise held. */
  readonly findings: readonly Finding[];
  readonly events: number;
  readonly requests: number;
  readonly purges: number;
  /** What happened, line by line, if that was wanted. */
  readonly story: readonly string[];
}

/** Time enough for everything to come to rest: the longest that a repair is put off, twice. */
const SETTLING_MILLIS = 2 * GOSSIP_LIMITS.gossipRepairMostMillis + 10_000;
/** Time for the last requests. */
const LAST_MILLIS = LIMITS.requestBudgetMillis + 10_000;

interface Region {
  readonly region: RegionId;
  readonly hub: HubNode;
  readonly shards: readonly ShardNode[];
  readonly edge: EdgeNode;
  isolate: Isolate;
}

const configs = new Map<string, Config>();

class World {
  readonly #plan: Plan;
  readonly #time = new VirtualTime();
  readonly #links: Links;
  readonly #findings: Findings;
  readonly #origin: Origin;
  readonly #purges: PurgeChecks;
  readonly #hubs: HubChecks;
  readonly #releases: ReleaseChecks;
  readonly #fetches: FetchChecks;
  readonly #regions = new Map<RegionId, Region>();
  /** What each region's nodes run with: a deploy reaches them one after the other. */
  readonly #deployed = new Map<RegionId, Config>();
  /** What other runs of this process may have left behind is not this run's. */
  readonly #spooledBefore = spooledBytes();
  #asked = 0;
  /** Some shard was reset while it was filling. */
  #resetBusy = false;
  #lastRequestsAt = Number.POSITIVE_INFINITY;

  constructor(plan: Plan, tells: boolean) {
    this.#plan = plan;
    for (const { region } of plan.regions) this.#deployed.set(region, configOf(plan));
    const chances = new Chances(plan.seed);
    this.#findings = new Findings(this.#time, tells);
    const threw = (cause: unknown): void => this.#findings.report("a-node-threw", `${(cause as Error).stack ?? cause}`);
    this.#links = new Links(this.#time, chances, plan.links, threw);
    this.#origin = new Origin(plan.objects, plan.lag, plan.broken, chances.of("origin"), this.#time);
    this.#purges = new PurgeChecks(this.#findings, this.#time, () => this.#origin.versions());
    this.#hubs = new HubChecks(this.#findings, this.#time, this.#purges);
    const serves = plan.whenCutOff === "serve";
    this.#releases = new ReleaseChecks(this.#findings, this.#time, this.#origin, this.#purges, this.#hubs, serves);
    this.#fetches = new FetchChecks(this.#findings, this.#time);
    const around = { scheduler: this.#time, links: this.#links, chances, findings: this.#findings };
    for (const region of plan.regions) this.#regions.set(region.region, this.#build(region, around));
    for (const { hub } of this.#regions.values()) hub.start();
  }

  async run(): Promise<Result> {
    const { steps, lasts } = this.#plan;
    for (const step of steps) this.#time.at(step.at, () => this.#take(step));
    const between = (): void => this.#checkBytes();
    await this.#time.run(lasts, between);
    this.#mend();
    await this.#time.run(this.#time.now + SETTLING_MILLIS, between);
    // The first may find that hubs have not heard each other for long; it has them do so. Edges hear only by the answers to it
    // that a region is not drained any more, and what goes there then is its first.
    for (const _ of steps.some(({ kind }) => kind === "drain") ? [1, 2] : [1]) {
      this.#lastRequests();
      await this.#time.run(this.#time.now + LAST_MILLIS, between);
    }
    this.#lastRequestsAt = this.#time.now;
    this.#lastRequests();
    await this.#time.run(this.#time.now + LAST_MILLIS, between);
    // What the last requests began (a repair that is planned, a renewal) comes to rest as well.
    await this.#time.run(this.#time.now + SETTLING_MILLIS, between);
    this.#checkRest();
    return {
      findings: this.#findings.found,
      events: this.#time.delivered,
      requests: this.#asked,
      purges: [...this.#purges.all()].length,
      story: this.#findings.story,
    };
  }

  #region(region: RegionId): Region {
    return this.#regions.get(region) as Region;
  }

  #build({ region, shards, clocks }: RegionPlan, surroundings: Surroundings): Region {
    const site = (clock: Clock): Site => new Site(region, clock, surroundings);
    const shard = (of: RegionId, index: number): ShardNode => this.#region(of).shards[index] as ShardNode;
    const hub = new HubNode(site(clocks.hub), [...this.#plan.regions.map((one) => one.region)], shards, {
      hub: (of) => this.#region(of).hub,
      applyAt: (of, index, request) => shard(of, index).apply(request),
      logged: (of, events) => this.#hubs.logged(of, events),
      taken: (of, dots) => this.#hubs.taken(of, dots),
      applied: (of, dots) => this.#hubs.applied(dots, this.#region(of).shards),
      logEvents: this.#plan.logEvents,
    });
    const config = (): Config => this.#deployed.get(region) as Config;
    const around = {
      config,
      origin: this.#origin,
      purgeRecords: this.#plan.purgeRecords,
      releases: this.#releases,
      fetches: this.#fetches,
      thinks: this.#plan.thinks,
      isolate: (of: RegionId) => this.#region(of).isolate,
      shard,
      sync: (of: RegionId, request: Parameters<HubNode["sync"]>[0]) => this.#region(of).hub.sync(request),
    };
    const edge = new EdgeNode(site(clocks.edge), { config, releases: this.#releases, shard });
    const shardSite = site(clocks.shards);
    const nodes = Array.from({ length: shards }, (_, index) => new ShardNode(shardSite, index, around));
    this.#findings.tell(() => `${region} has ${shards} shards`);
    return { region, hub, shards: nodes, edge, isolate: newIsolate(this.#plan.capacity) };
  }

  #take(step: Step): void {
    if (step.kind !== "request") this.#findings.tell(() => `-- ${JSON.stringify(step)}`);
    switch (step.kind) {
      case "request": {
        const minPurge = step.demands ? this.#purges.accepted.at(-1) : undefined;
        this.#asked++;
        this.#region(step.region).edge.ask({ ...step, minPurge });
        return;
      }
      case "publish":
        this.#origin.publish(step.object);
        return;
      case "purge":
        if (step.object !== undefined) this.#origin.publish(step.object);
        void this.#purge(step);
        return;
      case "cut":
        this.#cutFor([`${step.from}>${step.to}`], step.for);
        return;
      case "isolate": {
        const others = [...this.#regions.keys()].filter((region) => region !== step.region);
        const links = others.flatMap((other) => [`${step.region}>${other}`, `${other}>${step.region}`]);
        this.#cutFor(links, step.for);
        return;
      }
      case "deafen":
        this.#cutFor([`${step.region} hub`], step.for);
        return;
      case "evict-shard":
        this.#evict(this.#region(step.region).shards[step.shard]);
        return;
      case "lose-isolate": {
        const region = this.#region(step.region);
        for (const shard of region.shards) this.#evict(shard);
        region.isolate = newIsolate(this.#plan.capacity);
        return;
      }
      case "crash-hub":
      case "lose-disk": {
        const { hub } = this.#region(step.region);
        if (step.kind === "crash-hub") hub.crash();
        else {
          hub.loseDisk();
          this.#hubs.lost(step.region);
        }
        this.#time.at(step.for, () => {
          if (hub.life === undefined) hub.start();
        });
        return;
      }
      case "stop-at-write":
        this.#region(step.region).hub.stopAtWrite(step.written, step.for);
        return;
      case "drain":
        this.#drain(step.region, true);
        this.#time.at(step.for, () => this.#drain(step.region, false));
        return;
      case "deploy":
        this.#deployed.set(step.region, configOf(this.#plan, step.ring));
        return;
      case "origin-fails":
        this.#origin.isFailing = true;
        this.#time.at(step.for, () => {
          this.#origin.isFailing = false;
        });
    }
  }

  #drain(region: RegionId, drained: boolean): void {
    const { hub } = this.#region(region);
    const act = async () => hub.core.drain({ v: 1, region, drained, by: "simulator" });
    this.#links.call(new Life(region, `api:${region}`), "drain", { region, life: () => hub.life, act });
  }

  #evict(shard: ShardNode | undefined): void {
    if ((shard?.present?.core.flights ?? 0) > 0) this.#resetBusy = true;
    shard?.evict();
  }

  #cutFor(links: readonly string[], duration: number): void {
    const mends = links.map((link) => this.#links.cut(link));
    this.#time.at(duration, () => {
      for (const mend of mends) mend();
    });
  }

  /** A client of the control API, which is in the same region as the hub that it asks. */
  async #purge(step: Extract<Step, { kind: "purge" }>): Promise<void> {
    const command = messages.purges.parse({
      v: 1,
      scopes: step.scopes,
      severity: step.severity,
      by: "simulator",
      ...(step.key === undefined ? {} : { idempotencyKey: step.key }),
      wait: step.waits,
      timeoutSeconds: 30,
    });
    let outcome = await this.#callApi(step.region, (core) => core.purge(command));
    // Whoever waits for longer than one answer is held back asks again.
    while (outcome?.kind === "receipt" && command.wait === "complete" && outcome.receipt.state !== "complete") {
      const left = this.#plan.lasts - this.#time.now;
      const dot = parseDot(outcome.receipt.id);
      if (left <= 0 || dot === undefined) return;
      const waiting = { wait: "complete", timeoutSeconds: Math.min(30, left / 1_000) } as const;
      outcome = await this.#callApi(step.region, (core) => core.receipt(dot, waiting));
    }
  }

  /** Undefined if the hub is down; without an answer it goes on for ever, as nobody waits for it. */
  async #callApi(region: RegionId, act: (core: HubCore) => Promise<PurgeOutcome>): Promise<PurgeOutcome | undefined> {
    const { hub } = this.#region(region);
    const api = new Life(region, `api:${region}`);
    const call = this.#links.call(api, "purges", {
      region,
      life: () => hub.life,
      act: async () => {
        const outcome = await act(hub.core);
        if (outcome.kind === "receipt") {
          const { id, state } = outcome.receipt;
          this.#purges.toldAccepted(id, this.#regions.size);
          const dot = parseDot(id);
          if (state === "complete" && dot !== undefined) this.#purges.toldComplete(dot);
        }
        return outcome;
      },
    });
    const reply = await call.reply;
    this.#findings.tell(() => `api:${region} hears ${JSON.stringify(reply).slice(0, 200)}`);
    return reply.kind === "answer" ? reply.value : undefined;
  }

  #mend(): void {
    this.#findings.tell(() => "-- everything is mended");
    this.#links.mend();
    this.#origin.mend();
    for (const { hub } of this.#regions.values()) {
      hub.log.stop = undefined;
      if (hub.life === undefined) hub.start();
    }
    for (const step of this.#plan.steps) if (step.kind === "drain") this.#drain(step.region, false);
  }

  /** Each region asks for each object once more, and brings every shard up to date on the way. */
  #lastRequests(): void {
    for (const { edge } of this.#regions.values()) {
      this.#plan.objects.forEach((_, object) => {
        this.#asked++;
        edge.ask({ object, language: "en", minPurge: this.#purges.accepted.at(-1), leavesAfter: undefined });
      });
    }
  }

  /** Memory within its bounds, at every moment. */
  #checkBytes(): void {
    for (const { isolate, region } of this.#regions.values()) {
      const { bytes } = isolate.entries.held;
      if (bytes > this.#plan.capacity) this.#findings.report("too-many-bytes", `${region} holds ${bytes}`);
    }
    const spooled = spooledBytes() - this.#spooledBefore;
    if (spooled < 0) this.#findings.report("account-below-zero", `${spooled} bytes of bodies under way`);
  }

  /** Nothing goes on, nobody waits, and all know the same. */
  #checkRest(): void {
    const regions = [...this.#regions.values()];
    const report = (check: string, detail: string): void => this.#findings.report(check, detail);
    if (!this.#time.isIdle) report("never-at-rest", "something is still planned");
    const spooled = spooledBytes() - this.#spooledBefore;
    // An object that is reset with bodies under way takes their account with it: its timers, which would settle it, are gone.
    if (spooled !== 0 && !this.#resetBusy) report("bodies-left-behind", `${spooled} bytes of bodies that nobody reads`);
    for (const { edge, shards } of regions) {
      for (const client of edge.clients) {
        if (client.outcome === "waiting") report("never-answered", `client ${client.id} of ${client.askedAt}`);
      }
      const last = edge.clients.filter((client) => client.askedAt >= this.#lastRequestsAt);
      for (const { id, outcome, detail } of this.#plan.answersAll ? edge.clients : last) {
        if (outcome !== "answered" || detail !== undefined) report("not-mended", `client ${id}: ${outcome} ${detail}`);
      }
      for (const { present } of shards) {
        if (present !== undefined && present.core.flights > 0) report("flights-left-behind", present.life.name);
      }
    }
    const shards = regions.flatMap((region) => region.shards);
    this.#hubs.atRest(
      regions.map(({ hub }) => hub),
      shards,
      this.#plan.objects.length,
    );
  }
}

function configOf({ regions, shields, whenCutOff, edgeCopies }: Plan, ring: "whole" | "smaller" = "whole"): Config {
  const weights = (shards: number): number[] =>
    Array.from({ length: shards }, (_, index) => (ring === "smaller" && index > 0 && index === shards - 1 ? 0 : 1));
  const input: ConfigInput = {
    origins: { shop: { url: "http://origin.test", shield: [...shields] } },
    regions: Object.fromEntries(regions.map(({ region, shards }) => [region, { shards: weights(shards) }])),
    routes: [{ name: "pages", origin: "shop", ttl: { byStatus: { 404: 5 } }, whenCutOff, edgeCopies }],
  };
  const text = JSON.stringify(input);
  const known = configs.get(text);
  if (known !== undefined) return known;
  const checked = validate(input);
  if (checked.kind === "invalid") throw new Error(JSON.stringify(checked.errors));
  configs.set(text, checked.config);
  return checked.config;
}

/** Runs a plan to its end. `tells`: whether the story is wanted. */
export const simulate = (plan: Plan, tells = false): Promise<Result> => new World(plan, tells).run();
