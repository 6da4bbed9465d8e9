// A purge whose origin lags: what the shard does, as either tier, with old bytes that come after the purge, and with new ones.
// In each test the origin answers as if it had not heard of its own change yet.

import { expect, test } from "vitest";
import { MiB } from "../../../../config/units.ts";
import { bodyOf, bytesOf, LargeOrigin, untilDone } from "../../../fixtures/large-origin.ts";
import { ShardWorld, statusOf, textOf } from "../../../fixtures/shard-world.ts";

const URL = { kind: "url", url: "http://site.test/a" } as const;
const old = { "cache-control": "max-age=600", etag: '"v1"' };
const young = { "cache-control": "max-age=600", etag: '"v2"' };

/** A world in which `/a` was stored and then purged with these wishes, which the shard has heard of. */
async function purged(wishes: Parameters<ShardWorld["purge"]>[2], severity: "soft" | "hard" = "hard") {
  const world = new ShardWorld();
  const first = world.send("/a");
  (await world.only()).answer(200, old, "old");
  await textOf(await first);
  world.purge(URL, severity, wishes);
  world.push();
  return world;
}
/** Asks, has the tier above answer, and gives what came. */
async function filled(
  world: ShardWorld,
  fields: Record<string, string>,
  body: string,
  tier: "shard" | "shield" = "shard",
) {
  const sent = world.send("/a", {}, { tier });
  const asked = await world.only();
  asked.answer(body === "" ? 304 : 200, fields, body);
  const answer = await sent;
  const text = await textOf(answer);
  await world.settle();
  return { answer, text, status: statusOf(answer), asked };
}
const isStored = async (world: ShardWorld): Promise<boolean> => {
  const answer = world.send("/a");
  await world.settle();
  const asked = world.asked.splice(0);
  for (const one of asked) one.fail();
  await answer;
  return asked.length === 0;
};

test("without a settle time the old bytes come back, and stay", async () => {
  const world = await purged({});
  expect((await filled(world, old, "old")).status).toContain("stored");
  expect(await textOf(await world.send("/a"))).toBe("old");
});

test.each(["shard", "shield"] as const)("with one a %s releases them and keeps them not", async (tier) => {
  const world = await purged({ settleSeconds: 10 });
  const got = await filled(world, old, "old", tier);
  expect([got.text, got.status]).toEqual(["old", `meridian-${tier};fwd=uri-miss;fwd-status=200;detail=settling`]);
  expect(got.answer.facts).toMatchObject({ settling: true });
  expect(got.answer.facts).not.toHaveProperty("personal");
  expect(await isStored(world)).toBe(false);
});

test("what is fetched when the time is over is kept, and what was fetched a moment before is not", async () => {
  const world = await purged({ settleSeconds: 10 });
  await world.pass(9_999);
  const sent = world.send("/a");
  const late = await world.only();
  await world.pass(1);
  late.answer(200, old, "old");
  expect(statusOf(await sent)).toContain("detail=settling");
  expect((await filled(world, young, "new")).status).toContain("stored");
  expect(await textOf(await world.send("/a"))).toBe("new");
});

test("all who wait share the one fetch, and whoever comes when its head is there does not", async () => {
  const world = await purged({ settleSeconds: 10 });
  const waiting = Array.from({ length: 300 }, () => world.send("/a"));
  const pipe = (await world.only()).stream(200, old, 6);
  const answers = await Promise.all(waiting);
  expect(answers.map(({ facts }) => facts.settling)).toEqual(new Array(300).fill(true));
  const texts = Promise.all(answers.map(textOf));
  pipe.write("old");
  const later = world.send("/a");
  (await world.only()).answer(200, young, "new");
  expect(await textOf(await later)).toBe("new");
  pipe.write("old");
  pipe.end();
  expect(new Set(await texts)).toEqual(new Set(["oldold"]));
  expect(await isStored(world)).toBe(false);
});

