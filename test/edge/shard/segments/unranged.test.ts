// Large objects from origins that ignore ranges, now and then or always, or give others than they were asked for, as RFC 9110
// sections 14.2 and 15.3.7 let them: the bytes that clients get, and what it costs the origin.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MiB } from "../../../../config/units.ts";
import { SHARD_LIMITS } from "../../../../edge/shard/limits.ts";
import type { TierResponse } from "../../../../edge/tier/tier.ts";
import {
  bytesOf,
  LargeOrigin,
  type RangeManner,
  taken,
  untilDone,
  untilDoneBehind,
} from "../../../fixtures/large-origin.ts";
import { CONFIG, ShardWorld } from "../../../fixtures/shard-world.ts";

const SIZE = SHARD_LIMITS.segmentBytes;

/** An origin of one large object, behind a shard alone or behind a shard and its shield. */
function large(tiers: "shard" | "shield", total = 4 * SIZE + 1) {
  const origin = new LargeOrigin(total);
  const world = new ShardWorld();
  const shield = new ShardWorld(CONFIG);
  const until = <Outcome>(outcome: Promise<Outcome>): Promise<Outcome> =>
    tiers === "shard" ? untilDone(world, origin, outcome) : untilDoneBehind(world, shield, origin, outcome);
  const ask = async (range?: string, fields: Record<string, string> = {}) => {
    const answer = await until(world.send("/a", range === undefined ? fields : { range, ...fields }));
    const got = await until(taken(answer));
    await world.settle();
    await shield.settle();
    return { answer, ...got };
  };
  return { origin, world, shield, until, ask };
}

/** Where in the object an answer says that its bytes lie. */
function announced({ status, fields }: TierResponse, total: number): readonly [first: number, last: number] {
  if (status === 200) return [0, total - 1];
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(fields.get("content-range") ?? "");
  if (status !== 206 || range === null || ![`${total}`, "*"].includes(range[3] ?? ""))
    throw new Error(`neither whole nor a part: ${status}`);
  return [Number(range[1]), Number(range[2])];
}

const tiers = ["shard", "shield"] as const;

describe.each(tiers)("from an origin that ignores every range, behind a %s", (behind) => {
  const ranges = [
    ["0-1", 0, 1],
    [`${SIZE - 6}-${SIZE + 9}`, SIZE - 6, SIZE + 9],
    [`100-${2 * SIZE + 5}`, 100, 2 * SIZE + 5],
    [`${3 * SIZE + 5}-`, 3 * SIZE + 5, 4 * SIZE],
    ["-1", 4 * SIZE, 4 * SIZE],
    ["0-", 0, 4 * SIZE],
  ] as const;
  const says = ["", "bytes"] as const;
  test.each(ranges.flatMap((range) => says.map((said) => [...range, said] as const)))(
    "bytes=%s has its bytes, and costs one request (%i to %i, Accept-Ranges: '%s')",
    async (range, first, last, said) => {
      const { origin, ask } = large(behind);
      origin.manner = () => "ignores";
      origin.fields = { "accept-ranges": said };
      const { answer, bytes, broke } = await ask(`bytes=${range}`);
      expect([announced(answer, origin.total), broke]).toEqual([[first, last], false]);
      expect(Buffer.compare(bytes, bytesOf(1, first, last))).toBe(0);
      expect(origin.asked).toHaveLength(1);
    },
  );

  test("several ranges in one body have their bytes, in any order", async () => {
    const { origin, ask } = large(behind);
    origin.manner = () => "ignores";
    const { answer, bytes, broke } = await ask(`bytes=${3 * SIZE}-${3 * SIZE + 2},5-6`);
    expect([answer.status, broke, bytes.byteLength]).toEqual([206, false, Number(answer.fields.get("content-length"))]);
    for (const [first, last] of [
      [3 * SIZE, 3 * SIZE + 2],
      [5, 6],
    ] as const) {
      expect(Buffer.from(bytes).indexOf(bytesOf(1, first, last))).toBeGreaterThan(0);
    }
  });

  test("what has passed is stored: ranges before it, and clients that come later, cost nothing more", async () => {
    const { origin, ask } = large(behind);
    origin.manner = () => "ignores";
    await ask(`bytes=${2 * SIZE}-${2 * SIZE + 9}`);
    const asked = origin.asked.length;
    for (const first of [0, SIZE - 3, 2 * SIZE - 3]) {
      const { bytes } = await ask(`bytes=${first}-${first + 5}`);
      expect(Buffer.compare(bytes, bytesOf(1, first, first + 5))).toBe(0);
    }
    expect(origin.asked).toHaveLength(asked);
  });

  test("a player's ranges, one after the other, cost the object once", async () => {
    const { origin, ask } = large(behind, 12 * SIZE);
    origin.manner = () => "ignores";
    for (let first = 0; first < origin.total; first += SIZE / 2) {
      const { bytes } = await ask(`bytes=${first}-${first + SIZE - 1}`);
      const last = Math.min(first + SIZE, origin.total) - 1;
      expect(Buffer.compare(bytes, bytesOf(1, first, last))).toBe(0);
    }
    const all = await ask();
    expect(Buffer.compare(all.bytes, bytesOf(1, 0, origin.total - 1))).toBe(0);
    expect([origin.asked.length, origin.bytesTaken]).toEqual([1, origin.total]);
  });

  test("clients that ask for different ranges at once share what comes", async () => {
    const { origin, world, until } = large(behind, 6 * SIZE);
    origin.manner = () => "ignores";
    const firsts = [0, 5 * SIZE + 7, 2 * SIZE - 4, 3 * SIZE, SIZE - 1, 4 * SIZE];
    const reading = firsts.map(async (first) => {
      const { bytes, broke } = await taken(await world.send("/a", { range: `bytes=${first}-${first + 99}` }));
      return !broke && Buffer.compare(bytes, bytesOf(1, first, first + 99)) === 0;
    });
    expect(await until(Promise.all(reading))).toEqual(firsts.map(() => true));
    expect(origin.asked.length).toBeLessThanOrEqual(3);
  });

  test("a client that wants one byte and goes away does not cost the whole object", async () => {
    const { origin, ask, world, shield } = large(behind, 9 * SIZE);
    origin.manner = () => "ignores";
    await ask("bytes=0-0");
    for (let round = 0; round < 50; round += 1) {
      await world.settle();
      await shield.settle();
    }
    expect(origin.bytesTaken).toBeLessThanOrEqual(4 * SIZE);
    for (const one of [world, shield]) await one.pass(SHARD_LIMITS.passLingersMillis);
    for (const one of [world, shield]) await one.pass(SHARD_LIMITS.passLingersMillis);
    expect([origin.bytesTaken <= 4 * SIZE, origin.givenUp]).toEqual([true, 1]);
  });

  test("a purge while it passes keeps its bytes from those who ask after the purge", async () => {
    const { origin, world, shield, until, ask } = large(behind);
    origin.manner = () => "ignores";
    await until(world.send("/a", { range: "bytes=0-9" }));
    for (const one of [world, shield]) {
      one.purge({ kind: "url", url: "http://site.test/a" });
      one.push();
    }
    const before = origin.asked.length;
    const { bytes } = await ask(`bytes=${SIZE}-${SIZE + 9}`);
    expect(Buffer.compare(bytes, bytesOf(1, SIZE, SIZE + 9))).toBe(0);
    expect(origin.asked.length).toBeGreaterThan(before);
  });
});

