// A soft purge is kind to the origin and to clients: who may be served stale is, while one request in the background asks what
// has become of it; who may not waits for that same request.

import { expect, test } from "vitest";
import { ShardWorld, statusOf, textOf } from "../../fixtures/shard-world.ts";

const URL_A = { kind: "url", url: "http://site.test/a" } as const;
const KIND = { "cache-control": "max-age=600, stale-while-revalidate=60", etag: '"1"' };
const STRICT = { "cache-control": "max-age=600, must-revalidate", etag: '"1"' };

async function softlyPurged(fields: Record<string, string>): Promise<ShardWorld> {
  const world = new ShardWorld();
  const first = world.send("/a");
  (await world.only()).answer(200, fields, "old");
  await first;
  await world.settle();
  world.purge(URL_A, "soft");
  world.push();
  return world;
}
const crowd = (world: ShardWorld) => Promise.all(Array.from({ length: 100 }, () => world.send("/a")));

test("a hundred who come after it are served stale at once, and one request refreshes it", async () => {
  const world = await softlyPurged(KIND);
  const stale = await crowd(world);
  expect(new Set(stale.map(({ facts }) => facts.answered.outcome))).toEqual(new Set(["stale"]));
  expect(await textOf(stale[0] as (typeof stale)[0])).toBe("old");

  const refresh = await world.only();
  expect(refresh.request.fields.get("if-none-match")).toBe('"1"');
  refresh.answer(200, { ...KIND, etag: '"2"' }, "new");
  await world.settle();
  const [after] = await crowd(world);
  expect([statusOf(after as NonNullable<typeof after>), await textOf(after as NonNullable<typeof after>)]).toEqual([
    expect.stringContaining(";hit;"),
    "new",
  ]);
  expect(world.asked).toEqual([]);
});

test("what the origin confirms is fresh again, and no later request asks once more", async () => {
  const world = await softlyPurged(KIND);
  await crowd(world);
  (await world.only()).answer(304, { ...KIND });
  await world.settle();
  expect((await crowd(world)).map(({ facts }) => facts.answered.outcome)).toEqual(Array(100).fill("hit"));
  expect(world.asked).toEqual([]);
});

test("a refresh that fails leaves it stale, and the next request tries again", async () => {
  const world = await softlyPurged(KIND);
  await crowd(world);
  (await world.only()).fail();
  await world.settle();
  const again = await world.send("/a");
  expect([again.facts.answered.outcome, await textOf(again)]).toEqual(["stale", "old"]);
  expect((await world.only()).request.fields.get("if-none-match")).toBe('"1"');
});

test.each([
  ["must be revalidated", STRICT, {}],
  ["is at the shield", KIND, { tier: "shield" }],
] as const)("what %s is asked for first, once for all who wait", async (_, fields, context) => {
  const world = await softlyPurged(fields);
  const waiting = Promise.all(Array.from({ length: 100 }, () => world.send("/a", {}, context)));
  (await world.only()).answer(200, { ...fields, etag: '"2"' }, "new");
  const answers = await waiting;
  expect(answers.filter(({ facts }) => facts.answered.outcome === "stale")).toEqual([]);
  expect(await textOf(answers[99] as (typeof answers)[0])).toBe("new");
  expect(world.asked).toEqual([]);
});
