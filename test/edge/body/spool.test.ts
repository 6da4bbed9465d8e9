// A body on its way to several readers: every reader gets all of it in order or an error, and what is held stays bounded, whatever
// the sizes of the chunks and the pace of the readers.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ByteSource } from "../../../edge/body/source.ts";
import { Spool, spooledBytes } from "../../../edge/body/spool.ts";
import { EDGE_LIMITS } from "../../../edge/limits.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Live memory in bytes, buffers among it. */
function live(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

/** What a reader gets until the end; an error is its last element. */
async function allOf(source: ByteSource): Promise<string> {
  let text = "";
  for (let piece = await source.read(); piece !== undefined; piece = await source.read()) text += textOf(piece);
  return text;
}

/** Whether a promise is still waiting after all that can go on has gone on. */
async function isWaiting(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settled = () => {
    isSettled = true;
  };
  promise.then(settled, settled);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  return !isSettled;
}

describe("a spool that is kept whole", () => {
  test("gives each reader all of the body, whenever it comes before the end of its flight", async () => {
    const spool = new Spool("whole");
    const early = spool.read();
    spool.write(bytesOf("ab"));
    expect(textOf(await early.read())).toBe("ab");
    const late = spool.read();
    spool.write(bytesOf("cd"));
    spool.end();
    expect(await allOf(early)).toBe("cd");
    expect(await allOf(late)).toBe("abcd");
    expect(textOf(spool.bytes())).toBe("abcd");
    spool.release();
  });

  test("gives a reader what has come at once, and lets it wait for what has not", async () => {
    const spool = new Spool("whole");
    const reader = spool.read();
    const first = reader.read();
    expect(await isWaiting(first)).toBe(true);
    spool.write(bytesOf("a"));
    expect(textOf(await first)).toBe("a");
    spool.write(bytesOf("b"));
    expect(textOf(await reader.read())).toBe("b");
    spool.break(new Error("over"));
    spool.release();
  });

  test("never ends well when its body broke off", async () => {
    const spool = new Spool("whole");
    const reader = spool.read();
    spool.write(bytesOf("ab"));
    spool.break(new Error("cut"));
    expect(textOf(await reader.read())).toBe("ab");
    await expect(reader.read()).rejects.toThrow("cut");
    expect(spool.whole).toBe(false);
    expect(spool.joinable).toBe(false);
    expect(() => spool.read()).toThrow();
    expect(() => spool.bytes()).toThrow("only a whole body");
    spool.release();
  });

  test("that grows beyond an entry is paced from then on, and takes no further readers", async () => {
    const spool = new Spool("whole");
    const reader = spool.read();
    const chunk = new Uint8Array(EDGE_LIMITS.entryBytes / 4);
    for (let count = 0; count < 5; count += 1) spool.write(chunk);
    expect(spool.room()).toBeDefined();
    for (let count = 0; count < 5; count += 1) await reader.read();
    expect(spool.joinable).toBe(false);
    expect(spool.whole).toBe(false);
    spool.break(new Error("over"));
  });

  test("hands its memory to the entry: readers under way go on in it", async () => {
    const spool = new Spool("whole");
    const reader = spool.read();
    for (const text of ["ab", "cd", "ef"]) spool.write(bytesOf(text));
    spool.end();
    const held = spooledBytes();
    const body = spool.bytes();
    expect(spooledBytes()).toBeLessThan(held);
    const piece = await reader.read();
    expect(piece?.buffer).toBe(body.buffer);
    expect(textOf(piece)).toBe("abcdef");
    spool.release();
  });
});

describe("a paced spool", () => {
  test("waits for its readers once it holds more than a paced body may, and goes on when they have caught up", async () => {
    const spool = new Spool("unread");
    const reader = spool.read();
    const chunk = new Uint8Array(EDGE_LIMITS.pacedFlightBytes);
    spool.write(chunk);
    expect(spool.room()).toBeUndefined();
    spool.write(chunk);
    const room = spool.room() ?? expect.unreachable();
    expect(await isWaiting(room)).toBe(true);
    await reader.read();
    expect(await isWaiting(room)).toBe(false);
    reader.cancel();
    expect(spool.abandoned).toBe(true);
  });

  test("cuts off a reader that holds up others, and tells it so", async () => {
    const spool = new Spool("unread");
    const [slow, fast] = [spool.read(), spool.read()];
    const chunk = new Uint8Array(EDGE_LIMITS.smallChunkBytes);
    spool.write(chunk);
    spool.write(chunk);
    await fast.read();
    spool.cutStalled();
    await expect(slow.read()).rejects.toThrow("cut off");
    expect(textOf(await fast.read())?.length).toBe(chunk.byteLength);
    fast.cancel();
  });

  test("cuts off nobody where all readers are in one place", async () => {
    const spool = new Spool("unread");
    const readers = [spool.read(), spool.read()];
    spool.write(bytesOf("ab"));
    spool.cutStalled();
    for (const reader of readers) expect(textOf(await reader.read())).toBe("ab");
    for (const reader of readers) reader.cancel();
  });

  test("holds nothing once its only reader has taken all", async () => {
    const before = spooledBytes();
    const spool = new Spool("unread");
    const reader = spool.read();
    for (let count = 0; count < 100; count += 1) {
      spool.write(bytesOf("a"));
      expect(textOf(await reader.read())).toBe("a");
      expect(spooledBytes()).toBe(before);
    }
    reader.cancel();
  });
});

describe("chunks of any size", () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 4_000, max: 70_000 })), {
    minLength: 1,
    maxLength: 40,
  });

  test("make no difference to what readers and the store get", () => {
    return fc.assert(
      fc.asyncProperty(sizes, fc.array(fc.nat(60), { maxLength: 4 }), async (lengths, attachAfter) => {
        const spool = new Spool("whole");
        const whole: number[] = [];
        const readers: ByteSource[] = [spool.read()];
        for (const [index, length] of lengths.entries()) {
          const chunk = Uint8Array.from({ length }, (_, at) => (index * 31 + at) % 251);
          whole.push(...chunk);
          spool.write(chunk);
          if (attachAfter.includes(index)) readers.push(spool.read());
          if (index % 3 === 0) readers.push(await halfRead(spool));
        }
        spool.end();
        const expected = Uint8Array.from(whole);
        expect(Buffer.compare(spool.bytes(), expected)).toBe(0);
        for (const reader of readers) expect(Buffer.compare(await bytesFrom(reader), expected)).toBe(0);
        spool.release();
      }),
      { numRuns: 60 },
    );
  });

  test.each([1, 7, 100, 3_000, 5_000, 65_536])("take at most twice their content: %i bytes each", (length) => {
    const before = spooledBytes();
    const spool = new Spool("whole");
    const total = 1_000_000;
    for (let sent = 0; sent < total; sent += length) spool.write(new Uint8Array(length));
    expect(spooledBytes() - before).toBeGreaterThanOrEqual(total);
    expect(spooledBytes() - before).toBeLessThanOrEqual(2 * (total + length));
    spool.break(new Error("over"));
    spool.release();
    expect(spooledBytes()).toBe(before);
  });

  test("of one byte take memory as they are counted, not hundreds of bytes each", () => {
    const before = live();
    const spool = new Spool("whole");
    const total = 100_000;
    for (let sent = 0; sent < total; sent += 1) spool.write(new Uint8Array(1));
    // One chunk of its own for each takes 23 MB.
    expect(live() - before).toBeLessThan(20 * total);
    spool.end();
    expect(spool.bytes().byteLength).toBe(total);
    spool.release();
  });

  test("that are pieces of larger buffers do not keep these", () => {
    const spool = new Spool("whole");
    const [reader] = [spool.read()];
    spool.write(new Uint8Array(65_536).subarray(0, 5_000));
    spool.write(new Uint8Array(65_536).subarray(0, 5_000));
    spool.end();
    return reader.read().then((piece) => {
      expect(piece?.buffer.byteLength).toBeLessThanOrEqual(10_000);
      spool.release();
    });
  });
});

/** A reader with its first piece put back, so that readers at many places take part. */
async function halfRead(spool: Spool): Promise<ByteSource> {
  const reader = spool.read();
  let first = await reader.read();
  return {
    read: async () => {
      const piece = first ?? (await reader.read());
      first = undefined;
      return piece;
    },
    cancel: () => reader.cancel(),
  };
}

async function bytesFrom(source: ByteSource): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let piece = await source.read(); piece !== undefined; piece = await source.read()) pieces.push(piece);
  return Buffer.concat(pieces);
}
