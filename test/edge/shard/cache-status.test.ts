// RFC 9211: what each tier says of its answer.

import { describe, expect, test } from "vitest";
import { CONFIG, ShardWorld, statusOf } from "../../fixtures/shard-world.ts";

const [ROUTE] = CONFIG.routes;

describe("RFC 9211: a fill", () => {
  test("that was kept says how long it stays fresh", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "max-age=60", age: "20" }, "body");
    expect(statusOf(await first)).toBe("meridian-shard;fwd=uri-miss;fwd-status=200;stored;ttl=40");
  });

  test("that was not kept promises nothing", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "no-store" }, "body");
    expect(statusOf(await first)).toBe("meridian-shard;fwd=uri-miss;fwd-status=200;detail=no-store");
  });

  test("that failed says why", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).fail();
    expect(statusOf(await first)).toBe("meridian-shard;fwd=miss;detail=origin-down");
  });

  test("that confirmed what is stored says so", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "max-age=60", etag: '"a"' }, "body");
    await first;
    await world.pass(61_000);
    const second = world.send("/a");
    (await world.only()).answer(304, { "cache-control": "max-age=60", etag: '"a"' });
    expect(statusOf(await second)).toBe("meridian-shard;fwd=stale;fwd-status=304;stored;ttl=60");
  });
});

describe("RFC 9211 section 2.6: the key", () => {
  test("is shown where the route says so, on hits and fills", async () => {
    const world = new ShardWorld({ ...CONFIG, routes: [{ ...ROUTE, name: "pages", origin: "shop", showKey: true }] });
    const first = world.send("/a?b=1");
    (await world.only()).answer(200, { "cache-control": "max-age=60" }, "body");
    expect(statusOf(await first)).toMatch(/;key="[^"]*http:\/\/site\.test\/a\?b=1"$/);
    await world.settle();
    expect(statusOf(await world.send("/a?b=1"))).toMatch(/;hit;ttl=60;key="[^"]*http:\/\/site\.test\/a\?b=1"$/);
  });

  test("is not shown otherwise: it may hold a client's cookies", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "max-age=60" }, "body");
    expect(statusOf(await first)).not.toContain("key=");
  });
});
