// Large objects in a shard: what is fetched for what is asked, bytes at every boundary, one fetch for many, and what becomes
// of a reader when the object changes, is purged or comes up short.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MiB } from "../../../../config/units.ts";
import { spooledBytes } from "../../../../edge/body/spool.ts";
import { SHARD_LIMITS } from "../../../../edge/shard/limits.ts";
import { bodyOf, bytesOf, LargeOrigin, taken, untilDone } from "../../../fixtures/large-origin.ts";
import { CONFIG, ShardWorld, statusOf } from "../../../fixtures/shard-world.ts";

const SIZE = SHARD_LIMITS.segmentBytes;
const URL_A = { kind: "url", url: "http://site.test/a" } as const;

/** A world with a large object behind it, and one way to ask for it. */
function large(total = 4 * SIZE + 1) {
  const origin = new LargeOrigin(total);
  const world = new ShardWorld();
  const ask = async (range?: string, fields: Record<string, string> = {}) => {
    const sent = world.send("/a", range === undefined ? fields : { range, ...fields });
    const answer = await untilDone(world, origin, sent);
    const read = answer.body.kind === "none" ? Promise.resolve(new Uint8Array()) : bodyOf(answer);
    read.catch(() => undefined);
    const bytes = await untilDone(world, origin, read);
    await world.settle();
    return { answer, bytes, status: answer.status, contentRange: answer.fields.get("content-range") };
  };
  return { origin, world, ask };
}

const sameBytes = (bytes: Uint8Array, version: number, first: number, last: number): boolean =>
  Buffer.compare(bytes, bytesOf(version, first, last)) === 0;

