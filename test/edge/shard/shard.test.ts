// A shard from the door to release: coalescing, purges, staleness and what a stored response answers, each by hand.

import { describe, expect, test } from "vitest";
import { EMPTY_VECTOR } from "../../../control-plane/purge/vector.ts";
import { CONFIG, ShardWorld, statusOf, textOf } from "../../fixtures/shard-world.ts";

const FRESH = { "cache-control": "max-age=60" };
const URL_A = { kind: "url", url: "http://site.test/a" } as const;

describe("storing and coalescing", () => {
  test("the second request is answered from the first one's entry", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, FRESH, "hello");
    expect(await textOf(await first)).toBe("hello");
    await world.settle();
    const second = await world.send("/a");
    expect(await textOf(second)).toBe("hello");
    expect(statusOf(second)).toMatch(/hit;ttl=60/);
    expect(world.asked).toHaveLength(0);
  });

  test("five hundred requests for a cold object make one fill", async () => {
    const world = new ShardWorld();
    const all = Array.from({ length: 500 }, () => world.send("/a"));
    (await world.only()).answer(200, FRESH, "hello");
    const texts = await Promise.all((await Promise.all(all)).map(textOf));
    expect(new Set(texts)).toEqual(new Set(["hello"]));
    expect(world.asked).toHaveLength(0);
  });

  test("followers read along while the body still comes", async () => {
    const world = new ShardWorld();
    const leader = world.send("/a");
    const pipe = (await world.only()).stream(200, FRESH);
    pipe.write("one ");
    await leader;
    await world.settle();
    const follower = await world.send("/a");
    pipe.write("two");
    pipe.end();
    expect(await textOf(follower)).toBe("one two");
    expect(statusOf(follower)).toContain("collapsed");
  });

  test("a leader that goes away takes nobody along, and the entry is kept", async () => {
    const world = new ShardWorld();
    const leader = world.send("/a");
    const follower = world.send("/a");
    const pipe = (await world.only()).stream(200, FRESH);
    const answer = await leader;
    if (answer.body.kind === "stream") answer.body.open().cancel();
    pipe.write("body");
    pipe.end();
    expect(await textOf(await follower)).toBe("body");
    await world.settle();
    expect(statusOf(await world.send("/a"))).toContain("hit");
  });

  test("a body that breaks off is stored nowhere and ends badly for all who read it", async () => {
    const world = new ShardWorld();
    const leader = world.send("/a");
    const pipe = (await world.only()).stream(200, FRESH, 100);
    pipe.write("part");
    pipe.end();
    await expect(textOf(await leader)).rejects.toThrow("4 of 100 bytes");
    await world.settle();
    void world.send("/a");
    expect((await world.only()).request.method).toBe("GET");
  });

  test("an uncacheable answer is its client's own: the others go for theirs, all at once", async () => {
    const world = new ShardWorld();
    const all = Array.from({ length: 5 }, () => world.send("/a"));
    (await world.only()).answer(200, { "cache-control": "private" }, "yours");
    await world.settle();
    expect(world.asked).toHaveLength(4);
    world.asked.splice(0).forEach((asked, index) => {
      asked.answer(200, { "cache-control": "private" }, `own ${index}`);
    });
    const texts = await Promise.all((await Promise.all(all)).map(textOf));
    expect(new Set(texts).size).toBe(5);
  });

  test("for a while requests for an uncacheable URL do not queue behind each other", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "no-store" }, "x");
    await first;
    void world.send("/a");
    void world.send("/a");
    await world.settle();
    expect(world.asked).toHaveLength(2);
    world.asked.splice(0);
    await world.pass(10_001);
    void world.send("/b");
    void world.send("/b");
    await world.only();
  });

  test("five hundred HEAD requests are all answered", async () => {
    const world = new ShardWorld();
    const all = Array.from({ length: 500 }, () => world.send("/a", {}, {}, "HEAD"));
    await world.settle();
    while (world.asked.length > 0) {
      for (const asked of world.asked.splice(0)) asked.answer(200, FRESH);
      await world.settle();
    }
    expect((await Promise.all(all)).every((answer) => answer.status === 200)).toBe(true);
  });

  test("a request with a cookie fills alone, and what it gets is not stored", async () => {
    const world = new ShardWorld();
    const personal = world.send("/a", { cookie: "session=1" });
    const other = world.send("/a");
    await world.settle();
    expect(world.asked).toHaveLength(2);
    for (const asked of world.asked.splice(0))
      asked.answer(200, FRESH, asked.request.fields.has("cookie") ? "mine" : "ours");
    expect(await textOf(await personal)).toBe("mine");
    expect(await textOf(await other)).toBe("ours");
    await world.settle();
    expect(await textOf(await world.send("/a", { cookie: "session=2" }))).toBe("ours");
  });

  test("an error of the origin is shared with all who wait for it, and kept from nobody later", async () => {
    const world = new ShardWorld();
    const all = [world.send("/a"), world.send("/a"), world.send("/a")];
    (await world.only()).answer(503, {}, "busy");
    for (const answer of await Promise.all(all)) expect(await textOf(answer)).toBe("busy");
    void world.send("/a");
    await world.only();
  });

  test("a request gives up at its own deadline, the flight goes on", async () => {
    const world = new ShardWorld();
    const hasty = world.send("/a", {}, { budgetMillis: 100 as never });
    const patient = world.send("/a");
    const asked = await world.only();
    await world.pass(101);
    expect((await hasty).status).toBe(504);
    asked.answer(200, FRESH, "late");
    expect(await textOf(await patient)).toBe("late");
  });

  test("a large body passes with little held, at the pace of its reader", async () => {
    const world = new ShardWorld();
    const answer = world.send("/big");
    const chunk = new Uint8Array(256 * 1024);
    const pipe = (await world.only()).stream(200, FRESH, 400 * chunk.byteLength);
    const { body } = await answer;
    if (body.kind !== "stream") throw new Error("expected a stream");
    const reader = body.open();
    for (let index = 0; index < 400; index += 1) pipe.write(chunk);
    pipe.end();
    await world.settle();
    expect(pipe.reads).toBeLessThan(10);
    let total = 0;
    for (let part = await reader.read(); part !== undefined; part = await reader.read()) total += part.byteLength;
    expect(total).toBe(400 * chunk.byteLength);
    await world.settle();
    expect(world.entries.held.items).toBe(0);
  });
});

