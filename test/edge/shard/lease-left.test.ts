// A lease that is about to end is no use to an answer that has yet to reach its edge: it is renewed first (found by the
// simulator: two answers in a row outlived their leases on the way, and the client got a 504).

import { expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { epochMillis } from "../../../config/units.ts";
import { SHARD_LIMITS } from "../../../edge/shard/limits.ts";
import { ShardWorld, textOf } from "../../fixtures/shard-world.ts";

/** A shard that holds a page under a lease of which this much is left. */
async function holding(leaseLeft: number) {
  const world = new ShardWorld();
  const first = world.send("/page");
  (await world.only()).answer(200, { "cache-control": "max-age=600" }, "page");
  await first;
  await world.pass(LIMITS.leaseMillis - leaseLeft);
  return world;
}

test("an answer under a lease that is about to end waits for the next one", async () => {
  const world = await holding(SHARD_LIMITS.leaseShortMillis);
  const { facts } = await world.send("/page");
  expect(facts.validFor).toBe(LIMITS.leaseMillis);
});

test("a lease that cannot be renewed is used for as long as it lasts", async () => {
  const world = await holding(SHARD_LIMITS.leaseShortMillis);
  world.hubReachable = false;
  const { status, facts } = await world.send("/page");
  expect(status).toBe(200);
  expect(facts.validFor).toBe(SHARD_LIMITS.leaseShortMillis);
});

test("a clock that was set back ends a lease, for nobody knows how long it has lasted", async () => {
  const world = await holding(LIMITS.leaseMillis);
  expect(world.knowledge.leaseLeft).toBe(LIMITS.leaseMillis);
  world.now = epochMillis(world.now - 1);
  expect(world.knowledge.leaseLeft).toBe(0);
});

// Found by the simulator: what came whole while the next lease was waited for was gone by, and was fetched again, three times,
// if it was stale by then; a slow origin's short-lived pages ended in a 503.
test("a body that has come while a lease was waited for answers the request that fetched it", async () => {
  const world = new ShardWorld();
  const answer = world.send("/page");
  const asked = await world.only();
  await world.pass(LIMITS.leaseMillis + 100);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.hubAnswers = promise;
  asked.answer(200, { "cache-control": "max-age=1" }, "page");
  await world.settle();
  await world.pass(1_200);
  resolve();
  expect(await textOf(await answer)).toBe("page");
  expect(world.asked).toHaveLength(0);
});