describe("what is fetched", () => {
  test("a range of a cold large object costs its segment and nothing else", async () => {
    const { origin, ask } = large();
    const got = await ask(`bytes=${2 * SIZE + 5}-${2 * SIZE + 9}`);
    expect([got.status, got.contentRange]).toEqual([206, `bytes ${2 * SIZE + 5}-${2 * SIZE + 9}/${origin.total}`]);
    expect(sameBytes(got.bytes, 1, 2 * SIZE + 5, 2 * SIZE + 9)).toBe(true);
    expect(origin.asked).toEqual([`${2 * SIZE}-${3 * SIZE - 1}`]);
    expect(origin.bytesTaken).toBe(SIZE);
  });

  test("what has been fetched is there, and a range beside it costs only what is missing", async () => {
    const { origin, ask } = large();
    await ask(`bytes=${SIZE}-${SIZE}`);
    expect(statusOf((await ask(`bytes=${SIZE + 7}-${SIZE + 8}`)).answer)).toMatch(/hit/);
    expect(origin.asked).toHaveLength(1);
    const over = await ask(`bytes=${2 * SIZE - 2}-${2 * SIZE + 1}`);
    expect(sameBytes(over.bytes, 1, 2 * SIZE - 2, 2 * SIZE + 1)).toBe(true);
    expect(origin.asked.slice(1)).toEqual([`${2 * SIZE}-${3 * SIZE - 1}`]);
  });

  test("a head in store is no hit for bytes that had to be fetched", async () => {
    const { ask } = large();
    await ask("bytes=0-0");
    expect(statusOf((await ask(`bytes=${SIZE}-${SIZE}`)).answer)).toMatch(/fwd=partial;fwd-status=206/);
  });

  test("the whole is fetched once, cut up as it passes, and read from store by the next", async () => {
    const { origin, ask, world } = large();
    const first = await ask();
    expect([first.status, sameBytes(first.bytes, 1, 0, origin.total - 1)]).toEqual([200, true]);
    expect(origin.asked).toEqual(["whole"]);
    const second = await ask();
    expect(sameBytes(second.bytes, 1, 0, origin.total - 1)).toBe(true);
    expect(statusOf(second.answer)).toMatch(/hit;ttl=600/);
    expect(origin.asked).toEqual(["whole"]);
    // Head and five segments.
    expect(world.entries.held.items).toBe(6);
  });

  test("HEAD and conditions are answered from the head alone", async () => {
    const { origin, ask, world } = large();
    await ask("bytes=0-0");
    const head = await world.send("/a", {}, {}, "HEAD");
    expect([head.status, head.fields.get("content-length")]).toEqual([200, `${origin.total}`]);
    expect((await world.send("/a", { "if-none-match": '"v1"' })).status).toBe(304);
    expect((await world.send("/a", { range: `bytes=${origin.total}-` })).status).toBe(416);
    expect(origin.asked).toHaveLength(1);
  });

  test("several ranges come in one body, each from its own segment", async () => {
    const { origin, ask } = large();
    const got = await ask(`bytes=${3 * SIZE}-${3 * SIZE + 2},0-1,-1`);
    expect(got.status).toBe(206);
    expect(got.answer.fields.get("content-type")).toMatch(/^multipart\/byteranges; boundary=/);
    const text = Buffer.from(got.bytes).toString("latin1");
    expect([...text.matchAll(/Content-Range: (.*)\r/g)].map((match) => match[1])).toEqual([
      `bytes ${3 * SIZE}-${3 * SIZE + 2}/${origin.total}`,
      `bytes 0-1/${origin.total}`,
      `bytes ${origin.total - 1}-${origin.total - 1}/${origin.total}`,
    ]);
    expect(text).toContain(Buffer.from(bytesOf(1, 3 * SIZE, 3 * SIZE + 2)).toString("latin1"));
    expect(got.bytes.byteLength).toBe(Number(got.answer.fields.get("content-length")));
    expect(new Set(origin.asked)).toEqual(
      new Set([`0-${SIZE - 1}`, `${3 * SIZE}-${4 * SIZE - 1}`, `${4 * SIZE}-${4 * SIZE}`]),
    );
  });

  test.each([
    ["a weak tag", { etag: 'W/"v1"' }],
    ["no ranges", { "accept-ranges": "none" }],
  ])("an object with %s passes through and is not cut", async (_name, fields) => {
    const { origin, ask, world } = large(9 * MiB);
    origin.fields = fields;
    const { bytes } = await ask();
    expect(sameBytes(bytes, 1, 0, origin.total - 1)).toBe(true);
    await world.settle();
    expect(world.entries.held.items).toBe(0);
  });

  test("what may not be stored is passed on in the part that the client asked for", async () => {
    const { origin, ask } = large();
    origin.fields = { "cache-control": "no-store" };
    const got = await ask("bytes=5-9");
    expect([got.status, got.contentRange, got.bytes.byteLength]).toEqual([206, `bytes 5-9/${origin.total}`, 5]);
    expect(origin.asked.at(-1)).toBe("5-9");
  });

  test("a small object is fetched whole, whatever range is asked for first", async () => {
    const { origin, ask } = large(3 * SIZE);
    const got = await ask(`bytes=${2 * SIZE}-${2 * SIZE + 3}`);
    expect(sameBytes(got.bytes, 1, 2 * SIZE, 2 * SIZE + 3)).toBe(true);
    expect(origin.asked.at(-1)).toBe("whole");
    const count = origin.asked.length;
    expect((await ask()).bytes.byteLength).toBe(3 * SIZE);
    expect(origin.asked).toHaveLength(count);
  });
});

