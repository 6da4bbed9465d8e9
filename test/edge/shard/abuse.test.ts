// What clients who mean harm, origins that fail and messages that cross must not bring about in a shard: each test is one
// interleaving or attack that once worked.

import { describe, expect, test } from "vitest";
import { KiB } from "../../../config/units.ts";
import { spooledBytes } from "../../../edge/body/spool.ts";
import { CONFIG, ShardWorld, statusOf, textOf } from "../../fixtures/shard-world.ts";

const FRESH = { "cache-control": "max-age=60" };
const FORWARDS_ALL = { ...CONFIG, routes: [{ name: "pages", origin: "shop", forward: "all" as const }] };

describe("a shared fill", () => {
  test("its body goes to nobody whose request selects another variant, also before it is stored", async () => {
    const world = new ShardWorld(FORWARDS_ALL);
    const tenants = ["one", "two", "two", "one"];
    const all = tenants.map((tenant) => world.send("/a", { "x-tenant": tenant }));
    const first = await world.only();
    const pipe = first.stream(200, { ...FRESH, vary: "x-tenant" });
    pipe.write(`for ${first.request.fields.get("x-tenant")}`);
    const second = await world.only();
    second.answer(200, { ...FRESH, vary: "x-tenant" }, `for ${second.request.fields.get("x-tenant")}`);
    pipe.end();
    expect(await Promise.all((await Promise.all(all)).map(textOf))).toEqual(tenants.map((tenant) => `for ${tenant}`));
  });

  test("an error page that was shared leaves nothing on the account of unfinished bodies", async () => {
    const world = new ShardWorld();
    const before = spooledBytes();
    const asked = world.send("/a");
    (await world.only()).answer(500, {}, "sorry");
    expect(await textOf(await asked)).toBe("sorry");
    await world.settle();
    expect(spooledBytes()).toBe(before);
  });

  test("that a purge of a tag ended is left at once, also while its body still comes", async () => {
    const world = new ShardWorld();
    const request = world.send("/a");
    const before = await world.only();
    world.purge({ kind: "tag", tag: "shoes" });
    world.push();
    const pipe = before.stream(200, { ...FRESH, "cache-tag": "shoes" });
    pipe.write("old");
    (await world.only()).answer(200, { ...FRESH, "cache-tag": "shoes" }, "new");
    pipe.end();
    expect(await textOf(await request)).toBe("new");
  });

  test("what the tier above does wrong ends the flight: the next request begins another", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).break();
    expect((await first).status).toBe(502);
    expect(world.shard.flights).toBe(0);
    const second = world.send("/a");
    (await world.only()).answer(200, FRESH, "hello");
    expect(await textOf(await second)).toBe("hello");
  });

  test("a body that the tier above stops sending without a word ends badly in time, and holds the key no longer", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    const pipe = (await world.only()).stream(200, FRESH);
    pipe.write("part");
    const text = textOf(await first);
    const ended = expect(text).rejects.toThrow("paused");
    await world.settle();
    await world.pass(120_000);
    await ended;
    expect(pipe.cancelled).toBe(true);
    expect(world.shard.flights).toBe(0);
  });

  test("twenty thousand hits on a stale entry while it is refreshed take no place of those who must wait", async () => {
    const world = new ShardWorld();
    const policy = { "cache-control": "max-age=1, stale-while-revalidate=10" };
    const first = world.send("/a");
    (await world.only()).answer(200, policy, "old");
    await first;
    await world.pass(5_000);
    for (let hit = 0; hit < 10_050; hit += 1) await world.send("/a");
    await world.pass(9_000);
    const waiting = world.send("/a");
    (await world.only()).answer(200, policy, "new");
    expect(await textOf(await waiting)).toBe("new");
  });

  test("a refresh that nobody waits for lets go of an answer that is not kept", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "max-age=1, stale-while-revalidate=60" }, "old");
    await first;
    await world.pass(5_000);
    await world.send("/a");
    const pipe = (await world.only()).stream(200, { "cache-control": "no-store" });
    await world.settle();
    expect(pipe.cancelled).toBe(true);
  });

  test("a flight whose place another took is not kept either, once an unsafe method has changed the resource", async () => {
    const world = new ShardWorld();
    void world.send("/a");
    const older = await world.only();
    world.purge({ kind: "url", url: "http://site.test/a" }, "soft");
    world.push();
    void world.send("/a");
    const newer = await world.only();
    const post = world.send("/a", {}, {}, "POST");
    (await world.only()).answer(204, {});
    await post;
    for (const asked of [newer, older]) asked.answer(200, FRESH, "from before the change");
    await world.settle();
    expect(world.entries.held.items).toBe(0);
  });
});

