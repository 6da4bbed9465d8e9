// After a purge of everything, what most people wait for is back first: the shard knows how often it was used, and the gate
// before the origin goes by that. The shard and the gate are production code; the origin answers by hand, one at a time.

import { describe, expect, test } from "vitest";
import { millis } from "../../../../config/units.ts";
import { askerOf, rankOf } from "../../../../edge/shard/request/demand.ts";
import type { Upstream } from "../../../../edge/tier/tier.ts";
import { Turns } from "../../../../origin/turns.ts";
import { ShardWorld } from "../../../fixtures/shard-world.ts";

const FRESH = { "cache-control": "max-age=600, stale-while-revalidate=60" };

/** A shard that stands right before an origin which takes one request at a time. */
function worldBeforeGate(): ShardWorld {
  const world = new ShardWorld();
  const turns = new Turns(
    { maxConcurrent: 1, maxQueued: 100, queueTimeout: millis(60_000) },
    { now: () => world.now, after: (delay, act) => world.after(delay, act), count: () => undefined },
  );
  const gated: Upstream = async (request) => {
    const admission = await turns.take(undefined, rankOf(request.context.demand));
    if (admission.kind !== "admitted") throw new Error(admission.kind);
    const answer = await world.asking(request);
    admission.leave();
    return answer;
  };
  world.upstream = gated;
  return world;
}

/** Answers whatever the origin is asked, one after the other, and says in which order it was asked. */
async function answerAll(world: ShardWorld): Promise<string[]> {
  const order: string[] = [];
  for (await world.settle(); world.asked.length > 0; await world.settle()) {
    const asked = await world.only();
    order.push(new URL(asked.request.context.url).pathname);
    asked.answer(200, FRESH, "page");
  }
  return order;
}

describe("when everything was purged", () => {
  test("the origin is asked for one after the other, the most used first, and the first to come every fourth time", async () => {
    const world = worldBeforeGate();
    const pages = ["/a", "/b", "/c", "/d", "/e", "/f"];
    const visits = [1, 2, 30, 4, 50, 6];
    for (const [index, page] of pages.entries()) {
      for (let count = 0; count < (visits[index] ?? 0); count += 1) {
        const visit = world.send(page);
        await answerAll(world);
        await visit;
      }
    }
    world.purge({ kind: "everything" });
    world.push();
    const visited = Promise.all(["/blocks", ...pages].map((page) => world.send(page)));
    expect(await answerAll(world)).toEqual(["/blocks", "/e", "/c", "/f", "/a", "/d", "/b"]);
    expect((await visited).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 200]);
  });

  test("what is fetched again is as popular as before, and less so with every purge", async () => {
    const world = new ShardWorld();
    const uses: (number | undefined)[] = [];
    for (let round = 0; round < 4; round += 1) {
      const visit = world.send("/page");
      const asked = await world.only();
      uses.push(asked.request.context.demand?.uses);
      asked.answer(200, FRESH, "page");
      await visit;
      for (let count = 0; round === 0 && count < 8; count += 1) await world.send("/page");
      world.purge({ kind: "everything" });
      world.push();
    }
    expect(uses).toEqual([0, 8, 4, 2]);
  });

  test("a shield adds what its own store tells to what the shard says", async () => {
    const world = new ShardWorld();
    const first = world.send("/page", {}, { tier: "shield" });
    (await world.only()).answer(200, FRESH, "page");
    await first;
    for (let count = 0; count < 3; count += 1) await world.send("/page", {}, { tier: "shield" });
    world.purge({ kind: "everything" });
    world.push();
    void world.send("/page", {}, { tier: "shield", demand: { uses: 40, waits: true } });
    expect((await world.only()).request.context.demand).toEqual({ uses: 43, waits: true });
  });
});

test("after a soft purge the refresh in the background stands behind whatever somebody waits for", async () => {
  const world = worldBeforeGate();
  const first = world.send("/page");
  await answerAll(world);
  await first;
  world.purge({ kind: "everything" }, "soft");
  world.push();
  const visits = Promise.all([world.send("/blocks"), world.send("/page"), world.send("/new")]);
  expect(await answerAll(world)).toEqual(["/blocks", "/new", "/page"]);
  expect((await visits).map(({ facts }) => facts.answered.outcome)).toEqual(["miss", "stale", "miss"]);
});

test("more use means a higher rank, also among those that nobody waits for", () => {
  const ranks = [
    { uses: 0, waits: false },
    { uses: 9, waits: false },
    undefined,
    { uses: 1, waits: true },
    { uses: 9, waits: true },
  ].map(rankOf);
  expect(ranks).toEqual([...ranks].sort((one, other) => one - other));
  expect(new Set(ranks).size).toBe(5);
});

test.each([
  ["203.0.113.7", undefined, "203.0.113.7"],
  ["2001:db8:1:2:3::4", undefined, "2001:db8:1:2::/64"],
  ["203.0.113.7", { uses: 3, waits: true }, "203.0.113.7"],
  ["203.0.113.7", { uses: 3, waits: false }, undefined],
  ["127.0.0.1", undefined, undefined],
  ["127.8.9.1", undefined, undefined],
  ["::1", undefined, undefined],
  [undefined, undefined, undefined],
])("a fill for %s that is wanted by %j takes turns of %s", (address, demand, expected) => {
  const client = { scheme: "https", host: "site.test", ...(address && { address }) } as const;
  expect(askerOf({ client, ...(demand && { demand }) })).toBe(expected);
});
