// An error that a shield made itself says nothing of the object: whoever waits for it may have it, and nobody is sent alone
// because of it. Else a shield in trouble would be asked once for each request that waits, and by each request for ten
// seconds more (found by the simulator).

import { expect, test } from "vitest";
import { ShardWorld } from "../../fixtures/shard-world.ts";

const FAILED = {
  v: 1,
  answered: { outcome: "error", by: "none" },
  cacheStatus: ["meridian-shield;fwd=miss;detail=too-many-fills"],
  timings: {},
  personal: true,
} as const;

test("a shield's own error answers all who wait for it", async () => {
  const world = new ShardWorld();
  const waiting = [world.send("/page"), world.send("/page"), world.send("/page")];
  (await world.only()).answer(503, { "content-type": "application/problem+json" }, "{}", { facts: FAILED });
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([503, 503, 503]);
  expect(world.asked).toHaveLength(0);
});

test("a shield's own error does not keep the next requests from sharing a fill", async () => {
  const world = new ShardWorld();
  const first = world.send("/page");
  (await world.only()).answer(503, { "content-type": "application/problem+json" }, "{}", { facts: FAILED });
  expect((await first).status).toBe(503);
  const next = [world.send("/page"), world.send("/page")];
  (await world.only()).answer(200, { "cache-control": "max-age=60" }, "page");
  expect((await Promise.all(next)).map(({ status }) => status)).toEqual([200, 200]);
});

test("an origin's error that a shield hands to all who wait is no client's own at the next tier", async () => {
  const world = new ShardWorld();
  const asked = world.raw("/page", {}, { tier: "shield" });
  (await world.only()).answer(503, { "cache-control": "max-age=0" }, "sorry");
  const answer = await asked;
  expect(answer).toMatchObject({ status: 503, facts: { v: 1 } });
  expect(answer).not.toMatchObject({ facts: { personal: true } });
});
