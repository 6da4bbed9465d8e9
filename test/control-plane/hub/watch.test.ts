// What hubs say of each other to somebody who looks, with no traffic that would make them ask.

import { expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { met, THREE } from "./hub-world.ts";
import type { Network } from "./network.ts";

const POLL = 2_000;

const unanswered = (network: Network, region: RegionId, of: RegionId) =>
  network
    .hub(region)
    .watch()
    .members.find((member) => member.region === of)?.unansweredSince;

/** Looks at both hubs as often as the dashboard does; gives what weur says of apac each time. */
async function look(network: Network, times: number): Promise<(number | undefined)[]> {
  const seen: (number | undefined)[] = [];
  for (let time = 0; time < times; time++) {
    seen.push(unanswered(network, "weur", "apac"));
    for (const end of ["weur", "apac"] as const) unanswered(network, "enam", end);
    await network.run(POLL);
  }
  return seen;
}

test("a cut link shows at its ends alone, steadily, and no more once it is healed", async () => {
  const network = await met(THREE);
  await network.run(60_000);
  network.cut.add("weur>apac");
  await look(network, 4);
  const cut = await look(network, 10);
  expect(cut[0]).toBeDefined();
  expect(new Set(cut).size).toBe(1);
  for (const end of ["weur", "apac"] as const) expect(unanswered(network, "enam", end)).toBeUndefined();
  network.cut.delete("weur>apac");
  await look(network, 3);
  expect(unanswered(network, "weur", "apac")).toBeUndefined();
});

test("a failure from before a silence says nothing of the link now", async () => {
  const network = await met(THREE);
  network.cut.add("weur>apac");
  await look(network, 5);
  await network.run(2 * LIMITS.hearingMillis);
  expect(unanswered(network, "weur", "apac")).toBeUndefined();
});

test("looking suspends nobody, however long a region is lost", async () => {
  const network = await met(THREE);
  network.kill("apac");
  const before = network.hub("weur").state().logLength;
  await look(network, (2 * LIMITS.suspendAfterMillis) / POLL);
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
