// A 304 from the shield says that a stored body is still right, and says so with the shield's knowledge of purges. Two versions
// can share a timestamp, so a body that a purge has ended must not be confirmed by it, even where the shard that holds the
// body has not heard of that purge yet (found by the simulator).

import { expect, test } from "vitest";
import { ShardWorld, statusOf, textOf } from "../../fixtures/shard-world.ts";

const DATED = { "cache-control": "max-age=1", "last-modified": "Wed, 31 Dec 2025 00:00:00 GMT" };
const FACTS = { v: 1, answered: { outcome: "miss", by: "origin" }, cacheStatus: [], timings: {} } as const;

/** A shard that holds a stale page, and asks its shield about it. */
async function asking() {
  const world = new ShardWorld();
  const first = world.send("/page");
  (await world.only()).answer(200, DATED, "old");
  expect(await textOf(await first)).toBe("old");
  // Stale, but still within what the shard takes its knowledge of purges for current.
  await world.pass(1_500);
  const again = world.send("/page");
  const asked = await world.only();
  expect(asked.request.fields.has("if-modified-since")).toBe(true);
  return { world, again, asked };
}

test("a body that a purge ended, of which only the shield has heard, is not confirmed by a 304", async () => {
  const { world, again, asked } = await asking();
  const seen = world.purge({ kind: "everything" });
  asked.answer(304, DATED, "", { facts: { ...FACTS, seen, vector: seen } });
  const fetched = await world.only();
  expect(fetched.request.fields.has("if-modified-since")).toBe(false);
  fetched.answer(200, DATED, "new", { facts: { ...FACTS, seen, vector: seen } });
  expect(await textOf(await again)).toBe("new");
  world.push();
  expect(await textOf(await world.send("/page"))).toBe("new");
});

test("where the shard cannot find out what the shield knows, it fetches anew", async () => {
  const { world, again, asked } = await asking();
  const seen = world.purge({ kind: "everything" });
  world.hubReachable = false;
  asked.answer(304, DATED, "", { facts: { ...FACTS, seen, vector: seen } });
  const fetched = await world.only();
  expect(fetched.request.fields.has("if-modified-since")).toBe(false);
  fetched.answer(200, DATED, "new", { facts: { ...FACTS, seen, vector: seen } });
  expect(await textOf(await again)).toBe("new");
});

test("a shield that knows more purges, none of which matches, confirms all the same", async () => {
  const { world, again, asked } = await asking();
  const seen = world.purge({ kind: "tag", tag: "unrelated" });
  asked.answer(304, DATED, "", { facts: { ...FACTS, seen, vector: seen } });
  const answer = await again;
  expect(await textOf(answer)).toBe("old");
  expect(statusOf(answer)).toContain("fwd-status=304");
  expect(world.asked).toHaveLength(0);
});
