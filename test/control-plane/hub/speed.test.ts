// How fast purges are, with nine regions at their real distances and in virtual time, so the bounds are exact: applied everywhere
// within one and a half times the largest one-way delay and one step of processing, alone and among hundreds a second;
// complete within a lease, its margin and one round trip.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { roundTrip } from "../../../config/world/distance.ts";
import { REGIONS, type RegionId } from "../../../config/world/regions.ts";
import type { Receipt } from "../../../control-plane/hub/commands.ts";
import { HUB_LIMITS } from "../../../control-plane/hub/limits.ts";
import { met, NINE, receiptOf } from "./hub-world.ts";
import type { Network } from "./network.ts";

const oneWay = (from: RegionId, to: RegionId): number =>
  from === to ? 0 : Math.round(roundTrip(REGIONS[from].place, REGIONS[to].place) / 2);
const LARGEST = Math.max(...NINE.flatMap((from) => NINE.map((to) => oneWay(from, to))));
/** What the network's shards take to apply a purge, and their answer to reach the hub. */
const STEP = 2;

/** Nine hubs at their distances, with two shards in use in each region all the time. */
async function inUse(): Promise<Network> {
  const network = await met(NINE);
  network.delay = oneWay;
  await use(network);
  return network;
}

async function use(network: Network): Promise<void> {
  for (const region of NINE) for (const shard of [0, 1]) await network.sync(region, shard);
}

/** For each region how long after it was accepted a purge was applied. */
const delays = (receipt: Receipt): number[] =>
  receipt.regions.map(({ appliedAt }) => (appliedAt as number) - receipt.acceptedAt);

describe("a purge among nine regions", () => {
  test("is applied in each region as soon as the news can be there, wherever it was accepted", async () => {
    const network = await inUse();
    for (let round = 0; round < 3; round++) {
      for (const from of NINE) {
        await use(network);
        const receipt = receiptOf(await network.purge(from, { wait: "applied" }));
        for (const { region, appliedAt } of receipt.regions) {
          expect((appliedAt as number) - receipt.acceptedAt, `${from} to ${region}`).toBe(oneWay(from, region) + STEP);
        }
        expect(Math.max(...delays(receipt))).toBeLessThanOrEqual(1.5 * LARGEST + STEP);
      }
    }
  });

  test("is complete within a lease, its margin and one round trip", async () => {
    const network = await inUse();
    for (const from of NINE) {
      await use(network);
      const askedAt = network.now;
      const receipt = receiptOf(await network.purge(from, { wait: "complete", timeoutSeconds: 30 }));
      expect(receipt.state).toBe("complete");
      const most = LIMITS.leaseMillis + HUB_LIMITS.leaseMarginMillis + 2 * LARGEST + STEP;
      expect((receipt.completeAt as number) - receipt.acceptedAt, from).toBeLessThanOrEqual(most);
      // And it is said at once when it is true.
      expect(network.now - askedAt, from).toBeLessThanOrEqual(most + STEP);
    }
  });
});

describe("hundreds of purges a second", () => {
  test.each([
    ["one region", ["oc"], 200],
    ["all regions", NINE, 90],
  ] as const)(
    "from %s are each as fast, and not more messages than fifty a second to each hub",
    async (_, from, count) => {
      const network = await inUse();
      network.delivered.clear();
      network.carried = 0;
      const every = 4;
      const outcomes: Promise<Receipt>[] = [];
      for (let number = 0; number < count; number++) {
        const region = from[number % from.length] as RegionId;
        outcomes.push(network.askToPurge(region, { wait: "applied", timeoutSeconds: 60 }).then(receiptOf));
        await network.run(every);
      }
      const receipts = await network.finish(Promise.all(outcomes));
      expect(receipts.every(({ state }) => state === "applied")).toBe(true);
      expect(Math.max(...receipts.flatMap(delays))).toBeLessThanOrEqual(1.5 * LARGEST + STEP);
      const most = from.length * (NINE.length - 1) * ((every * count) / HUB_LIMITS.gossipPauseMillis + 10);
      expect(network.delivered.get("exchange")).toBeLessThanOrEqual(most);
      // Each hub hears each purge once, from whoever accepted it; a few again from those whom it asks for a hearing meanwhile.
      expect(network.carried).toBeLessThanOrEqual(1.1 * count * (NINE.length - 1));
      // Those who wait ask together: one question at a time to each hub, for as long as an answer takes.
      expect(network.delivered.get("await")).toBeLessThanOrEqual(most);
    },
    20_000,
  );
});
