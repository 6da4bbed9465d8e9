// What an origin sends is brought into order once, where it arrives.

import { describe, expect, test } from "vitest";
import { ShardWorld, textOf } from "../../../fixtures/shard-world.ts";

const FRESH = { "cache-control": "max-age=60" };

test("fields that an answer's Connection names are neither stored nor handed on", async () => {
  const world = new ShardWorld();
  const first = world.send("/a");
  (await world.only()).answer(200, { ...FRESH, connection: "x-hop", "x-hop": "1", "x-end": "2" }, "body");
  expect((await first).fields.has("x-hop")).toBe(false);
  await world.settle();
  const second = await world.send("/a");
  expect(second.fields.has("x-hop")).toBe(false);
  expect(second.fields.has("connection")).toBe(false);
  expect(second.fields.get("x-end")).toBe("2");
});

test("the same holds for what no cache takes part in", async () => {
  const world = new ShardWorld();
  const answer = world.send("/a", {}, {}, "POST");
  (await world.only()).answer(200, { connection: "x-hop", "x-hop": "1" });
  expect((await answer).fields.has("x-hop")).toBe(false);
});

test.each([undefined, "yesterday"])(
  "an answer whose Date is %s gets that of its receipt, and keeps it",
  async (date) => {
    const world = new ShardWorld();
    const first = world.send("/a");
    const asked = await world.only();
    const receivedAt = new Date(world.now).toUTCString();
    asked.answer(200, { ...FRESH, ...(date === undefined ? { date: "" } : { date }) }, "body");
    expect((await first).fields.get("date")).toBe(receivedAt);
    await world.pass(30_000);
    expect((await world.send("/a")).fields.get("date")).toBe(receivedAt);
  },
);

test("a Date that the origin gives stays as it is", async () => {
  const world = new ShardWorld();
  const given = new Date(world.now - 5_000).toUTCString();
  const first = world.send("/a");
  (await world.only()).answer(200, { ...FRESH, date: given }, "body");
  expect((await first).fields.get("date")).toBe(given);
});

test("what a shield hands on is taken as it comes", async () => {
  const world = new ShardWorld();
  const first = world.send("/a");
  const facts = { v: 1, answered: { outcome: "miss", by: "origin" }, cacheStatus: [], timings: {}, seen: {} } as const;
  (await world.only()).answer(200, { ...FRESH, date: "" }, "body", { facts });
  expect((await first).fields.get("date")).toBe("");
});

describe("an answer that was not asked for", () => {
  const passing = { passes: true };
  test.each([
    ["GET", {}],
    ["HEAD", {}],
    ["GET", passing],
  ] as const)("is a 502 where it is a 304, to %s (%j), and nothing is stored of it", async (method, context) => {
    const world = new ShardWorld();
    const first = world.send("/a", {}, context, method);
    (await world.only()).answer(304, { ...FRESH, etag: '"a"' });
    expect((await first).status).toBe(502);
    if (method === "GET") expect(await textOf(await first)).toContain("origin-not-modified-unasked");
    await world.settle();
    expect(world.entries.held.items).toBe(0);
  });

  test.each<Record<string, string>>([{ "content-range": "bytes 0-3/10" }, { "content-range": "bytes 0-3/*" }, {}])(
    "is a 502 where it is a part (%j)",
    async (fields) => {
      const world = new ShardWorld();
      const first = world.send("/a");
      (await world.only()).answer(206, { ...FRESH, ...fields }, "body");
      expect(await textOf(await first)).toContain("origin-part-unasked");
    },
  );

  test("is what it should have been where a part is all there is", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(206, { ...FRESH, "content-range": "bytes 0-3/4" }, "body");
    const answer = await first;
    expect([answer.status, answer.fields.has("content-range"), await textOf(answer)]).toEqual([200, false, "body"]);
    await world.settle();
    expect((await world.send("/a")).status).toBe(200);
  });

  test("is one where the client asked: conditions and ranges that pass through have their answers", async () => {
    const world = new ShardWorld();
    const confirmed = world.send("/a", { "if-none-match": '"a"' }, passing);
    (await world.only()).answer(304, { etag: '"a"' });
    expect((await confirmed).status).toBe(304);
    const dated = world.send("/a", { "if-modified-since": new Date(world.now).toUTCString() }, passing);
    (await world.only()).answer(304, {});
    expect((await dated).status).toBe(304);
    const part = world.send("/a", { range: "bytes=0-3" }, passing);
    (await world.only()).answer(206, { "content-range": "bytes 0-3/10" }, "body");
    expect((await part).status).toBe(206);
  });

  test("leaves what is stored to those who may have it stale", async () => {
    const world = new ShardWorld();
    const first = world.send("/a");
    (await world.only()).answer(200, { "cache-control": "max-age=60, stale-if-error=600" }, "body");
    await first;
    await world.pass(61_000);
    const second = world.send("/a");
    (await world.only()).answer(304, FRESH);
    expect(await textOf(await second)).toBe("body");
  });
});
