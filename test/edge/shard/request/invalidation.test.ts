// What an unsafe request ends: in this shard by URL and by group, and everywhere on routes that opt in, within a rate.

import { describe, expect, test } from "vitest";
import type { Scope } from "../../../../control-plane/purge/event.ts";
import { CONFIG, ShardWorld, statusOf } from "../../../fixtures/shard-world.ts";

const FRESH = { "cache-control": "max-age=60" };
const [ROUTE] = CONFIG.routes;
const EVERYWHERE = {
  ...CONFIG,
  routes: [{ ...ROUTE, name: "pages", origin: "shop", invalidation: "everywhere" as const }],
};

/** Stores `path` with these fields. */
async function store(world: ShardWorld, path: string, fields: Record<string, string>): Promise<void> {
  const first = world.send(path);
  (await world.only()).answer(200, { ...FRESH, ...fields }, "body");
  await first;
  await world.settle();
}

/** Whether `path` is answered from the store. */
async function isHit(world: ShardWorld, path: string): Promise<boolean> {
  const answer = world.send(path);
  await world.settle();
  const asked = world.asked.splice(0);
  for (const one of asked) one.answer(200, FRESH, "new");
  return statusOf(await answer).includes(";hit");
}

async function post(world: ShardWorld, path: string, status: number, fields: Record<string, string>): Promise<string> {
  const answer = world.send(path, {}, {}, "POST");
  (await world.only()).answer(status, fields);
  return statusOf(await answer);
}

describe("RFC 9875: a group", () => {
  test("ends with all its members at the site, and nothing else", async () => {
    const world = new ShardWorld();
    await store(world, "/a", { "cache-groups": '"prices"' });
    await store(world, "/b", { "cache-groups": '"stock", "prices"' });
    await store(world, "/c", { "cache-groups": '"stock"' });
    await post(world, "/order", 200, { "cache-group-invalidation": '"prices"' });
    expect(await isHit(world, "/a")).toBe(false);
    expect(await isHit(world, "/b")).toBe(false);
    expect(await isHit(world, "/c")).toBe(true);
  });

  test("of another site does not end", async () => {
    const world = new ShardWorld();
    const context = { url: "http://other.test/a" };
    const first = world.send("/a", {}, context);
    (await world.only()).answer(200, { ...FRESH, "cache-groups": '"prices"' }, "body");
    await first;
    await world.settle();
    await post(world, "/order", 200, { "cache-group-invalidation": '"prices"' });
    expect(statusOf(await world.send("/a", {}, context))).toContain(";hit");
  });

  test("does not end by a safe method or a failed one", async () => {
    const world = new ShardWorld();
    await store(world, "/a", { "cache-groups": '"prices"' });
    await store(world, "/b", { "cache-group-invalidation": '"prices"' });
    await post(world, "/order", 500, { "cache-group-invalidation": '"prices"' });
    expect(await isHit(world, "/a")).toBe(true);
  });

  test("ends for a fill that is under way, too", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    const asked = await world.only();
    await post(world, "/order", 200, { "cache-group-invalidation": '"prices"' });
    asked.answer(200, { ...FRESH, "cache-groups": '"prices"' }, "old");
    await first;
    await world.settle();
    expect(await isHit(world, "/a")).toBe(false);
  });
});

describe("RFC 9111 section 4.4: a URL", () => {
  test("ends under the key rules of the route that GETs it", async () => {
    const world = new ShardWorld({
      ...CONFIG,
      routes: [
        { name: "forms", origin: "shop", mode: "bypass", match: { methods: ["POST"] } },
        { name: "pages", origin: "shop", key: { query: { except: ["utm_*"] } } },
      ],
    });
    await store(world, "/a?b=1", {});
    const answer = world.send("/order", {}, { route: "forms" }, "POST");
    (await world.only()).answer(303, { location: "/a?utm_source=mail&b=1" });
    await answer;
    expect(await isHit(world, "/a?b=1")).toBe(false);
  });
});

describe("everywhere", () => {
  const told = (world: ShardWorld): Scope[][] => world.told.map(({ scopes }) => [...scopes]);

  test("a change goes where the route says so, as a purge of its URLs and tags", async () => {
    const world = new ShardWorld(EVERYWHERE);
    await post(world, "/a", 201, { location: "/b", "cache-group-invalidation": '"prices"' });
    expect(told(world)).toEqual([
      [
        { kind: "url", url: "http://site.test/a" },
        { kind: "url", url: "http://site.test/b" },
        { kind: "tag", tag: "prices" },
      ],
    ]);
    expect(world.told[0]?.by).toBe("route:pages");
  });

  test("a change goes nowhere else by default, nor if the request failed", async () => {
    const world = new ShardWorld();
    await post(world, "/a", 200, {});
    expect(world.told).toEqual([]);
    const opted = new ShardWorld(EVERYWHERE);
    await post(opted, "/a", 404, {});
    expect(opted.told).toEqual([]);
  });

  test("only the tier that asked the origin tells", async () => {
    const world = new ShardWorld(EVERYWHERE);
    const answer = world.send("/a", {}, {}, "POST");
    const facts = { v: 1, answered: { outcome: "bypass", by: "origin" }, cacheStatus: [], timings: {} } as const;
    (await world.only()).answer(200, {}, "", { facts });
    await answer;
    expect(world.told).toEqual([]);
  });

  test("changes beyond the rate stay here, and the answer says so", async () => {
    const world = new ShardWorld(EVERYWHERE);
    for (let count = 0; count < 10; count += 1) expect(await post(world, "/a", 200, {})).not.toContain("detail");
    expect(await post(world, "/a", 200, {})).toContain("detail=invalidation-limited");
    expect(world.told).toHaveLength(10);
    await world.pass(1_000);
    expect(await post(world, "/a", 200, {})).not.toContain("detail");
    expect(world.told).toHaveLength(11);
  });

  test("a hub that cannot be reached is no reason to fail the request, and the answer says so", async () => {
    const world = new ShardWorld(EVERYWHERE);
    world.takesPurges = false;
    expect(await post(world, "/a", 200, {})).toContain("detail=invalidation-failed");
  });
});
