// How far ahead of its reader a large object's segments are asked for: as far as the line carries for a fast one, no farther than it
// reads for a slow one, within what one body and all of an isolate may ask for, and never so that a body breaks off for it.

import { describe, expect, test } from "vitest";
import { once } from "../../../../edge/body/body-parts.ts";
import { SHARD_LIMITS } from "../../../../edge/shard/limits.ts";
import { assemble, type Opened, SegmentError } from "../../../../edge/shard/segments/assemble.ts";
import type { SegmentSet } from "../../../../edge/tier/wire.ts";

const SIZE = SHARD_LIMITS.segmentBytes;
const MOST = SHARD_LIMITS.aheadBytes / SIZE;
const setOf = (count: number): SegmentSet => ({ total: count * SIZE, size: SIZE, etag: '"1"', variant: "", tags: [] });
const FAILED = { kind: "failure", status: 503, code: "queue-full", detail: "", proxyError: "" } as const;

/** A line on which segments come when the test says so. */
class Line {
  readonly asked: { index: number; need: "now" | "ahead"; come: () => void; fail: () => void }[] = [];
  readonly came = new Set<number>();
  open = (index: number, need: "now" | "ahead"): Promise<Opened> =>
    new Promise((resolve, reject) => {
      const come = () => {
        this.came.add(index);
        resolve({ source: once(new Uint8Array(SIZE)), from: "owner", isStored: false });
      };
      this.asked.push({ index, need, come, fail: () => reject(new SegmentError(FAILED)) });
    });
  /** Lets all come that was asked for. */
  comeAll(): void {
    for (const { index, come } of this.asked) if (!this.came.has(index)) come();
  }
  get ahead(): number {
    return this.asked.length;
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const bodyOf = (line: Line, count: number) =>
  assemble(setOf(count), { first: 0, last: count * SIZE - 1 }, line.open, () => undefined);

/** Reads a segment that comes only when the reader waits for it. */
async function waitFor(body: ReturnType<typeof bodyOf>, line: Line, index: number): Promise<void> {
  const read = body.read();
  await settle();
  line.asked.findLast((asked) => asked.index === index)?.come();
  expect((await read)?.byteLength).toBe(SIZE);
}

describe("segments are asked for", () => {
  test("one ahead of a reader that is slower than they come, however long it reads", async () => {
    const line = new Line();
    const body = bodyOf(line, 50);
    await waitFor(body, line, 0);
    for (let index = 1; index < 20; index += 1) {
      line.comeAll();
      await settle();
      expect((await body.read())?.byteLength).toBe(SIZE);
      expect(line.ahead).toBeLessThanOrEqual(index + 1 + SHARD_LIMITS.segmentsAhead);
    }
    body.cancel();
  });

  test("twice as many ahead each time that the reader had to wait, up to a limit", async () => {
    const line = new Line();
    const body = bodyOf(line, 100);
    const ahead: number[] = [];
    for (let index = 0; index < 8; index += 1) {
      await waitFor(body, line, index);
      ahead.push(line.ahead - index - 1);
    }
    expect(ahead).toEqual([1, 2, 4, 8, MOST, MOST, MOST, MOST]);
    body.cancel();
  });

  test("no farther once the reader rests", async () => {
    const line = new Line();
    const body = bodyOf(line, 100);
    for (let index = 0; index < 8; index += 1) await waitFor(body, line, index);
    const asked = line.ahead;
    for (let round = 0; round < 20; round += 1) {
      line.comeAll();
      await settle();
    }
    expect(line.ahead).toBe(asked);
    body.cancel();
  });

  test("so many by all bodies of an isolate, and what one gives up the next may have", async () => {
    const lines = Array.from({ length: 6 }, () => new Line());
    const bodies = lines.map((line) => bodyOf(line, 100));
    const ahead = () => lines.reduce((sum, line) => sum + line.ahead - line.came.size, 0);
    for (let index = 0; index < 12; index += 1) {
      for (const [which, body] of bodies.entries()) await waitFor(body, lines[which] as Line, index);
    }
    expect(ahead()).toBeLessThanOrEqual(SHARD_LIMITS.aheadBytesTogether / SIZE + lines.length);
    for (const body of bodies) body.cancel();
    const line = new Line();
    const body = bodyOf(line, 100);
    for (let index = 0; index < 12; index += 1) await waitFor(body, line, index);
    expect(line.ahead - 12).toBe(MOST);
    body.cancel();
  });

  test("far ahead without anybody waiting for them, which the origin's gate is told", async () => {
    const line = new Line();
    const body = bodyOf(line, 100);
    for (let index = 0; index < 8; index += 1) await waitFor(body, line, index);
    expect(line.asked.slice(0, 2).map(({ need }) => need)).toEqual(["now", "now"]);
    expect(line.asked.at(-1)?.need).toBe("ahead");
    body.cancel();
  });
});

test("what was given out is counted by where it came from, to the byte that the reader took", async () => {
  const counted: unknown[] = [];
  const open = async (index: number): Promise<Opened> => ({
    source: once(new Uint8Array(SIZE)),
    from: "owner",
    isStored: index === 1,
  });
  const body = assemble(setOf(4), { first: 10, last: 3 * SIZE + 4 }, open, (given) => counted.push({ ...given }));
  for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read());
  const left = assemble(setOf(4), { first: 0, last: 4 * SIZE - 1 }, open, (given) => counted.push({ ...given }));
  await left.read();
  left.cancel();
  expect(counted).toEqual([
    { stored: SIZE, fetched: SIZE - 10 + SIZE + 5 },
    { stored: 0, fetched: SIZE },
  ]);
});

describe("a segment that cannot be had", () => {
  test("when it was asked for ahead is asked for again when it is needed", async () => {
    const line = new Line();
    const body = bodyOf(line, 100);
    for (let index = 0; index < 6; index += 1) await waitFor(body, line, index);
    const failing = line.asked.findLast(({ need }) => need === "ahead");
    if (failing === undefined) throw new Error("nothing was asked for ahead");
    failing.fail();
    for (let index = 6; index < failing.index; index += 1) await waitFor(body, line, index);
    const read = body.read();
    await settle();
    const again = line.asked.filter(({ index }) => index === failing.index);
    expect(again.map(({ need }) => need)).toEqual(["ahead", "now"]);
    again[1]?.come();
    expect((await read)?.byteLength).toBe(SIZE);
    body.cancel();
  });

  test("at the beginning is a failure at once, later when it cannot be had twice", async () => {
    const line = new Line();
    const read = bodyOf(line, 3).read();
    line.asked[0]?.fail();
    await expect(read).rejects.toThrow(SegmentError);
    const later = new Line();
    const begun = bodyOf(later, 3);
    await waitFor(begun, later, 0);
    const broken = begun.read();
    later.asked[1]?.fail();
    await settle();
    later.asked[2]?.fail();
    await expect(broken).rejects.toThrow(SegmentError);
    expect(later.asked.map(({ index }) => index)).toEqual([0, 1, 1]);
  });
});