describe("purges", () => {
  test("a fill that began before a purge is never served after it", async () => {
    const world = new ShardWorld();
    const request = world.send("/a");
    const before = await world.only();
    world.purge(URL_A);
    world.push();
    before.answer(200, FRESH, "old");
    (await world.only()).answer(200, FRESH, "new");
    expect(await textOf(await request)).toBe("new");
    await world.settle();
    expect(await textOf(await world.send("/a"))).toBe("new");
  });

  test("a tag that is known only from the answer is checked at release", async () => {
    const world = new ShardWorld();
    const request = world.send("/a");
    const before = await world.only();
    world.purge({ kind: "tag", tag: "shoes" });
    world.push();
    before.answer(200, { ...FRESH, "cache-tag": "shoes" }, "old");
    (await world.only()).answer(200, { ...FRESH, "cache-tag": "shoes" }, "new");
    expect(await textOf(await request)).toBe("new");
  });

  test("three hundred unrelated purges do not split a flight", async () => {
    const world = new ShardWorld();
    const all = [];
    for (let index = 0; index < 300; index += 1) {
      all.push(world.send("/a"));
      world.purge({ kind: "url", url: `http://site.test/other/${index}` });
      world.push();
      await world.settle();
    }
    (await world.only()).answer(200, FRESH, "one");
    for (const answer of await Promise.all(all)) expect(await textOf(answer)).toBe("one");
  });

  test("a request that comes after a matching purge does not join the flight from before it", async () => {
    const world = new ShardWorld();
    const early = world.send("/a");
    const first = await world.only();
    world.purge(URL_A);
    world.push();
    const late = world.send("/a");
    const second = await world.only();
    second.answer(200, FRESH, "new");
    first.answer(200, FRESH, "old");
    expect(await textOf(await late)).toBe("new");
    expect(await textOf(await early)).toBe("new");
  });

  test("a soft purge makes an entry stale, a hard one ends it, in either order", async () => {
    for (const order of [["soft", "hard"], ["hard", "soft"], ["soft"]] as const) {
      const world = new ShardWorld();
      const first = world.send("/a");
      (await world.only()).answer(200, { ...FRESH, etag: '"1"' }, "old");
      await first;
      await world.settle();
      for (const severity of order) world.purge(URL_A, severity);
      world.push();
      void world.send("/a");
      const { request } = await world.only();
      expect(request.fields.get("if-none-match")).toBe(order.length === 1 ? '"1"' : undefined);
    }
  });

  test("a 304 does not revive a body that a purge has ended meanwhile", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "max-age=1", etag: '"1"' }, "old");
    await first;
    await world.pass(400_000);
    const second = world.send("/a");
    const revalidation = await world.only();
    expect(revalidation.request.fields.get("if-none-match")).toBe('"1"');
    world.purge(URL_A);
    world.push();
    revalidation.answer(304, { etag: '"1"' });
    const refetch = await world.only();
    expect(refetch.request.fields.has("if-none-match")).toBe(false);
    refetch.answer(200, FRESH, "new");
    // Fetched with what was known when the flight began: fetched once more with the purge known, then released.
    await world.settle();
    for (const asked of world.asked.splice(0)) asked.answer(200, FRESH, "new");
    expect(await textOf(await second)).toBe("new");
  });

  test("a shield's answer that a purge known here has ended is fetched again, with the purge as condition", async () => {
    const world = new ShardWorld();
    const vector = world.purge(URL_A);
    const request = world.send("/a");
    const first = await world.only();
    expect(first.request.vector).toEqual(vector);
    const facts = {
      v: 1,
      answered: { outcome: "hit", by: "shield" },
      cacheStatus: [],
      seen: EMPTY_VECTOR,
      timings: {},
    } as const;
    first.answer(200, FRESH, "old", { facts });
    (await world.only()).answer(200, FRESH, "new", { facts: { ...facts, seen: vector } });
    expect(await textOf(await request)).toBe("new");
  });

  test("a shield that is behind its caller and cannot catch up says so and serves nothing", async () => {
    const world = new ShardWorld();
    const answer = await world.raw("/a", {}, { tier: "shield", vector: { "enam.other1": 3 } });
    expect(answer).toEqual({ v: 1, vector: EMPTY_VECTOR });
    expect(world.asked).toHaveLength(0);
  });

  test("a client's demand for a purge that this region cannot learn of is refused, not answered from older knowledge", async () => {
    const world = new ShardWorld();
    expect((await world.send("/a", {}, { vector: { "enam.other1": 3 } })).status).toBe(503);
  });

  test("knowledge is asked for when it is needed and old, and an idle shard asks nothing", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "max-age=600" }, "x");
    await first;
    expect(world.hubCalls).toBe(1);
    await world.send("/a");
    expect(world.hubCalls).toBe(1);
    await world.pass(60_000);
    expect(world.hubCalls).toBe(1);
    world.purge(URL_A);
    void world.send("/a");
    await world.only();
    expect(world.hubCalls).toBe(2);
  });

  test.each([
    ["serve", 200, "cut-off"],
    ["refuse", 503, "cut-off"],
  ] as const)("cut off from its hub, a route that says %s answers %i", async (whenCutOff, status, detail) => {
    const world = new ShardWorld({ ...CONFIG, routes: [{ name: "pages", origin: "shop", whenCutOff }] });
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "max-age=600" }, "x");
    await first;
    await world.settle();
    world.hubReachable = false;
    await world.pass(5_000);
    const answer = await world.send("/a");
    expect(answer.status).toBe(status);
    expect(statusOf(answer)).toContain(detail);
  });
});

