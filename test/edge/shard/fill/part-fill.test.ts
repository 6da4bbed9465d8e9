// Parts that an origin gives: what is kept of them, what they answer, and when two of them are one object (RFC 9111 sections 3.3
// and 3.4, RFC 9110 section 15.3.7.3).

import { describe, expect, test } from "vitest";
import { CONFIG, ShardWorld, textOf } from "../../../fixtures/shard-world.ts";

const FRESH = { "cache-control": "max-age=60" };
const ALL = { ...CONFIG, routes: [{ name: "pages", origin: "shop", forward: "all" as const }] };

/** A world where the origin has given this part to a client that asked for `range`. */
async function withPart(range: string, contentRange: string, body: string, fields: Record<string, string> = {}) {
  const world = new ShardWorld(ALL);
  const first = world.send("/a", { range });
  const asked = await world.only();
  expect(asked.request.fields.get("range")).toBe(range);
  asked.answer(206, { ...FRESH, "content-range": contentRange, ...fields }, body);
  const answer = await first;
  expect([answer.status, await textOf(answer)]).toEqual([206, body]);
  await world.settle();
  return world;
}

describe("a part that is kept", () => {
  test.each([
    ["bytes=5-7", "567", "bytes 5-7/10"],
    ["bytes=5-", "56789", "bytes 5-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=-6", "456789", "bytes 4-9/10"],
  ])("answers %s", async (range, text, contentRange) => {
    const world = await withPart("bytes=-6", "bytes 4-9/10", "456789");
    const answer = await world.send("/a", { range });
    expect([answer.status, answer.fields.get("content-range"), await textOf(answer)]).toEqual([
      206,
      contentRange,
      text,
    ]);
    expect(world.asked).toHaveLength(0);
  });

  test("answers 416 and HEAD, for it knows the length", async () => {
    const world = await withPart("bytes=-6", "bytes 4-9/10", "456789");
    expect((await world.send("/a", { range: "bytes=10-" })).status).toBe(416);
    expect((await world.send("/a", {}, {}, "HEAD")).fields.get("content-length")).toBe("10");
    expect(world.asked).toHaveLength(0);
  });

  test("answers nothing beyond its bytes", async () => {
    for (const range of ["bytes=3-5", "bytes=-7", "bytes=0-"]) {
      const world = await withPart("bytes=-6", "bytes 4-9/10", "456789");
      void world.send("/a", { range });
      await world.only();
    }
  });

  test("that came up short is as long as what came", async () => {
    const world = await withPart("bytes=-6", "bytes 4-9/10", "45678");
    expect(await textOf(await world.send("/a", { range: "bytes=6-8" }))).toBe("678");
    void world.send("/a", { range: "bytes=-1" });
    await world.only();
  });

  test.each(["bytes 0-4/*", "bytes 0-10/10", "items 0-4/10", "nonsense"])(
    "is none if it says %s",
    async (contentRange) => {
      const world = await withPart("bytes=0-4", contentRange, "01234");
      void world.send("/a", { range: "bytes=0-1" });
      await world.only();
    },
  );

  test("is ended by a purge", async () => {
    const world = await withPart("bytes=-6", "bytes 4-9/10", "456789", { "cache-tag": "a" });
    world.purge({ kind: "tag", tag: "a" });
    world.push();
    void world.send("/a", { range: "bytes=5-7" });
    await world.only();
  });

  test("that is all of the object is the object", async () => {
    const world = await withWhole();
    expect(await textOf(await world.send("/a"))).toBe("0123456789");
  });
});

async function withWhole() {
  const world = new ShardWorld();
  const first = world.send("/a", { range: "bytes=2-3" });
  (await world.only()).answer(206, { ...FRESH, "content-range": "bytes 0-9/10" }, "0123456789");
  expect(await textOf(await first)).toBe("23");
  await world.settle();
  return world;
}

describe("what is missing", () => {
  test.each([
    ["bytes=0-4", "bytes 0-4/10", "01234", "bytes=5-", "bytes 5-9/10", "56789"],
    ["bytes=5-", "bytes 5-9/10", "56789", "bytes=0-4", "bytes 0-4/10", "01234"],
  ])("after %s is asked for alone, under the same tag", async (range, where, held, rest, whereRest, came) => {
    const world = await withPart(range, where, held, { etag: '"1"' });
    const whole = world.send("/a");
    const asked = await world.only();
    expect([asked.request.fields.get("range"), asked.request.fields.get("if-range")]).toEqual([rest, '"1"']);
    asked.answer(206, { ...FRESH, "content-range": whereRest, etag: '"1"' }, came);
    const answer = await whole;
    expect([answer.status, await textOf(answer), answer.fields.has("content-range")]).toEqual([
      200,
      "0123456789",
      false,
    ]);
    await world.settle();
    expect(await textOf(await world.send("/a", { range: "bytes=3-6" }))).toBe("3456");
    expect(world.asked).toHaveLength(0);
  });

  test.each([
    ["another tag", { etag: '"2"', "content-range": "bytes 5-9/10" }],
    ["a weak tag", { etag: 'W/"1"', "content-range": "bytes 5-9/10" }],
    ["no tag", { "content-range": "bytes 5-9/10" }],
    ["another length", { etag: '"1"', "content-range": "bytes 5-9/11" }],
    ["a gap", { etag: '"1"', "content-range": "bytes 6-9/10" }],
  ])("is not joined to what has %s: everything is fetched", async (_name, fields) => {
    const world = await withPart("bytes=0-4", "bytes 0-4/10", "01234", { etag: '"1"' });
    const whole = world.send("/a");
    (await world.only()).answer(206, { ...FRESH, ...fields } as Record<string, string>, "abcde");
    const all = await world.only();
    expect(all.request.fields.has("range")).toBe(false);
    all.answer(200, { ...FRESH, etag: '"2"' }, "abcdefghij");
    expect(await textOf(await whole)).toBe("abcdefghij");
  });

  test("that comes up short is not joined", async () => {
    const world = await withPart("bytes=0-4", "bytes 0-4/10", "01234", { etag: '"1"' });
    const whole = world.send("/a");
    (await world.only()).answer(206, { ...FRESH, etag: '"1"', "content-range": "bytes 5-9/10" }, "567");
    (await world.only()).answer(200, { ...FRESH, etag: '"1"' }, "0123456789");
    expect(await textOf(await whole)).toBe("0123456789");
  });

  test("of another version comes whole, and takes the part's place", async () => {
    const world = await withPart("bytes=0-4", "bytes 0-4/10", "01234", { etag: '"1"' });
    const whole = world.send("/a");
    (await world.only()).answer(200, { ...FRESH, etag: '"2"' }, "abcdefghij");
    expect(await textOf(await whole)).toBe("abcdefghij");
    await world.settle();
    expect(await textOf(await world.send("/a", { range: "bytes=0-4" }))).toBe("abcde");
  });
});