describe.each(tiers)("from an origin that stops honouring ranges, behind a %s", (behind) => {
  test.each(["ignores", "widens", "shortens", "hides-length", "refuses"] as const)(
    "and %s them, what is missing comes in one piece from there on",
    async (manner) => {
      const { origin, ask } = large(behind, 8 * SIZE);
      await ask("bytes=0-0");
      origin.manner = () => manner;
      const { answer, bytes, broke } = await ask("bytes=0-");
      expect([announced(answer, origin.total), broke]).toEqual([[0, origin.total - 1], false]);
      expect(Buffer.compare(bytes, bytesOf(1, 0, origin.total - 1))).toBe(0);
      expect(origin.asked.length).toBeLessThanOrEqual(behind === "shard" ? 6 : 8);
    },
  );

  test("and has another version by then, the answer breaks off with nothing wrong in it", async () => {
    const { origin, until, world, ask } = large(behind, 8 * SIZE);
    await ask("bytes=0-0");
    origin.manner = () => "ignores";
    origin.version = 2;
    const answer = await until(world.send("/a"));
    const got = await until(taken(answer));
    expect([answer.fields.get("etag"), got.broke]).toEqual(['"v1"', true]);
    expect(Buffer.compare(got.bytes, bytesOf(1, 0, got.bytes.byteLength - 1))).toBe(0);
    const next = await ask();
    expect(Buffer.compare(next.bytes, bytesOf(2, 0, origin.total - 1))).toBe(0);
  });
});

describe.each(tiers)("whatever an origin does with ranges, behind a %s", (behind) => {
  const manner = fc.constantFrom<RangeManner>("honours", "ignores", "widens", "shortens", "hides-length", "refuses");
  const place = fc.integer({ min: 0, max: 5 * SIZE });
  const range = fc.oneof(
    fc.tuple(place, place).map(([a, b]) => `bytes=${Math.min(a, b)}-${Math.max(a, b)}`),
    place.map((first) => `bytes=${first}-`),
    place.map((wanted) => `bytes=-${wanted + 1}`),
    fc.constant(undefined),
  );

  test("each answer has the bytes that it announces, and none breaks off while the object stays the same", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3 * MiB, max: 5 * MiB }),
        fc.array(manner, { minLength: 1, maxLength: 6 }),
        fc.array(range, { minLength: 1, maxLength: 4 }),
        fc.constantFrom("bytes", ""),
        async (total, manners, ranges, said) => {
          const { origin, ask } = large(behind, total);
          let turn = 0;
          origin.manner = () => manners[turn++ % manners.length] as RangeManner;
          origin.fields = { "accept-ranges": said };
          for (const field of ranges) {
            const { answer, bytes, broke } = await ask(field);
            // An origin that refuses a range it could give says so to its client.
            if (answer.status === 416) continue;
            const [first, last] = announced(answer, total);
            expect([broke, bytes.byteLength]).toEqual([false, last - first + 1]);
            expect(Buffer.compare(bytes, bytesOf(1, first, last))).toBe(0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("an answer of an object that changes has bytes of one version, and ends well only with all of them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(manner, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 8 }),
        fc.array(range, { minLength: 1, maxLength: 4 }),
        async (turns, ranges) => {
          const { origin, ask } = large(behind, 4 * SIZE + 5);
          let turn = 0;
          origin.manner = () => {
            const [next, version] = turns[turn++ % turns.length] as [RangeManner, number];
            origin.version = version;
            return next;
          };
          for (const field of ranges) {
            const { answer, bytes, broke } = await ask(field);
            if (answer.status !== 200 && answer.status !== 206) continue;
            const version = Number(/\d/.exec(answer.fields.get("etag") ?? "")?.[0]);
            const [first, last] = announced(answer, origin.total);
            expect(Buffer.compare(bytes, bytesOf(version, first, first + bytes.byteLength - 1))).toBe(0);
            if (!broke) expect(bytes.byteLength).toBe(last - first + 1);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
