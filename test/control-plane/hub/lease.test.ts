// Leases: when a hub grants them, who it must have heard, and how a majority goes on without a region that is lost.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { HUB_LIMITS } from "../../../control-plane/hub/limits.ts";
import { dotOf, met, NINE, receiptOf, refusalOf, THREE } from "./hub-world.ts";
import { type Network, SETTLING } from "./network.ts";

/** The lease that a region's hub grants its first shard now. */
async function lease(network: Network, region: RegionId): Promise<number | undefined> {
  const vector = {};
  const answer = await network.finish(network.hub(region).sync({ v: 1, shard: 0, vector }));
  return answer.leaseMillis;
}

/** Asks for leases now and then for a while, as traffic does. */
async function trafficFor(network: Network, regions: readonly RegionId[], duration: number): Promise<void> {
  for (let passed = 0; passed < duration; passed += 1_000) {
    for (const region of regions) await lease(network, region);
    await network.run(1_000);
  }
}

describe("a lease", () => {
  test("is granted by a hub that has heard from all others, however long it was idle", async () => {
    const network = await met(NINE);
    await network.run(600_000);
    expect(await lease(network, "apac")).toBe(LIMITS.leaseMillis);
  });

  test("is refused once another hub has not been heard for the hearing's time", async () => {
    const network = await met(THREE);
    expect(await lease(network, "weur")).toBe(LIMITS.leaseMillis);
    network.isolate("apac");
    await network.run(HUB_LIMITS.hearingMillis - 100);
    expect(await lease(network, "weur")).toBe(LIMITS.leaseMillis);
    await network.run(HUB_LIMITS.hearingMillis);
    expect(await lease(network, "weur")).toBeUndefined();
  });

  test("is waited for after an outage that is long over, though nobody has asked since", async () => {
    const network = await met(THREE);
    network.isolate("apac");
    receiptOf(await network.purge("weur"));
    await network.run(5_000);
    network.isolate("apac", false);
    // What it missed another one tells it; this hub has not talked with it since.
    network.cut.add("weur>apac");
    await network.run(SETTLING);
    network.cut.clear();
    expect(await lease(network, "weur")).toBe(LIMITS.leaseMillis);
  });

  test("is refused to the shards of a hub that hears nobody, though others' messages come in", async () => {
    const network = await met(THREE);
    for (const other of ["enam", "apac"]) network.cut.add(`weur>${other}`);
    await network.run(HUB_LIMITS.hearingMillis + 1);
    receiptOf(await network.purge("enam"));
    await network.run(200);
    expect(await lease(network, "weur")).toBeUndefined();
  });

  test("after idleness waits for the nearest hub alone, where that has heard the others", async () => {
    const network = await met(NINE);
    network.delay = (from, to) => ([from, to].includes("eeur") && [from, to].includes("weur") ? 10 : 150);
    await network.run(60_000);
    expect(await lease(network, "weur")).toBe(LIMITS.leaseMillis);
    const before = network.now;
    expect(await lease(network, "eeur")).toBe(LIMITS.leaseMillis);
    expect(network.now - before).toBe(20);
    await network.run(60_000);
    const later = network.now;
    expect(await lease(network, "eeur")).toBe(LIMITS.leaseMillis);
    expect(network.now - later).toBe(300);
  });

  test("that rests on what another hub has heard counts from when that one asked", async () => {
    const network = await met(THREE);
    network.delay = () => 10;
    for (const link of ["weur>apac", "apac>weur"]) network.cut.add(link);
    await network.run(60_000);
    expect(await lease(network, "enam")).toBe(LIMITS.leaseMillis);
    const heardAt = network.now;
    expect(await lease(network, "weur")).toBe(LIMITS.leaseMillis);
    // From here on nobody reaches apac, and enam goes on answering weur.
    network.isolate("apac");
    for (; network.now < heardAt + HUB_LIMITS.hearingMillis - 100; await network.run(500)) {
      expect(await lease(network, "weur"), `${network.now - heardAt}`).toBe(LIMITS.leaseMillis);
    }
    await network.run(200);
    expect(await lease(network, "weur")).toBeUndefined();
  });

  test("comes with every purge that was complete anywhere when it was granted", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const network = await met(THREE, seed);
      network.cut.add("weur>apac");
      const done = receiptOf(await network.purge("weur", { wait: "complete", timeoutSeconds: 60 }));
      const answer = await network.finish(network.hub("apac").sync({ v: 1, shard: 0, vector: {} }));
      if (done.state === "complete" && answer.leaseMillis !== undefined) {
        expect(answer.vector[dotOf(done).hub], `seed ${seed}`).toBeGreaterThanOrEqual(dotOf(done).counter);
      }
    }
  });
});