describe("one client's own request", () => {
  const COOKIE = { cookie: "junk=1" };

  test("a reload with a cookie does not throw away what others are served", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { ...FRESH, etag: '"1"' }, "ours");
    await textOf(await first);
    await world.settle();
    const reload = world.send("/a", { ...COOKIE, "cache-control": "no-cache" });
    (await world.only()).answer(304, { ...FRESH, etag: '"1"' });
    expect(await textOf(await reload)).toBe("ours");
    expect(statusOf(await world.send("/a"))).toContain("hit");
    const another = world.send("/a", { ...COOKIE, "cache-control": "no-cache" });
    (await world.only()).answer(200, { "cache-control": "private" }, "mine");
    expect(await textOf(await another)).toBe("mine");
    expect(statusOf(await world.send("/a"))).toContain("hit");
  });

  test("what it gets says nothing of what others get: they still share one fill", async () => {
    const world = new ShardWorld();
    const personal = world.send("/a", COOKIE);
    (await world.only()).answer(200, FRESH, "mine");
    await personal;
    const all = Array.from({ length: 100 }, () => world.send("/a"));
    (await world.only()).answer(200, FRESH, "ours");
    expect(new Set(await Promise.all((await Promise.all(all)).map(textOf)))).toEqual(new Set(["ours"]));
  });

  test("an answer from the shield's store is not relayed after a purge that it does not cover", async () => {
    const world = new ShardWorld();
    const asked = world.send("/a", COOKIE);
    const first = await world.only();
    world.purge({ kind: "tag", tag: "t" });
    world.push();
    const facts = {
      v: 1,
      answered: { outcome: "hit", by: "shield" },
      cacheStatus: [],
      seen: {},
      timings: {},
    } as const;
    first.answer(200, { ...FRESH, "cache-tag": "t" }, "purged", { facts });
    const second = await world.only();
    second.answer(200, { ...FRESH, "cache-tag": "t" }, "new", { facts: { ...facts, seen: second.request.vector } });
    expect(await textOf(await asked)).toBe("new");
  });
});

describe("validators", () => {
  test("of a body that a purge has ended confirm nothing, though the tier above knows the purge and has the same tag", async () => {
    const world = new ShardWorld();
    const stored = world.send("/a");
    (await world.only()).answer(200, { ...FRESH, etag: '"same"' }, "old");
    await textOf(await stored);
    await world.settle();
    await world.pass(61_000);
    const asked = world.send("/a");
    const confirming = await world.only();
    world.purge({ kind: "url", url: "http://site.test/a" });
    world.push();
    const facts = {
      v: 1,
      answered: { outcome: "miss", by: "origin" },
      cacheStatus: [],
      seen: world.knowledge.vector,
      timings: {},
    } as const;
    confirming.answer(304, { ...FRESH, etag: '"same"' }, "", { facts });
    const again = await world.only();
    expect(again.request.fields.has("if-none-match")).toBe(false);
    again.answer(200, { ...FRESH, etag: '"same"' }, "new", { facts });
    expect(await textOf(await asked)).toBe("new");
  });
});

describe("a purge", () => {
  test("ends what is known of an uncacheable URL, too: requests for it wait for one fill again", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "no-store" }, "x");
    await first;
    world.purge({ kind: "url", url: "http://site.test/a" });
    world.push();
    for (let index = 0; index < 5; index += 1) void world.send("/a");
    await world.only();
  });
});

describe("slow readers", () => {
  test("of bodies that have come whole do not keep other bodies from being stored", async () => {
    const world = new ShardWorld();
    const readers = [];
    for (let index = 0; index < 6; index += 1) {
      const asked = world.send(`/large/${index}`);
      const pipe = (await world.only()).stream(200, FRESH);
      const answer = await asked;
      if (answer.body.kind === "stream") readers.push(answer.body.open());
      for (let chunk = 0; chunk < 110; chunk += 1) pipe.write(new Uint8Array(64 * KiB));
      pipe.end();
      for (let round = 0; round < 20; round += 1) await world.settle();
    }
    const small = world.send("/small");
    (await world.only()).answer(200, FRESH, "small");
    await textOf(await small);
    await world.settle();
    expect(statusOf(await world.send("/small"))).toContain("hit");
    for (const reader of readers) reader.cancel();
    expect(spooledBytes()).toBe(0);
  });

  test("in the same place hold up nobody and are not cut off", async () => {
    const world = new ShardWorld();
    const both = [world.send("/large"), world.send("/large")];
    const pipe = (await world.only()).stream(200, FRESH, 9 * 1024 * KiB);
    const readers = (await Promise.all(both)).map((answer) => {
      if (answer.body.kind !== "stream") throw new Error("a large body is streamed");
      return answer.body.open();
    });
    for (let chunk = 0; chunk < 144; chunk += 1) pipe.write(new Uint8Array(64 * KiB));
    pipe.end();
    await world.settle();
    await world.pass(10_001);
    for (const reader of readers) expect((await reader.read())?.byteLength).toBe(64 * KiB);
    for (const reader of readers) reader.cancel();
    await world.settle();
  });
});
