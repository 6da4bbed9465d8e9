// An idle node costs nothing: after traffic and purges everything comes to rest, and from then on no hub, shard, shield or edge
// calls anybody, sets a timer or an alarm, or writes: for a year of virtual time, with the production cores. On the real
// platform: test/scenario/idle.test.ts.

import { expect, test } from "vitest";
import { validate } from "../../config/schema/validate.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { GOSSIP_LIMITS } from "../../control-plane/gossip/limits.ts";
import { HUB_LIMITS } from "../../control-plane/hub/limits.ts";
import { messages } from "../../control-plane/hub/messages.ts";
import { Chances } from "./chance.ts";
import { FetchChecks } from "./checks/fetches.ts";
import { HubChecks } from "./checks/hubs.ts";
import { PurgeChecks } from "./checks/purges.ts";
import { ReleaseChecks } from "./checks/releases.ts";
import { EdgeNode } from "./edge-node.ts";
import { Findings } from "./findings.ts";
import { HubNode } from "./hub-node.ts";
import { Links } from "./links.ts";
import { Origin } from "./origin.ts";
import { VirtualTime } from "./scheduler.ts";
import { newIsolate, ShardNode } from "./shard-node.ts";
import { Site, type Surroundings } from "./site.ts";

const REGIONS: readonly RegionId[] = ["weur", "enam", "apac"];
const CLOCK = { skew: 0, drift: 0 };
const YEAR = 365 * 24 * 3_600_000;
/** The longest that any of a lease, a hearing or a repair lasts. */
const SETTLING = 2 * GOSSIP_LIMITS.gossipRepairMostMillis;
const LINKS = { loss: 0, repetition: 0, delay: 80, hub: 2, edge: 2, slow: 0, hubSlow: 0, stragglers: 0 };
const KINDS = ["tagged", "brief", "varied", "private", "missing"] as const;

function configOf() {
  const checked = validate({
    origins: { shop: { url: "http://origin.test", shield: "enam" } },
    regions: Object.fromEntries(REGIONS.map((region) => [region, { shards: 2 }])),
    routes: [{ name: "pages", origin: "shop", edgeCopies: true }],
  });
  if (checked.kind === "invalid") throw new Error(JSON.stringify(checked.errors));
  return checked.config;
}

/** Three regions with a hub, two shards and an edge each; `enam`'s shards are the shield of all. */
class World {
  readonly time = new VirtualTime();
  readonly hubs = new Map<RegionId, HubNode>();
  readonly edges = new Map<RegionId, EdgeNode>();
  readonly shards = new Map<RegionId, readonly ShardNode[]>();
  readonly origin: Origin;

  constructor() {
    const chances = new Chances(1);
    const findings = new Findings(this.time, false);
    const links = new Links(this.time, chances, LINKS, (cause) => {
      throw cause;
    });
    const around: Surroundings = { scheduler: this.time, links, chances, findings };
    this.origin = new Origin(KINDS, 0, 0, chances.of("origin"), this.time);
    const purges = new PurgeChecks(findings, this.time, () => this.origin.versions());
    const hubChecks = new HubChecks(findings, this.time, purges);
    const releases = new ReleaseChecks(findings, this.time, this.origin, purges, hubChecks, true);
    const config = configOf();
    const shard = (of: RegionId, index: number): ShardNode => this.shards.get(of)?.[index] as ShardNode;
    for (const region of REGIONS) {
      const site = new Site(region, CLOCK, around);
      const hub = new HubNode(site, REGIONS, 2, {
        hub: (of) => this.hubs.get(of) as HubNode,
        applyAt: (of, index, request) => shard(of, index).apply(request),
        logged: () => undefined,
        taken: () => undefined,
        applied: () => undefined,
        logEvents: HUB_LIMITS.logEvents,
      });
      const isolate = newIsolate(1_000_000);
      const surroundings = {
        config: () => config,
        origin: this.origin,
        purgeRecords: 1_000,
        thinks: 20,
        releases,
        fetches: new FetchChecks(findings, this.time),
        isolate: () => isolate,
        shard,
        sync: (of: RegionId, request: Parameters<HubNode["sync"]>[0]) => (this.hubs.get(of) as HubNode).sync(request),
      };
      this.hubs.set(region, hub);
      this.shards.set(
        region,
        [0, 1].map((index) => new ShardNode(site, index, surroundings)),
      );
      this.edges.set(region, new EdgeNode(site, { config: () => config, releases, shard }));
    }
    for (const hub of this.hubs.values()) hub.start();
  }

  pass(duration: number): Promise<void> {
    return this.time.run(this.time.now + duration);
  }

  /** Clients everywhere ask for everything, a few times over several leases. */
  async traffic(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      for (const edge of this.edges.values()) {
        KINDS.forEach((_, object) => {
          edge.ask({ object, language: "en", minPurge: undefined, leavesAfter: undefined });
        });
      }
      await this.pass(700);
    }
  }

  purge(region: RegionId): void {
    const scopes = [{ kind: "host", host: "site.test" }];
    const command = { v: 1, scopes, severity: "hard", by: "test", wait: "complete", timeoutSeconds: 30 };
    void this.hubs.get(region)?.core.purge(messages.purges.parse(command));
  }

  /** All that anybody has done so far. */
  get done(): object {
    return {
      events: this.time.delivered,
      writes: REGIONS.map((region) => this.hubs.get(region)?.log.writes),
      origin: this.origin.fetches.length,
    };
  }
}

test("nobody calls, waits or writes while nothing is asked, however long, and the first request is answered", async () => {
  const world = new World();
  await world.traffic();
  for (const region of REGIONS) world.purge(region);
  await world.traffic();
  await world.pass(SETTLING);
  expect(world.origin.fetches.length).toBeGreaterThan(2 * KINDS.length);

  // No timer, no alarm and no message is left, so nothing can happen by itself.
  expect(world.time.isIdle).toBe(true);
  const before = world.done;
  await world.pass(YEAR);
  expect(world.done).toEqual(before);

  const edge = world.edges.get("apac") as EdgeNode;
  const client = edge.ask({ object: 0, language: "en", minPurge: undefined, leavesAfter: undefined });
  await world.pass(SETTLING);
  expect(client.outcome).toBe("answered");
  expect(world.time.isIdle).toBe(true);
});

test("what one request begins ends by itself: a lease and the hearings that it needs, once, and no renewal", async () => {
  const world = new World();
  await world.traffic();
  await world.pass(SETTLING);
  const edge = world.edges.get("weur") as EdgeNode;
  const events = world.time.delivered;
  edge.ask({ object: 0, language: "en", minPurge: undefined, leavesAfter: undefined });
  await world.pass(SETTLING);
  // To the shard and back, to the hub and back, to two other hubs and back, to the shield, its hub and the others.
  expect(world.time.delivered - events).toBeLessThan(40);
  expect(world.time.isIdle).toBe(true);
});
