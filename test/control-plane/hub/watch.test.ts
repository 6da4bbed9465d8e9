// What hubs say of each other to somebody who looks, with no traffic that would make them ask.

import { expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { WATCH_MILLIS } from "../../../control-plane/hub/hub.ts";
import { HUB_LIMITS } from "../../../control-plane/hub/limits.ts";
import { met, THREE } from "./hub-world.ts";
import type { Network } from "./network.ts";

const POLL = 2_000;

/** What a region's hub says to somebody who looks: since when another has not answered it. */
async function unanswered(network: Network, region: RegionId, of: RegionId): Promise<number | undefined> {
  const { members } = await network.finish(network.hub(region).watch());
  return members.find((member) => member.region === of)?.unansweredSince;
}

/** Looks as often as the dashboard does; gives what weur says of apac each time. */
async function look(network: Network, times: number): Promise<(number | undefined)[]> {
  const seen: (number | undefined)[] = [];
  for (let time = 0; time < times; time++) {
    seen.push(await unanswered(network, "weur", "apac"));
    await network.run(POLL);
  }
  return seen;
}

test("a cut link shows at the first look at its ends, steadily, and no more once it is healed", async () => {
  const network = await met(THREE);
  await network.run(60_000);
  const cutAt = network.now;
  network.cut.add("weur>apac");
  expect(new Set(await look(network, 10))).toEqual(new Set([cutAt]));
  for (const end of ["weur", "apac"] as const) expect(await unanswered(network, "enam", end)).toBeUndefined();
  network.cut.delete("weur>apac");
  expect(await unanswered(network, "weur", "apac")).toBeUndefined();
});

test("a failure from before a silence says nothing of the link now", async () => {
  const network = await met(THREE);
  network.cut.add("weur>apac");
  await look(network, 5);
  await network.run(2 * HUB_LIMITS.hearingMillis);
  const { members } = network.hub("weur").state();
  expect(members.filter(({ unansweredSince }) => unansweredSince !== undefined)).toEqual([]);
});

test("somebody who looks waits for hubs that answer, and a bounded time for those that do not", async () => {
  const network = await met(THREE);
  network.kill("apac");
  await network.run(60_000);
  const before = network.now;
  await network.finish(network.hub("weur").watch());
  expect(network.now - before).toBeLessThanOrEqual(WATCH_MILLIS);
  expect(WATCH_MILLIS).toBeLessThan(LIMITS.gatherTimeoutMillis);
});

test("looking suspends nobody, however long a region is lost", async () => {
  const network = await met(THREE);
  network.kill("apac");
  const before = network.hub("weur").state().logLength;
  await look(network, (2 * HUB_LIMITS.suspendAfterMillis) / POLL);
  expect(network.hub("weur").state().logLength).toBe(before);
});

test("a hub that is asked for its state alone calls nobody", async () => {
  const network = await met(THREE);
  await network.run(60_000);
  const before = network.delivered.get("/exchange");
  for (let time = 0; time < 10; time++) {
    network.hub("weur").state();
    await network.run(POLL);
  }
  expect(network.delivered.get("/exchange")).toBe(before);
});
