// What is said of an answer that is partly stored, and what is counted: RFC 9211, for a large object in segments.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SHARD_LIMITS } from "../../../../edge/shard/limits.ts";
import { segmentsWith, shareOf } from "../../../../edge/shard/segments/stored-share.ts";
import { bytesOf, LargeOrigin, taken, untilDone } from "../../../fixtures/large-origin.ts";
import { ShardWorld, statusOf } from "../../../fixtures/shard-world.ts";

const SIZE = SHARD_LIMITS.segmentBytes;

function large(total = 6 * SIZE) {
  const origin = new LargeOrigin(total);
  const world = new ShardWorld();
  const ask = async (range?: string) => {
    const before = { ...world.served };
    const answer = await untilDone(world, origin, world.send("/a", range === undefined ? {} : { range }));
    const { bytes, broke } = await untilDone(world, origin, taken(answer));
    await world.settle();
    const served = { stored: world.served.stored - before.stored, fetched: world.served.fetched - before.fetched };
    return { answer, bytes, broke, served, status: statusOf(answer), answered: answer.facts.answered };
  };
  return { origin, world, ask };
}

describe("an answer from a large object", () => {
  test("is no hit where one byte was stored and the rest is fetched, and says how much is which", async () => {
    const { ask } = large();
    await ask("bytes=0-0");
    const got = await ask(`bytes=0-${4 * SIZE - 1}`);
    const [stored, fetched] = [SIZE, 3 * SIZE];
    const share = `meridian-stored=${stored};meridian-fetched=${fetched}`;
    expect(got.status).toBe(`meridian-shard;fwd=partial;stored;${share};ttl=600`);
    expect(got.answered).toEqual({ outcome: "partial", by: "shard" });
    expect(got.served).toEqual({ stored, fetched });
  });

  test("is a hit where all of it is stored, whichever part of the object that is", async () => {
    const { ask, origin } = large();
    await ask(`bytes=${SIZE}-${3 * SIZE - 1}`);
    const asked = origin.asked.length;
    const got = await ask(`bytes=${SIZE + 5}-${3 * SIZE - 7}`);
    expect(got.status).toBe("meridian-shard;hit;ttl=600");
    expect([got.answered.outcome, got.served]).toEqual(["hit", { stored: 2 * SIZE - 11, fetched: 0 }]);
    expect(origin.asked).toHaveLength(asked);
  });

  test("is a miss where the head is stored and nothing of what was asked for is", async () => {
    const { ask } = large();
    await ask("bytes=0-0");
    const got = await ask(`bytes=${2 * SIZE}-${4 * SIZE - 1}`);
    expect(got.status).toContain(`fwd=partial;fwd-status=206;stored;meridian-stored=0;meridian-fetched=${2 * SIZE}`);
    expect(got.answered).toEqual({ outcome: "miss", by: "origin" });
    expect(got.served).toEqual({ stored: 0, fetched: 2 * SIZE });
  });

  test("is one where the last of several parts is fetched", async () => {
    const { ask } = large();
    await ask("bytes=0-0");
    const got = await ask(`bytes=0-9,${5 * SIZE}-${5 * SIZE + 4}`);
    expect(got.status).toContain("fwd=partial;stored;meridian-stored=10;meridian-fetched=5");
    expect(got.served).toEqual({ stored: 10, fetched: 5 });
  });

  test("says of the whole what was there, and the next one is a hit", async () => {
    const { ask } = large();
    await ask(`bytes=0-${2 * SIZE - 1}`);
    expect((await ask()).status).toContain(`meridian-stored=${2 * SIZE};meridian-fetched=${4 * SIZE}`);
    expect((await ask()).status).toBe("meridian-shard;hit;ttl=600");
  });

  test("counts what its reader took, not what it announced", async () => {
    const { ask, world } = large();
    await ask();
    const before = world.served.stored;
    const answer = await world.send("/a");
    if (answer.body.kind !== "stream") throw new Error("no stream");
    const source = answer.body.open();
    const chunk = await source.read();
    source.cancel();
    expect(world.served.stored - before).toBe(chunk?.byteLength);
  });

  test("any ranges, in any order: what is announced is what comes, and what was asked of the origin", async () => {
    const place = fc.integer({ min: 0, max: 6 * SIZE - 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(place, place), { minLength: 2, maxLength: 6 }), async (ranges) => {
        const { ask, origin } = large();
        for (const [a, b] of ranges) {
          const [first, last] = [Math.min(a, b), Math.max(a, b)];
          const asked = origin.asked.length;
          const got = await ask(`bytes=${first}-${last}`);
          expect(Buffer.compare(got.bytes, bytesOf(1, first, last))).toBe(0);
          expect(got.served.stored + got.served.fetched).toBe(last - first + 1);
          const isHit = got.status.includes(";hit");
          expect(isHit).toBe(origin.asked.length === asked);
          if (isHit) expect(got.served.fetched).toBe(0);
          const said = /meridian-stored=(\d+);meridian-fetched=(\d+)/.exec(got.status);
          if (said !== null) expect(got.served).toEqual({ stored: Number(said[1]), fetched: Number(said[2]) });
        }
      }),
      { numRuns: 25 },
    );
  });
});

test("a share counts each byte that was asked for once, on whichever side of a segment's end it lies", () => {
  const set = { total: 25, size: 10, etag: '"1"', variant: "", tags: [] };
  const byte = fc.integer({ min: 0, max: 24 });
  fc.assert(
    fc.property(byte, byte, fc.uniqueArray(fc.integer({ min: 0, max: 2 })), (a, b, held) => {
      const range = { first: Math.min(a, b), last: Math.max(a, b) };
      const bytes = Array.from({ length: range.last - range.first + 1 }, (_, index) => range.first + index);
      const stored = bytes.filter((at) => held.includes(Math.floor(at / 10))).length;
      expect(shareOf(set, [range], new Set(held))).toEqual({ stored, fetched: bytes.length - stored });
      expect(segmentsWith(set, [range])).toEqual([...new Set(bytes.map((at) => Math.floor(at / 10)))]);
    }),
  );
});