describe("boundaries", () => {
  const totals = [4 * SIZE - 1, 4 * SIZE, 4 * SIZE + 1];
  test.each(totals)("of %i bytes every range has its bytes, however it lies to the segments", async (total) => {
    const { ask } = large(total);
    const edge = fc
      .tuple(fc.integer({ min: 0, max: Math.ceil(total / SIZE) }), fc.integer({ min: -2, max: 2 }))
      .map(([index, offset]) => Math.max(0, index * SIZE + offset));
    const range = fc.oneof(
      fc.tuple(edge, edge).map(([a, b]) => `bytes=${Math.min(a, b)}-${Math.max(a, b)}`),
      edge.map((first) => `bytes=${first}-`),
      edge.map((wanted) => `bytes=-${wanted}`),
    );
    await fc.assert(
      fc.asyncProperty(range, async (field) => {
        const { status, bytes, contentRange } = await ask(field);
        const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(field) ?? [];
        const first = from === "" ? Math.max(0, total - Number(to)) : Number(from);
        const last = from === "" || to === "" ? total - 1 : Math.min(total - 1, Number(to));
        if (first > last) {
          expect([status, contentRange]).toEqual([416, `bytes */${total}`]);
          return;
        }
        expect([status, contentRange, bytes.byteLength]).toEqual([
          206,
          `bytes ${first}-${last}/${total}`,
          last - first + 1,
        ]);
        expect(sameBytes(bytes, 1, first, last)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    [-1, 1],
    [0, 1],
    [1, 6],
  ])("an object %i bytes from the threshold is stored in one piece or in segments", async (beyond, items) => {
    const threshold = Math.floor((64 * MiB) / 20);
    const { ask, world } = large(threshold + beyond);
    await ask();
    expect(world.entries.held.items).toBe(beyond > 0 ? 1 + Math.ceil((threshold + beyond) / SIZE) : items);
  });
});

describe("many at once", () => {
  test("fifty clients that ask for overlapping ranges of a cold object cost each segment once", async () => {
    const { origin, world } = large(8 * SIZE);
    const sent = Array.from({ length: 50 }, (_, index) => {
      const first = (index % 10) * (SIZE / 4);
      return { first, last: first + SIZE, answer: world.send("/a", { range: `bytes=${first}-${first + SIZE}` }) };
    });
    const read = sent.map(async ({ first, last, answer }) => sameBytes(await bodyOf(await answer), 1, first, last));
    const same = await untilDone(world, origin, Promise.all(read));
    expect(same.every(Boolean)).toBe(true);
    expect(new Set(origin.asked).size).toBe(origin.asked.length);
    expect(origin.asked).toHaveLength(4);
    expect(origin.bytesTaken).toBe(4 * SIZE);
  });

  test("readers of the whole share one fetch, also one that comes when half has passed and one that is slow", async () => {
    const { origin, world } = large(6 * SIZE);
    const slow = await untilDone(world, origin, world.send("/a"));
    const fast = await untilDone(world, origin, world.send("/a"));
    const reading = bodyOf(fast);
    await untilDone(world, origin, reading);
    const late = await untilDone(world, origin, world.send("/a"));
    const all = await untilDone(world, origin, Promise.all([bodyOf(slow), reading, bodyOf(late)]));
    for (const bytes of all) expect(sameBytes(bytes, 1, 0, origin.total - 1)).toBe(true);
    expect(origin.asked).toEqual(["whole"]);
  });

  test("a reader that goes away ends the fetch after the segment under way; the next goes on from there", async () => {
    const { origin, world, ask } = large(8 * SIZE);
    const answer = await untilDone(world, origin, world.send("/a"));
    if (answer.body.kind !== "stream") throw new Error("expected a stream");
    answer.body.open().cancel();
    for (let round = 0; round < 20; round += 1) await world.settle();
    expect(origin.bytesTaken).toBeLessThanOrEqual(3 * SIZE);
    const { bytes } = await ask();
    expect(sameBytes(bytes, 1, 0, origin.total - 1)).toBe(true);
    expect(origin.asked.filter((range) => range === "whole")).toHaveLength(1);
  });

  test("a reader that stops takes no more than a few segments of memory, and leaves none behind", async () => {
    const before = spooledBytes();
    const { origin, world } = large(9 * SIZE);
    const answer = await untilDone(world, origin, world.send("/a"));
    for (let round = 0; round < 100; round += 1) await world.settle();
    expect(spooledBytes() - before).toBeLessThanOrEqual(4 * SIZE);
    expect(origin.bytesTaken).toBeLessThanOrEqual(4 * SIZE);
    if (answer.body.kind === "stream") answer.body.open().cancel();
    for (let round = 0; round < 100; round += 1) await world.settle();
    expect(spooledBytes()).toBe(before);
  });
});

/** The one version whose bytes these are; fails the test if they are of several, or none. */
function versionOf(bytes: Uint8Array, first: number): number {
  const version = [1, 2, 3].find((one) => sameBytes(bytes, one, first, first + bytes.byteLength - 1));
  if (version === undefined) throw new Error("bytes of more than one version");
  return version;
}

describe("an object that changes", () => {
  test("between two segments: before the first byte the answer is the new version", async () => {
    const { origin, ask } = large();
    await ask("bytes=0-0");
    origin.version = 2;
    const got = await ask(`bytes=${SIZE}-${SIZE + 9}`);
    expect([got.status, got.answer.fields.get("etag"), versionOf(got.bytes, SIZE)]).toEqual([206, '"v2"', 2]);
    // The old set is dropped: its first segment is not served any more.
    expect(versionOf((await ask("bytes=0-9")).bytes, 0)).toBe(2);
  });

  test("between two segments: after the first byte the answer breaks off, and the next reader gets the new version", async () => {
    const { origin, ask, world } = large();
    await ask("bytes=0-0");
    origin.version = 2;
    const answer = await untilDone(world, origin, world.send("/a"));
    expect(answer.fields.get("etag")).toBe('"v1"');
    const got = await untilDone(world, origin, taken(answer));
    expect([got.broke, versionOf(got.bytes, 0)]).toEqual([true, 1]);
    expect(got.bytes.byteLength).toBeLessThan(origin.total);
    expect(versionOf((await ask()).bytes, 0)).toBe(2);
  });

  test("each time that it is looked at ends in one answer of one version", async () => {
    const { origin, ask, world } = large();
    await ask("bytes=0-0");
    // Another version at each look.
    let looks = 0;
    Object.defineProperty(origin, "version", {
      get: () => {
        looks += 1;
        return (looks % 3) + 1;
      },
    });
    const sent = world.send("/a", { range: `bytes=${SIZE}-${SIZE + 9}` });
    const answer = await untilDone(world, origin, sent);
    const got = await untilDone(world, origin, taken(answer));
    expect([answer.status, got.broke]).toEqual([206, false]);
    versionOf(got.bytes, SIZE);
  });

  test("any schedule of changes and purges gives bytes of one version, and a clean end only with all of them", async () => {
    const step = fc.constantFrom("change", "purge", "read", "range");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const { origin, world } = large(4 * SIZE);
        const reading: Promise<void>[] = [];
        for (const [index, what] of steps.entries()) {
          if (what === "change") origin.version = (origin.version % 3) + 1;
          else if (what === "purge") {
            world.purge(URL_A);
            world.push();
          } else {
            const first = what === "read" ? 0 : (index % 4) * SIZE;
            const answer = await untilDone(
              world,
              origin,
              world.send("/a", what === "read" ? {} : { range: `bytes=${first}-` }),
            );
            reading.push(
              taken(answer).then(({ bytes, broke }) => {
                const version = versionOf(bytes, first);
                expect(answer.fields.get("etag")).toBe(`"v${version}"`);
                if (!broke) expect(bytes.byteLength).toBe(origin.total - first);
              }),
            );
            await world.settle();
          }
        }
        await untilDone(world, origin, Promise.all(reading));
      }),
      { numRuns: 12 },
    );
  });
});

describe("purges", () => {
  test("a purge between two segments ends head and segments; a reader that began finishes with one version or breaks off", async () => {
    const { origin, ask, world } = large();
    await ask("bytes=0-0");
    const answer = await untilDone(world, origin, world.send("/a"));
    world.purge(URL_A);
    world.push();
    origin.version = 2;
    const got = await untilDone(world, origin, taken(answer));
    expect(versionOf(got.bytes, 0)).toBe(1);
    expect(got.broke || got.bytes.byteLength === origin.total).toBe(true);
    expect(versionOf((await ask()).bytes, 0)).toBe(2);
  });

  test("a purge by a tag that only the head carries ends the segments, too", async () => {
    const { origin, ask, world } = large();
    origin.fields = { "cache-tag": "films" };
    await ask();
    origin.fields = {};
    world.purge({ kind: "tag", tag: "films" });
    world.push();
    const before = origin.asked.length;
    await ask(`bytes=${SIZE}-${SIZE}`);
    expect(origin.asked.slice(before)).toEqual([`${SIZE}-${2 * SIZE - 1}`]);
  });

  test("after a soft purge the head is confirmed and the segments are used again", async () => {
    const { origin, ask, world } = large();
    await ask();
    world.purge(URL_A, "soft");
    world.push();
    const sent = world.send("/a", { range: "bytes=7-9" });
    const asked = await world.only();
    expect(asked.request.fields.get("if-none-match")).toBe('"v1"');
    asked.answer(304, { etag: '"v1"', "cache-control": "max-age=600" });
    const got = await bodyOf(await sent);
    expect(sameBytes(got, 1, 7, 9)).toBe(true);
    expect(origin.asked).toEqual(["whole"]);
  });
});

describe("a body that comes up short", () => {
  test.each(["breaks", "ends"] as const)(
    "the whole: one that %s breaks off for its reader, and what is missing is not stored",
    async (truncation) => {
      const { origin, ask, world } = large();
      Object.assign(origin, { truncation, truncateAfter: SIZE / 2 });
      const answer = await untilDone(world, origin, world.send("/a"));
      const got = await untilDone(world, origin, taken(answer));
      expect([got.broke, versionOf(got.bytes, 0)]).toEqual([true, 1]);
      expect(got.bytes.byteLength).toBeLessThanOrEqual(SIZE / 2);
      origin.truncateAfter = Number.POSITIVE_INFINITY;
      expect(sameBytes((await ask()).bytes, 1, 0, origin.total - 1)).toBe(true);
    },
  );

  test.each(["breaks", "ends"] as const)(
    "a segment: one that %s breaks off, and is fetched again by the next",
    async (truncation) => {
      const { origin, ask, world } = large();
      await ask("bytes=0-0");
      Object.assign(origin, { truncation, truncateAfter: SIZE / 2 });
      const answer = await untilDone(world, origin, world.send("/a", { range: `bytes=${SIZE}-` }));
      expect((await untilDone(world, origin, taken(answer))).broke).toBe(true);
      origin.truncateAfter = Number.POSITIVE_INFINITY;
      expect(sameBytes((await ask(`bytes=${SIZE}-`)).bytes, 1, SIZE, origin.total - 1)).toBe(true);
    },
  );

  test("the whole: what was held of a segment that broke off is let go", async () => {
    const before = spooledBytes();
    const { origin, world } = large();
    Object.assign(origin, { truncation: "breaks", truncateAfter: SIZE + SIZE / 2 });
    const answer = await untilDone(world, origin, world.send("/a"));
    await untilDone(world, origin, taken(answer));
    for (let round = 0; round < 20; round += 1) await world.settle();
    expect(spooledBytes()).toBe(before);
  });

  test("what is missing of the whole is had by its segments, where the origin gives those", async () => {
    const { origin, ask } = large();
    origin.truncateAfter = 2 * SIZE + 100;
    expect(sameBytes((await ask()).bytes, 1, 0, origin.total - 1)).toBe(true);
    expect(origin.asked).toContain(`${3 * SIZE}-${4 * SIZE - 1}`);
  });

  test("a segment whose origin fails before its first byte is an error, not an empty answer", async () => {
    const { ask, world, origin } = large();
    await ask("bytes=0-0");
    const sent = world.send("/a", { range: `bytes=${SIZE}-${SIZE}` });
    (await world.only()).fail();
    expect((await sent).status).toBe(502);
    expect(origin.asked).toHaveLength(1);
  });
});

describe("tiers", () => {
  test("a shard takes segments from its shield by their own key, and stores what both may keep", async () => {
    const { origin, world } = large();
    const shield = new ShardWorld(CONFIG);
    const answer = world.send("/a", { range: `bytes=${SIZE}-${SIZE + 3}` });
    const relay = async () => {
      for (let round = 0; round < 200; round += 1) {
        await world.settle();
        for (const asked of world.asked.splice(0)) {
          const { request } = asked;
          const below = shield.shard.handle({ ...request, context: { ...request.context, tier: "shield" } });
          void untilDone(shield, origin, below).then((response) => {
            if (!("status" in response)) throw new Error("behind");
            asked.hand(response);
          });
        }
        await shield.settle();
      }
    };
    const read = answer.then(bodyOf);
    await relay();
    expect(sameBytes(await read, 1, SIZE, SIZE + 3)).toBe(true);
    expect(origin.asked).toEqual([`${SIZE}-${2 * SIZE - 1}`]);
    // A head and a segment in each.
    expect([world.entries.held.items, shield.entries.held.items]).toEqual([2, 2]);
  });
});
