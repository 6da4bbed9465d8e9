// What a dry run counts is what the purge would then end: no more than is alive or stale, whatever still lies in the store.

import { expect, test } from "vitest";
import { dryRun } from "../../../../edge/shard/store/dry-run.ts";
import { ShardWorld } from "../../../fixtures/shard-world.ts";

const PAGE = { kind: "url", url: "http://site.test/page" } as const;

/** A shard that holds two pages of four bytes each. */
async function holdingTwo() {
  const world = new ShardWorld();
  for (const path of ["/page", "/other"]) {
    const response = world.send(path);
    (await world.only()).answer(200, { "cache-control": "max-age=60" }, "text");
    await response;
  }
  const count = () => dryRun([PAGE], world.entries.of("shard:weur:0"), world.knowledge.purges, (url) => [url]);
  return { world, count };
}

test("a dry run counts what the scopes match, and its bytes", async () => {
  const { count } = await holdingTwo();
  expect(count()).toEqual({ v: 1, entries: 1, bytes: 4 });
});

test.each([
  ["nothing", "hard", 0],
  ["what is only stale", "soft", 1],
] as const)("after the purge itself it counts %s (%s)", async (_what, severity, entries) => {
  const { world, count } = await holdingTwo();
  world.purge(PAGE, severity);
  world.push();
  expect(count().entries).toBe(entries);
});
