// Watching an origin's body while it is read: who pauses, for how long, and what becomes of it then.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { millis } from "../../config/units.ts";
import { watchBody } from "../../origin/body.worker.ts";
import { ORIGIN_LIMITS } from "../../origin/limits.ts";

// The shell has no clock port: its timers are the platform's own.
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An origin that always has more to send. */
function endless() {
  const stop = vi.fn();
  const source = new ReadableStream({
    type: "bytes",
    pull: (controller: ReadableByteStreamController) => controller.enqueue(new Uint8Array(1_024)),
  });
  const watched = watchBody(source, { idle: millis(30_000), length: Number.POSITIVE_INFINITY, stop });
  const rests = vi.fn();
  void watched.resting.then(rests);
  return { ...watched, reader: watched.body.getReader(), stop, rests };
}

test("a reader that pauses counts as resting, and reads on", async () => {
  const { reader, rests, stop } = endless();
  await reader.read();
  await vi.advanceTimersByTimeAsync(ORIGIN_LIMITS.originReaderRestMillis - 1);
  expect(rests).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(rests).toHaveBeenCalled();
  expect((await reader.read()).done).toBe(false);
  expect(stop).not.toHaveBeenCalled();
});

test("a reader that never comes back is given up, and with it the exchange", async () => {
  const { reader, stop, ended } = endless();
  await reader.read();
  await vi.advanceTimersByTimeAsync(ORIGIN_LIMITS.originReaderGoneMillis - 1);
  expect(stop).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(stop).toHaveBeenCalledOnce();
  await ended;
  await expect(reader.read()).rejects.toThrow("paused for too long");
});

test("a reader that reads on, however slowly, is none of them", async () => {
  const { reader, rests, stop } = endless();
  for (let read = 0; read < 200; read += 1) {
    await reader.read();
    await vi.advanceTimersByTimeAsync(ORIGIN_LIMITS.originReaderRestMillis - 1);
  }
  expect([rests.mock.calls.length, stop.mock.calls.length]).toEqual([0, 0]);
});

test("a body that nobody begins to read is given up within the origin's own time", async () => {
  const { stop, ended } = endless();
  await vi.advanceTimersByTimeAsync(30_000);
  await ended;
  expect(stop).toHaveBeenCalledOnce();
});
