// The least rate of a body, and bodies under it: uploads on their way to an origin, and answers on theirs to a reader.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LIMITS } from "../../config/limits.ts";
import { millis } from "../../config/units.ts";
import { watchBody } from "../../origin/body.worker.ts";
import { Pace } from "../../origin/pace.ts";
import { watchUpload } from "../../origin/upload.worker.ts";

const rate = { bytes: 100, within: millis(1_000) };

describe("a least rate", () => {
  test.each([
    ["all within one wait", [[999, 100]], "in-time"],
    [
      "one byte too few within the time",
      [
        [999, 99],
        [1, 0],
      ],
      "too-slow",
    ],
    [
      "a byte now and then",
      [
        [400, 1],
        [400, 1],
        [400, 1],
      ],
      "too-slow",
    ],
    [
      "just enough, again and again",
      [
        [900, 100],
        [900, 100],
        [900, 100],
      ],
      "in-time",
    ],
    [
      "a burst, and then a pause that is too long",
      [
        [1, 10_000],
        [1_000, 1],
      ],
      "too-slow",
    ],
    [
      "a burst, and then a pause that is not",
      [
        [1, 10_000],
        [999, 1],
      ],
      "in-time",
    ],
    ["small pieces without a pause", Array.from({ length: 5_000 }, () => [0, 1]), "in-time"],
  ] as const)("%s", (_what, pieces, expected) => {
    const pace = new Pace(rate);
    let result = "in-time";
    for (const [waited, bytes] of pieces) if (result === "in-time") result = pace.add(millis(waited), bytes);
    expect(result).toBe(expected);
  });
});

describe("with a clock", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** An upload of which the test sends the pieces. */
  function upload() {
    let client: ReadableStreamDefaultController<Uint8Array> | undefined;
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => {
        client = controller;
      },
    });
    const stop = vi.fn();
    const { body, state } = watchUpload(source, null, stop);
    const reader = body.getReader();
    return { send: (bytes: number) => client?.enqueue(new Uint8Array(bytes)), state, stop, reader };
  }

  test("an upload of which a byte comes now and then is cut off, and its exchange ended", async () => {
    const { send, state, stop, reader } = upload();
    const start = Date.now();
    while (stop.mock.calls.length === 0 && Date.now() - start < 600_000) {
      const read = reader.read().catch(() => undefined);
      await vi.advanceTimersByTimeAsync(5_000);
      if (stop.mock.calls.length > 0) break;
      send(1);
      await read;
    }
    expect(stop).toHaveBeenCalledOnce();
    expect(Date.now() - start).toBe(LIMITS.leastRateMillis);
    expect(state()).toEqual({ kind: "too-slow" });
    await expect(reader.read()).rejects.toThrow("too slowly");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an upload of which nothing comes any more is cut off without another byte", async () => {
    const { send, state, stop, reader } = upload();
    send(1);
    await reader.read();
    const read = reader.read().catch((error: Error) => error.message);
    await vi.advanceTimersByTimeAsync(LIMITS.leastRateMillis);
    expect([stop.mock.calls.length, state().kind, await read]).toEqual([1, "too-slow", "the upload came too slowly"]);
  });

  test("an upload that comes just fast enough goes on for as long as it likes", async () => {
    const { send, stop, reader } = upload();
    for (let piece = 0; piece < 100; piece += 1) {
      const read = reader.read();
      await vi.advanceTimersByTimeAsync(LIMITS.leastRateMillis - 1);
      send(LIMITS.leastRateBytes);
      await read;
    }
    expect(stop).not.toHaveBeenCalled();
  });

  test("an upload that its origin does not read is not held against its client", async () => {
    const { send, stop, state, reader } = upload();
    for (let piece = 0; piece < 10; piece += 1) {
      send(1);
      await reader.read();
      await vi.advanceTimersByTimeAsync(10 * LIMITS.leastRateMillis);
    }
    expect([stop.mock.calls.length, state().kind]).toEqual([0, "moving"]);
  });

  test("while the client is waited for, no time is held against the origin", async () => {
    const { state, reader } = upload();
    void reader.read().catch(() => undefined);
    await vi.advanceTimersByTimeAsync(LIMITS.leastRateMillis - 1);
    expect(state()).toEqual({ kind: "moving", movedAt: Date.now() });
  });

  /** An answer of which a piece comes in every `every` milliseconds. */
  async function answer(bytes: number, every: number, pieces: number) {
    const source = new ReadableStream({
      type: "bytes",
      async pull(controller: ReadableByteStreamController) {
        await new Promise((resolve) => setTimeout(resolve, every));
        controller.enqueue(new Uint8Array(bytes));
      },
    });
    const stop = vi.fn();
    const drips = vi.fn();
    const watched = watchBody(source, { idle: millis(30_000), length: Number.POSITIVE_INFINITY, stop });
    void watched.dripping.then(drips);
    const reader = watched.body.getReader();
    for (let piece = 0; piece < pieces; piece += 1) {
      const read = reader.read();
      await vi.advanceTimersByTimeAsync(every);
      await read;
    }
    return { drips: drips.mock.calls.length, stops: stop.mock.calls.length };
  }

  test("an answer that drips is reported once, and read on", async () => {
    expect(await answer(1, 5_000, 5)).toEqual({ drips: 0, stops: 0 });
    expect(await answer(1, 5_000, 100)).toEqual({ drips: 1, stops: 0 });
  });

  test("an answer that comes just fast enough does not drip", async () => {
    expect(await answer(LIMITS.leastRateBytes / 2, LIMITS.leastRateMillis / 2 - 1, 100)).toEqual({
      drips: 0,
      stops: 0,
    });
  });
});