describe("stale responses", () => {
  const SWR = { "cache-control": "max-age=1, stale-while-revalidate=600", etag: '"1"' };

  test("stale is served at the tier that faces clients, with one refresh however many ask", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, SWR, "old");
    await first;
    await world.pass(5_000);
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.send("/a")));
    for (const answer of answers) expect(await textOf(answer)).toBe("old");
    (await world.only()).answer(200, SWR, "new");
    await world.settle();
    expect(await textOf(await world.send("/a"))).toBe("new");
  });

  test("a shield never answers stale to a shard", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, SWR, "old");
    await first;
    await world.pass(5_000);
    const asked = world.send("/a", {}, { tier: "shield" });
    (await world.only()).answer(200, SWR, "new");
    expect(await textOf(await asked)).toBe("new");
  });

  test("when the origin fails, a stale entry is served to clients and never to a shard", async () => {
    for (const [tier, status] of [
      ["shard", 200],
      ["shield", 502],
    ] as const) {
      const world = new ShardWorld();
      const first = world.send("/a");
      (await world.only()).answer(200, { "cache-control": "max-age=1" }, "old");
      await first;
      await world.pass(5_000);
      const asked = world.send("/a", {}, { tier });
      (await world.only()).fail();
      expect((await asked).status).toBe(status);
    }
  });

  test("nothing stale is served that a purge has ended, even when the origin fails", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "max-age=1" }, "old");
    await first;
    await world.pass(5_000);
    const asked = world.send("/a");
    const revalidation = await world.only();
    world.purge(URL_A);
    world.push();
    revalidation.fail();
    expect((await asked).status).toBe(502);
  });
});

