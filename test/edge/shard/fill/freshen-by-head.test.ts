// RFC 9111 section 4.3.5: what a HEAD's answer does to the stored answer to a GET.

import { describe, expect, test } from "vitest";
import { ShardWorld, statusOf, textOf } from "../../../fixtures/shard-world.ts";

const DATE = "Thu, 01 Jan 2026 00:00:00 GMT";
const FRESH = { "cache-control": "max-age=60", etag: '"a"' };

/** A world with a stored response that is stale by now, or still fresh. */
async function worldWith(fields: Record<string, string>, age = 61_000): Promise<ShardWorld> {
  const world = new ShardWorld();
  const first = world.send("/a");
  (await world.only()).answer(200, fields, "body");
  await first;
  await world.pass(age);
  return world;
}

/** Sends a HEAD past the store, and has it answered so. */
async function head(world: ShardWorld, status: number, fields: Record<string, string>, more = {}): Promise<void> {
  const answer = world.send("/a", { "cache-control": "no-cache", ...more }, {}, "HEAD");
  (await world.only()).answer(status, fields);
  await answer;
  await world.settle();
}

async function isHit(world: ShardWorld): Promise<boolean> {
  const answer = world.send("/a");
  await world.settle();
  for (const asked of world.asked.splice(0)) asked.answer(200, FRESH, "new");
  const response = await answer;
  await textOf(response);
  return statusOf(response).includes(";hit");
}

describe("a HEAD that shows the stored validators", () => {
  test.each([
    ["a tag", { etag: '"a"' }],
    ["a date", { "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" }],
  ])("makes the stored GET fresh by %s, with its fields", async (_name, validator) => {
    const world = await worldWith({ "cache-control": "max-age=60", ...validator });
    await head(world, 200, { "cache-control": "max-age=60", ...validator, "x-new": "1" });
    const answer = await world.send("/a");
    expect(statusOf(answer)).toContain(";hit;ttl=60");
    expect(answer.fields.get("x-new")).toBe("1");
    expect(await textOf(answer)).toBe("body");
  });

  test("ends it if it may not be kept any longer", async () => {
    const world = await worldWith(FRESH);
    await head(world, 200, { etag: '"a"', "cache-control": "no-store" });
    expect(await isHit(world)).toBe(false);
  });

  test("does not bring back what a purge has ended of which only the shield has heard", async () => {
    const world = await worldWith({ "cache-control": "max-age=60", "last-modified": DATE });
    const answer = world.send("/a", { "cache-control": "no-cache" }, {}, "HEAD");
    const asked = await world.only();
    const seen = world.purge({ kind: "url", url: "http://site.test/a" });
    const facts = { v: 1, answered: { outcome: "miss", by: "origin" }, cacheStatus: [], timings: {}, seen } as const;
    asked.answer(200, { "cache-control": "max-age=60", "last-modified": DATE }, "", { facts });
    await answer;
    await world.settle();
    world.push();
    expect(await isHit(world)).toBe(false);
  });

  test("does not bring back what a purge has ended meanwhile", async () => {
    const world = await worldWith(FRESH);
    const answer = world.send("/a", { "cache-control": "no-cache" }, {}, "HEAD");
    const asked = await world.only();
    world.purge({ kind: "url", url: "http://site.test/a" });
    world.push();
    asked.answer(200, FRESH);
    await answer;
    expect(await isHit(world)).toBe(false);
  });
});

describe("a HEAD that shows something else", () => {
  test.each<[string, number, Record<string, string>]>([
    ["another tag", 200, { etag: '"b"' }],
    ["another date", 200, { etag: '"a"', "last-modified": "Fri, 02 Jan 2026 00:00:00 GMT" }],
    ["another length", 200, { etag: '"a"', "content-length": "5" }],
    ["that it is gone", 410, {}],
    ["that it is not there", 404, {}],
  ])("makes a fresh GET stale: %s", async (_name, status, fields) => {
    const world = await worldWith({ ...FRESH, "content-length": "4" }, 1_000);
    await head(world, status, fields);
    expect(await isHit(world)).toBe(false);
  });
});

describe("a HEAD that proves nothing", () => {
  test("neither freshens nor ends what has no validator", async () => {
    const stale = await worldWith({ "cache-control": "max-age=60" });
    await head(stale, 200, { "cache-control": "max-age=60" });
    expect(await isHit(stale)).toBe(false);
    const fresh = await worldWith({ "cache-control": "max-age=60" }, 1_000);
    await head(fresh, 200, { "cache-control": "max-age=60" });
    expect(await isHit(fresh)).toBe(true);
  });

  test.each([403, 500])("is one that fails with %d", async (status) => {
    const world = await worldWith(FRESH, 1_000);
    await head(world, status, { etag: '"b"' });
    expect(await isHit(world)).toBe(true);
  });

  test("is one client's own", async () => {
    const world = await worldWith(FRESH, 1_000);
    await head(world, 200, { etag: '"b"' }, { cookie: "session=1" });
    expect(await isHit(world)).toBe(true);
  });

  test("is one of other bytes: another coding has another length", async () => {
    const world = await worldWith({ ...FRESH, "content-length": "4", "content-encoding": "br" }, 1_000);
    await head(world, 200, { etag: '"a"', "content-length": "9" });
    expect(await isHit(world)).toBe(true);
  });
});

test.each([
  ["of a stored body is told where no field says it", "a body", 200, "6"],
  ["is not made up for an answer that has none", "", 204, undefined],
] as const)("the length %s", async (_, body, status, length) => {
  const world = new ShardWorld();
  void world.send("/a");
  (await world.only()).answer(status, FRESH, body);
  await world.settle();
  const answer = await world.send("/a", {}, {}, "HEAD");
  expect([statusOf(answer), answer.fields.get("content-length"), answer.body.kind]).toEqual([
    expect.stringContaining(";hit"),
    length,
    "none",
  ]);
});
