// A route may choose to serve what is stored while its region cannot hear of purges, for a minute; it always says so, whatever
// else there is to say of the answer (found by the simulator: a stale answer kept it to itself).

import { expect, test } from "vitest";
import { CONFIG, ShardWorld, statusOf } from "../../fixtures/shard-world.ts";

const ROUTE = { name: "pages", origin: "shop", whenCutOff: "serve" } as const;

/** A shard that holds a page and cannot reach its hub any more. */
async function cutOff(cacheControl: string, fields: Record<string, string> = {}) {
  const world = new ShardWorld({ ...CONFIG, routes: [ROUTE] });
  const first = world.send("/page");
  (await world.only()).answer(200, { "cache-control": cacheControl, ...fields }, "page");
  await first;
  world.hubReachable = false;
  await world.pass(5_000);
  return world;
}

test("a fresh answer without a lease says so", async () => {
  const world = await cutOff("max-age=60");
  expect(statusOf(await world.send("/page"))).toContain("detail=cut-off");
});

test("a stale answer that is being refreshed says that there is no lease for it", async () => {
  const world = await cutOff("max-age=1, stale-while-revalidate=60");
  expect(statusOf(await world.send("/page"))).toContain("detail=cut-off");
});

test("an answer that was just fetched says that there is no lease for it", async () => {
  const world = await cutOff("max-age=1", { etag: '"1"' });
  const again = world.send("/page");
  (await world.only()).answer(304, { "cache-control": "max-age=60", etag: '"1"' });
  expect(statusOf(await again)).toContain("detail=cut-off");
});

test("what is relayed keeps its own reason", async () => {
  const world = await cutOff("max-age=60");
  const other = world.send("/other");
  (await world.only()).answer(200, { "cache-control": "private" }, "mine");
  expect(statusOf(await other)).toContain("detail=private");
});
