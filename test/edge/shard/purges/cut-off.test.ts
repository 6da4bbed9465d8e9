// A route may choose to serve what is stored while its region cannot hear of purges, for a minute; it always says so, whatever
// else there is to say of the answer (found by the simulator: a stale answer kept it to itself).

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../../config/limits.ts";
import { millis } from "../../../../config/units.ts";
import type { ResponseFacts } from "../../../../edge/tier/wire.ts";
import { CONFIG, ShardWorld, statusOf, textOf } from "../../../fixtures/shard-world.ts";

const ROUTE = { name: "pages", origin: "shop", whenCutOff: "serve" } as const;
const SHIELDED: ResponseFacts = {
  v: 1,
  answered: { outcome: "hit", by: "shield" },
  cacheStatus: ["meridian-shield;hit"],
  seen: {},
  timings: {},
};

/** A shard that holds a page and cannot reach its hub any more. */
async function cutOff(cacheControl: string, fields: Record<string, string> = {}) {
  const world = new ShardWorld({ ...CONFIG, routes: [ROUTE] });
  const first = world.send("/page");
  (await world.only()).answer(200, { "cache-control": cacheControl, ...fields }, "page");
  await first;
  world.hubReachable = false;
  await world.pass(5_000);
  return world;
}

test("a fresh answer without a lease says so", async () => {
  const world = await cutOff("max-age=60");
  expect(statusOf(await world.send("/page"))).toContain("detail=cut-off");
});

test("a stale answer that is being refreshed says that there is no lease for it", async () => {
  const world = await cutOff("max-age=1, stale-while-revalidate=60");
  expect(statusOf(await world.send("/page"))).toContain("detail=cut-off");
});

test("an answer that was just fetched says that there is no lease for it", async () => {
  const world = await cutOff("max-age=1", { etag: '"1"' });
  const again = world.send("/page");
  (await world.only()).answer(304, { "cache-control": "max-age=60", etag: '"1"' });
  expect(statusOf(await again)).toContain("detail=cut-off");
});

test("what is relayed keeps its own reason", async () => {
  const world = await cutOff("max-age=60");
  const other = world.send("/other");
  (await world.only()).answer(200, { "cache-control": "private" }, "mine");
  expect(statusOf(await other)).toContain("detail=private");
});