test("a shard whose own time is over, or that has not heard of the purge, believes the shield", async () => {
  const world = new ShardWorld();
  const sent = world.send("/a");
  const asked = await world.only();
  const shield = await purged({ settleSeconds: 10 });
  const above = (await filled(shield, old, "old", "shield")).answer;
  asked.answer(200, old, "old", { facts: above.facts });
  expect(statusOf(await sent)).toContain("detail=settling");
  expect((await sent).facts).toMatchObject({ settling: true });
  expect(await isStored(world)).toBe(false);
});

test("new bytes are kept at once where the purge says how to tell them", async () => {
  const world = await purged({ settleSeconds: 10, minVersion: { notEtags: ['"v1"'] } });
  // As compressed copies of it are marked.
  expect((await filled(world, { ...old, etag: 'W/"v1"' }, "old")).status).toContain("settling");
  expect((await filled(world, young, "new")).status).toContain("stored");
  expect(await isStored(world)).toBe(true);
});

test("or by their date", async () => {
  const world = await purged({ settleSeconds: 10, minVersion: { lastModified: new ShardWorld().now } });
  const dated = (text: string) => ({ "cache-control": "max-age=600", "last-modified": text });
  expect((await filled(world, dated("Wed, 31 Dec 2025 23:59:59 GMT"), "old")).status).toContain("settling");
  expect((await filled(world, { "cache-control": "max-age=600" }, "undated")).status).toContain("settling");
  expect((await filled(world, dated("Thu, 01 Jan 2026 00:00:00 GMT"), "new")).status).toContain("stored");
});

test("an origin that confirms old bytes after a soft purge does not make them fresh again", async () => {
  const world = await purged({ settleSeconds: 10 }, "soft");
  const confirmed = await filled(world, old, "");
  expect([confirmed.text, confirmed.asked.request.fields.get("if-none-match")]).toEqual(["old", '"v1"']);
  expect(confirmed.status).toContain("detail=settling");
  expect((await filled(world, young, "new")).text).toBe("new");
});

test("nor does its answer to a HEAD", async () => {
  const world = await purged({ settleSeconds: 10 }, "soft");
  const head = world.send("/a", { "cache-control": "no-cache" }, {}, "HEAD");
  (await world.only()).answer(200, old);
  await head;
  expect((await filled(world, young, "new")).text).toBe("new");
});

test("a tag that only the answer shows settles it too", async () => {
  const world = new ShardWorld();
  world.purge({ kind: "tag", tag: "t" }, "hard", { settleSeconds: 10 });
  world.push();
  expect((await filled(world, { ...old, "cache-tag": "t" }, "old")).status).toContain("settling");
  expect(await isStored(world)).toBe(false);
});

test("nothing of a large object is kept either, whole or in part", async () => {
  const world = new ShardWorld();
  const origin = new LargeOrigin(5 * MiB);
  world.purge(URL, "hard", { settleSeconds: 10 });
  world.push();
  const ask = async (fields: Record<string, string>) => {
    const answer = await untilDone(world, origin, world.send("/a", fields));
    return { answer, bytes: await untilDone(world, origin, bodyOf(answer)) };
  };
  const part = await ask({ range: "bytes=100-199" });
  expect(Buffer.from(part.bytes).equals(bytesOf(1, 100, 199))).toBe(true);
  expect(part.answer.facts).toMatchObject({ settling: true });
  const whole = await ask({});
  expect([whole.bytes.byteLength, whole.answer.facts.settling]).toEqual([5 * MiB, true]);
  origin.version = 2;
  expect(Buffer.from((await ask({ range: "bytes=100-199" })).bytes).equals(bytesOf(2, 100, 199))).toBe(true);
  expect(Buffer.from((await ask({})).bytes).equals(bytesOf(2, 0, 5 * MiB - 1))).toBe(true);
  await world.pass(10_000);
  await ask({});
  const before = origin.asked.length;
  await ask({ range: "bytes=100-199" });
  expect(origin.asked.length).toBe(before);
});
