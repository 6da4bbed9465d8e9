// Fields on their way to the platform, and bodies on their way from it.

import { describe, expect, test } from "vitest";
import { Fields } from "../../../edge/http/fields.ts";
import { EDGE_LIMITS } from "../../../edge/limits.ts";
import { bodyOf, headersOf } from "../../../edge/tier/message.worker.ts";

test.each(["constructor", "__proto__", "toString", "x-plain"])("a field named %s arrives as it was sent", (name) => {
  const headers = headersOf(
    Fields.from([
      [name, "one"],
      ["x", "y"],
      [name, "two"],
    ]),
  );
  expect(Object.keys(headers).sort()).toEqual([name.toLowerCase(), "x"].sort());
  expect(new Map(Object.entries(headers)).get(name.toLowerCase())).toBe("one, two");
});

describe("a body from another node", () => {
  /** A stream of bytes as a connection gives it: as many as the reader has room for, up to `total`. */
  const connection = (total: number, atOnce = Number.POSITIVE_INFINITY) => {
    let left = total;
    return new ReadableStream({
      type: "bytes",
      pull(controller) {
        const view = controller.byobRequest?.view;
        if (view === null || view === undefined) throw new Error("the reader offers no room");
        if (left === 0) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        const given = Math.min(left, view.byteLength, atOnce);
        left -= given;
        controller.byobRequest?.respond(given);
      },
    });
  };
  const pieces = async (stream: ReadableStream<Uint8Array>, length: number | null): Promise<Uint8Array[]> => {
    const body = bodyOf(stream, length === null ? null : `${length}`);
    if (body.kind !== "stream") throw new Error("no stream");
    const source = body.open();
    const read: Uint8Array[] = [];
    for (let piece = await source.read(); piece !== undefined; piece = await source.read()) read.push(piece);
    return read;
  };
  const lengths = (read: readonly Uint8Array[]) => read.map(({ byteLength }) => byteLength);

  test("is read in large pieces, to its end", async () => {
    const total = 2 * EDGE_LIMITS.bodyReadBytes + 7;
    const expected = [EDGE_LIMITS.bodyReadBytes, EDGE_LIMITS.bodyReadBytes, 7];
    expect(lengths(await pieces(connection(total), total))).toEqual(expected);
    expect(lengths(await pieces(connection(total), null))).toEqual(expected);
  });

  test.each([0, 1, 100])("of %i bytes takes no more room than it needs", async (total) => {
    const read = await pieces(connection(total), total);
    expect(lengths(read)).toEqual(total === 0 ? [] : [total]);
    for (const piece of read) expect(piece.buffer.byteLength).toBeLessThanOrEqual(total);
  });

  test("that comes in small pieces holds no more than they are", async () => {
    for (const piece of await pieces(connection(100, 10), null)) expect(piece.buffer.byteLength).toBe(10);
  });

  test("that a script made comes as it was made, and breaks off as it did", async () => {
    const made = [new Uint8Array(3), new Uint8Array(EDGE_LIMITS.bodyReadBytes + 1)];
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = made.shift();
        if (piece === undefined) controller.error(new Error("broke off"));
        else controller.enqueue(piece);
      },
    });
    const body = bodyOf(stream, null);
    if (body.kind !== "stream") throw new Error("no stream");
    const source = body.open();
    expect((await source.read())?.byteLength).toBe(3);
    expect((await source.read())?.byteLength).toBe(EDGE_LIMITS.bodyReadBytes + 1);
    await expect(source.read()).rejects.toThrow("broke off");
  });
});