describe("a route that revalidates while it is cut off", () => {
  const revalidating = async (fields: Record<string, string>) => {
    const world = new ShardWorld({ ...CONFIG, routes: [{ ...ROUTE, whenCutOff: "revalidate" }] });
    const first = world.send("/page");
    (await world.only()).answer(200, { "cache-control": "max-age=60", ...fields }, "old");
    await first;
    world.hubReachable = false;
    await world.pass(5_000);
    const again = world.send("/page");
    return { world, again, asked: await world.only() };
  };

  test("asks whether a strong tag still holds", async () => {
    const { asked } = await revalidating({ etag: '"1"' });
    expect(asked.request.fields.get("if-none-match")).toBe('"1"');
  });

  // A purge that nobody here has heard of may have ended the stored body, and two versions can share a date or a weak tag.
  test.each([
    ["a date", { "last-modified": "Wed, 31 Dec 2025 00:00:00 GMT" }],
    ["a weak tag", { etag: 'W/"1"' }],
  ])("does not take %s for proof", async (_what, fields) => {
    const { world, again, asked } = await revalidating(fields);
    expect(asked.request.fields.has("if-modified-since")).toBe(false);
    expect(asked.request.fields.has("if-none-match")).toBe(false);
    asked.answer(200, { "cache-control": "max-age=60", ...fields }, "new");
    expect(await textOf(await again)).toBe("new");
    expect(world.asked).toHaveLength(0);
  });

  test("fetches anew where a date was confirmed by a question from before", async () => {
    const dated = { "last-modified": "Wed, 31 Dec 2025 00:00:00 GMT" };
    const world = new ShardWorld({ ...CONFIG, routes: [{ ...ROUTE, whenCutOff: "revalidate" }] });
    const first = world.send("/page");
    (await world.only()).answer(200, { "cache-control": "max-age=0", ...dated }, "old");
    await first;
    // Late enough for the lease to end before the answer, early enough not to renew it.
    await world.pass(900);
    const again = world.send("/page");
    const asked = await world.only();
    expect(asked.request.fields.has("if-modified-since")).toBe(true);
    world.hubReachable = false;
    await world.pass(1_200);
    asked.answer(304, { "cache-control": "max-age=60", ...dated });
    const anew = await world.only();
    expect(anew.request.fields.has("if-modified-since")).toBe(false);
    anew.answer(200, { "cache-control": "max-age=60", ...dated }, "new");
    expect(await textOf(await again)).toBe("new");
  });

  test("does not fall back on what is stored where the lease ended while the next tier failed", async () => {
    const world = new ShardWorld({ ...CONFIG, routes: [{ ...ROUTE, whenCutOff: "revalidate" }] });
    const first = world.send("/page");
    (await world.only()).answer(200, { "cache-control": "max-age=0, stale-if-error=600", etag: '"1"' }, "old");
    await first;
    await world.pass(900);
    const again = world.send("/page");
    const asked = await world.only();
    world.hubReachable = false;
    await world.pass(5_000);
    asked.fail({ status: 503 });
    expect((await again).status).toBe(503);
  });

  // Found by the simulator: an edge far away handed out such an answer when a purge that it ignored was complete.
  test("says for how long what was just fetched may go out", async () => {
    const { world, again, asked } = await revalidating({ etag: '"1"' });
    await world.pass(700);
    asked.answer(200, { "cache-control": "max-age=60", etag: '"2"' }, "new");
    expect((await again).facts.validFor).toBe(LIMITS.leaseMillis);
  });

  test("passes on what a shield gave only as long as the shield's own lease lasts", async () => {
    const { world, again, asked } = await revalidating({ etag: '"1"' });
    await world.pass(700);
    const validFor = millis(900);
    asked.answer(200, { "cache-control": "max-age=60", etag: '"2"' }, "new", { facts: { ...SHIELDED, validFor } });
    expect((await again).facts.validFor).toBe(validFor);
  });

  test("fetches anew what came when the shield's lease was over", async () => {
    const { world, again, asked } = await revalidating({ etag: '"1"' });
    await world.pass(700);
    const validFor = millis(600);
    asked.answer(200, { "cache-control": "max-age=60", etag: '"2"' }, "old", { facts: { ...SHIELDED, validFor } });
    (await world.only()).answer(200, { "cache-control": "max-age=60", etag: '"3"' }, "new");
    expect(await textOf(await again)).toBe("new");
  });

  // Found by the simulator: who came while such a body was still on its way joined it three times, and got a 503.
  test("joins no fill that has become too old to be released", async () => {
    const { world, again, asked } = await revalidating({ etag: '"1"' });
    const pipe = asked.stream(200, { "cache-control": "max-age=60", etag: '"2"' });
    await again;
    await world.pass(LIMITS.leaseMillis + 1);
    const later = world.send("/page");
    (await world.only()).answer(200, { "cache-control": "max-age=60", etag: '"3"' }, "newer");
    expect(await textOf(await later)).toBe("newer");
    pipe.end();
  });
});

// Found by the simulator: the shard's first question was lost, and what it heard next began behind a gap. Each fetch was then
// stamped as if it were older than that purge, and nobody got an answer until the hub could be reached.
test("a purge that is known behind a gap does not end what is fetched after it", async () => {
  const world = new ShardWorld({ ...CONFIG, routes: [{ ...ROUTE, whenCutOff: "revalidate" }] });
  world.hubReachable = false;
  world.purge({ kind: "tag", tag: "before" });
  const since = world.hub.vector;
  world.purge({ kind: "everything" });
  expect(world.knowledge.apply(world.hub.newsSince(since))).toBe("gap");
  const answer = world.send("/page");
  (await world.only()).answer(200, { "cache-control": "max-age=60" }, "new");
  expect(await textOf(await answer)).toBe("new");
});

test("what is missing behind a gap is given up once the hub leases and does not know of it either", async () => {
  const world = new ShardWorld(CONFIG);
  const lost = { hub: "weur.lost", counter: 3 };
  const news = { v: 1, since: { [lost.hub]: 2 }, vector: { [lost.hub]: lost.counter }, records: [] } as const;
  expect(world.knowledge.apply(news)).toBe("gap");
  const answer = world.send("/page");
  const asked = await world.only();
  expect(asked.request.vector[lost.hub]).toBe(lost.counter);
  expect(world.knowledge.vector[lost.hub]).toBe(lost.counter);
  asked.answer(200, { "cache-control": "max-age=60" }, "page");
  expect(await textOf(await answer)).toBe("page");
});
