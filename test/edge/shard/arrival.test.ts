// What an origin sends is brought into order once, where it arrives.

import { expect, test } from "vitest";
import { ShardWorld } from "../../fixtures/shard-world.ts";

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
