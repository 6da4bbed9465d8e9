// Requests whose clients go away before there is an answer: what they had asked for is given up, unless somebody else wants it.

import { describe, expect, test } from "vitest";
import { millis } from "../../../config/units.ts";
import { Fields } from "../../../edge/http/fields.ts";
import { Cancellation } from "../../../edge/shard/fill/cancellation.ts";
import { SHARD_LIMITS } from "../../../edge/shard/limits.ts";
import type { TierResponse } from "../../../edge/tier/tier.ts";
import { ShardWorld, textOf } from "../../fixtures/shard-world.ts";

const FRESH = { "cache-control": "max-age=60" };

function send(world: ShardWorld, path: string, { method = "GET", cookie = "" } = {}) {
  const gone = new Cancellation();
  const passes = method !== "GET" && method !== "HEAD";
  const client = { scheme: "http", host: "site.test" } as const;
  const context = {
    v: 1,
    tier: "shard",
    url: `http://site.test${path}`,
    route: "pages",
    passes,
    ring: "test",
  } as const;
  const rest = { vector: {}, client, requestId: "0".repeat(32), budgetMillis: millis(10_000), visited: [] };
  const fields = Fields.from(cookie === "" ? [] : [["cookie", cookie]]);
  const answer = world.shard.handle(
    { method, fields, context: { ...context, ...rest } },
    gone,
  ) as Promise<TierResponse>;
  return { gone, answer };
}

describe("a fill whose head has not come", () => {
  test("is given up a moment after the last of its clients has gone, and not before", async () => {
    const world = new ShardWorld();
    const [first, second] = [send(world, "/slow"), send(world, "/slow")];
    const { request } = await world.only();
    first.gone.abort();
    await world.pass(SHARD_LIMITS.abandonedAfterMillis);
    expect(request.signal?.aborted).toBe(false);
    second.gone.abort();
    await world.settle();
    await world.pass(SHARD_LIMITS.abandonedAfterMillis - 1);
    expect(request.signal?.aborted).toBe(false);
    await world.pass(1);
    expect(request.signal?.aborted).toBe(true);
  });

  test("is joined by a client that tries again in that moment", async () => {
    const world = new ShardWorld();
    const impatient = send(world, "/slow");
    const asked = await world.only();
    impatient.gone.abort();
    await world.pass(SHARD_LIMITS.abandonedAfterMillis / 2);
    const again = send(world, "/slow");
    await world.pass(SHARD_LIMITS.abandonedAfterMillis);
    expect(asked.request.signal?.aborted).toBe(false);
    asked.answer(200, FRESH, "late");
    expect(await textOf(await again.answer)).toBe("late");
  });

  test("is begun anew for a client that comes after it was given up", async () => {
    const world = new ShardWorld();
    send(world, "/slow").gone.abort();
    await world.only();
    await world.pass(SHARD_LIMITS.abandonedAfterMillis);
    const next = send(world, "/slow");
    (await world.only()).answer(200, FRESH, "new");
    expect(await textOf(await next.answer)).toBe("new");
  });

  test("is given up at once where nobody else may join it", async () => {
    const world = new ShardWorld();
    const own = send(world, "/account", { cookie: "session=1" });
    const { request } = await world.only();
    own.gone.abort();
    await world.settle();
    expect(request.signal?.aborted).toBe(true);
  });
});

test("what has begun to come is stored though every client has gone", async () => {
  const world = new ShardWorld();
  const gone = send(world, "/a");
  const asked = await world.only();
  gone.gone.abort();
  const pipe = asked.stream(200, FRESH);
  await world.pass(SHARD_LIMITS.abandonedAfterMillis);
  pipe.write("whole");
  pipe.end();
  await world.settle();
  expect(asked.request.signal?.aborted).toBe(false);
  expect(await textOf(await world.send("/a"))).toBe("whole");
  expect(world.asked).toHaveLength(0);
});

test("the body of an answer that is not kept is let go when the client that asked for it has gone", async () => {
  const world = new ShardWorld();
  const gone = send(world, "/a");
  const asked = await world.only();
  gone.gone.abort();
  const pipe = asked.stream(200, { "cache-control": "no-store" });
  await world.settle();
  expect(pipe.cancelled).toBe(true);
});

test("a method that may change something is carried out though its client has gone", async () => {
  const world = new ShardWorld();
  const post = send(world, "/cart", { method: "POST" });
  const asked = await world.only();
  post.gone.abort();
  await world.pass(SHARD_LIMITS.abandonedAfterMillis);
  expect(asked.request.signal?.aborted ?? false).toBe(false);
});

test("a request that has passed through here before is refused where it would wait for what may wait for it", async () => {
  const world = new ShardWorld();
  const outer = world.send("/a");
  const first = await world.only();
  expect((await world.send("/a", { "cdn-loop": "meridian" })).status).toBe(508);
  first.answer(200, FRESH, "outer");
  expect(await textOf(await outer)).toBe("outer");
});

test("a request that has passed through here before is answered like any other where nothing is under way", async () => {
  const world = new ShardWorld();
  const stacked = world.send("/a", { "cdn-loop": "meridian" });
  (await world.only()).answer(200, FRESH, "page");
  expect(await textOf(await stacked)).toBe("page");
});