describe("a region that is lost", () => {
  test("is suspended by a majority, which then leases without it", async () => {
    const network = await met(NINE);
    const rest = NINE.filter((region) => region !== "apac");
    network.kill("apac");
    await trafficFor(network, ["weur", "enam"], HUB_LIMITS.suspendAfterMillis + 2 * HUB_LIMITS.hearingMillis);
    for (const region of rest) expect(await lease(network, region), region).toBe(LIMITS.leaseMillis);
  });

  test("for one other hub alone is neither suspended nor missed: who reaches it says so", async () => {
    const network = await met(THREE);
    network.delay = () => 20;
    await trafficFor(network, THREE, 10_000);
    for (const link of ["weur>apac", "apac>weur"]) network.cut.add(link);
    const events = network.hub("enam").state().logLength;
    let granted = 0;
    const rounds = 60;
    for (let round = 0; round < rounds; round++) {
      for (const region of THREE) granted += (await lease(network, region)) === undefined ? 0 : 1;
      await network.run(1_000);
    }
    // Each of the two misses one at most, while it does not know yet that it will not be answered.
    expect(granted).toBeGreaterThanOrEqual(3 * rounds - 2);
    expect(network.hub("enam").state().logLength).toBe(events);
  });

  test("holds up leases for good where the others are no majority", async () => {
    const network = await met(["weur", "enam"]);
    network.kill("enam");
    await trafficFor(network, ["weur"], 60_000);
    expect(await lease(network, "weur")).toBeUndefined();
  });

  test("joins again when it is back, and accepts nothing before", async () => {
    const network = await met(THREE);
    network.isolate("apac");
    await trafficFor(network, ["weur", "enam"], HUB_LIMITS.suspendAfterMillis + 2 * HUB_LIMITS.hearingMillis);
    expect(await lease(network, "weur")).toBe(LIMITS.leaseMillis);
    expect(refusalOf(await network.purge("apac")).code).toBe("not-durable");
    network.isolate("apac", false);
    await network.run(SETTLING);
    await trafficFor(network, THREE, 5_000);
    expect(receiptOf(await network.purge("apac", { wait: "applied" })).state).toBe("applied");
    expect(await lease(network, "apac")).toBe(LIMITS.leaseMillis);
    network.isolate("apac");
    await network.run(HUB_LIMITS.hearingMillis + 1);
    expect(await lease(network, "weur")).toBeUndefined();
  });

  test("of a divided network at most one part goes on", async () => {
    const network = await met(NINE);
    const [few, many] = [NINE.slice(0, 4), NINE.slice(4)];
    for (const one of few) {
      for (const other of many) {
        network.cut.add(`${one}>${other}`);
        network.cut.add(`${other}>${one}`);
      }
    }
    await trafficFor(network, NINE, HUB_LIMITS.suspendAfterMillis + 3 * HUB_LIMITS.hearingMillis);
    for (const region of many) expect(await lease(network, region), region).toBe(LIMITS.leaseMillis);
    for (const region of few) expect(await lease(network, region), region).toBeUndefined();
    const minor = receiptOf(await network.purge("wnam"));
    await network.run(200_000);
    const later = network.hub("wnam").receipt(dotOf(minor), { wait: "accepted", timeoutSeconds: 0 });
    expect(receiptOf(await network.finish(later)).state).toBe("partial");
  });
});
