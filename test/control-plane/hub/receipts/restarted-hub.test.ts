// A hub that was restarted does not know which shards hold leases of its earlier life. Until those are over it calls no purge
// applied that a shard may not have heard of.

import { describe, expect, test } from "vitest";
import { HUB_LIMITS } from "../../../../control-plane/hub/limits.ts";
import type { Dot } from "../../../../control-plane/purge/vector.ts";
import { dotOf, met, receiptOf, shard, THREE } from "../hub-world.ts";
import type { Network } from "../network.ts";

/** Three regions whose shard `weur:0` has just got a lease, and does not answer any more. */
async function withSilentShard(): Promise<Network> {
  const network = await met(THREE);
  await network.sync("weur", 0);
  shard(network, "weur", 0).answering = false;
  return network;
}

async function weurOf(network: Network, dot: Dot) {
  const asked = network.hub("weur").receipt(dot, { wait: "accepted", timeoutSeconds: 0 });
  return receiptOf(await network.finish(asked)).regions.find(({ region }) => region === "weur");
}

describe("after a restart of its hub, a purge", () => {
  test("of the life before is not applied while a shard may hold a lease from then", async () => {
    const network = await withSilentShard();
    const dot = dotOf(receiptOf(await network.purge("enam")));
    await network.run(100);
    expect(await weurOf(network, dot)).toMatchObject({ state: "accepted", reason: "waits for shard 0" });
    network.kill("weur");
    network.start("weur");
    expect(await weurOf(network, dot)).toMatchObject({ state: "accepted", reason: "waits for shard 0, 1" });
    await network.run(HUB_LIMITS.subscriptionMillis);
    expect((await weurOf(network, dot))?.appliedAt).toBeDefined();
  });

  test("that comes after it waits for a shard that does not answer until no lease from before can be left", async () => {
    const network = await withSilentShard();
    network.kill("weur");
    network.start("weur");
    const startedAt = network.now;
    const receipt = receiptOf(await network.purge("enam", { wait: "applied" }));
    const weur = receipt.regions.find(({ region }) => region === "weur");
    expect(weur?.appliedAt).toBeGreaterThanOrEqual(startedAt + HUB_LIMITS.subscriptionMillis);
  });

  test("that comes after it is applied as soon as every shard of the region has acknowledged it", async () => {
    const network = await met(THREE);
    for (const index of [0, 1]) await network.sync("weur", index);
    network.kill("weur");
    network.start("weur");
    const startedAt = network.now;
    const receipt = receiptOf(await network.purge("enam", { wait: "applied" }));
    const weur = receipt.regions.find(({ region }) => region === "weur");
    expect(weur?.appliedAt).toBeLessThan(startedAt + 500);
  });

  test("that was applied before stays so", async () => {
    const network = await met(THREE);
    await network.sync("weur", 0);
    const dot = dotOf(receiptOf(await network.purge("weur", { wait: "applied" })));
    network.kill("weur");
    network.start("weur");
    expect((await weurOf(network, dot))?.appliedAt).toBeDefined();
  });
});