describe("what a stored response answers", () => {
  async function stored() {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { ...FRESH, etag: '"1"' }, "0123456789");
    await first;
    await world.settle();
    return world;
  }

  test("HEAD, conditions and ranges are answered from it", async () => {
    const world = await stored();
    const head = await world.send("/a", {}, {}, "HEAD");
    expect([head.status, head.body.kind]).toEqual([200, "none"]);
    expect((await world.send("/a", { "if-none-match": '"1"' })).status).toBe(304);
    const part = await world.send("/a", { range: "bytes=2-4" });
    expect([part.status, part.fields.get("content-range"), await textOf(part)]).toEqual([206, "bytes 2-4/10", "234"]);
    expect((await world.send("/a", { range: "bytes=10-" })).status).toBe(416);
  });

  test("a range of an object that is still coming is cut out of the stream", async () => {
    const world = new ShardWorld();
    const request = world.send("/a", { range: "bytes=3-6" });
    const asked = await world.only();
    // What is asked for is one segment, which all who want a part of the object can share.
    expect(asked.request.fields.get("range")).toBe("bytes=0-1048575");
    const pipe = asked.stream(200, { ...FRESH, etag: '"1"' }, 10);
    const answer = await request;
    pipe.write("01234");
    pipe.write("56789");
    pipe.end();
    expect(answer.status).toBe(206);
    expect(await textOf(answer)).toBe("3456");
  });

  test("only-if-cached gets 504 instead of a fill", async () => {
    const world = new ShardWorld();
    expect((await world.send("/a", { "cache-control": "only-if-cached" })).status).toBe(504);
    expect(world.asked).toHaveLength(0);
  });

  test("an unsafe method ends what is stored, and what is being filled meanwhile is not kept", async () => {
    const world = await stored();
    const post = world.send("/a", {}, {}, "POST");
    (await world.only()).answer(201, {}, "done");
    expect((await post).status).toBe(201);
    const filling = world.send("/a");
    const fill = await world.only();
    const again = world.send("/a", {}, {}, "POST");
    (await world.only()).answer(200, {}, "done");
    await again;
    fill.answer(200, FRESH, "from before the second POST");
    await filling;
    await world.settle();
    void world.send("/a");
    await world.only();
  });

  test("each variant is its own entry, chosen by what Vary names", async () => {
    const world = new ShardWorld();
    for (const language of ["en", "de"]) {
      const first = world.send("/a", { "accept-language": language });
      // The first answer says that the language counts: the origin is asked again, with it.
      if (language === "en") (await world.only()).answer(200, { ...FRESH, vary: "Accept-Language" }, "none");
      (await world.only()).answer(200, { ...FRESH, vary: "Accept-Language" }, language);
      await first;
      await world.settle();
    }
    expect(await textOf(await world.send("/a", { "accept-language": "de" }))).toBe("de");
    expect(await textOf(await world.send("/a", { "accept-language": "en" }))).toBe("en");
    expect(world.asked).toHaveLength(0);
  });
});
