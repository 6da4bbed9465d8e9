// The queue behind emulated distances, with a clock that only the test moves.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytes, millis } from "../../../../config/units.ts";
import { DelayQueue } from "../../../../control-plane/local/link/delay-queue.ts";

const queueOf = (delay: number, capacity = 1000): DelayQueue<string> => new DelayQueue(millis(delay), bytes(capacity));

describe("a delay queue", () => {
  it("lets an item out at its time, and not a moment before", () => {
    const queue = queueOf(50);
    queue.push("a", bytes(1), 100);
    expect(queue.nextDueAt).toBe(150);
    expect(queue.takeDue(149.9)).toEqual([]);
    expect(queue.takeDue(150)).toEqual(["a"]);
    expect(queue.nextDueAt).toBeUndefined();
  });

  it("keeps the order, delays each item by the same time and loses none, whenever it is asked", () => {
    const gaps = fc.array(fc.record({ gap: fc.nat(30), size: fc.nat(50), take: fc.boolean() }), { maxLength: 50 });
    fc.assert(
      fc.property(gaps, fc.nat(100), (steps, delay) => {
        const queue = new DelayQueue<{ readonly index: number; readonly at: number }>(millis(delay), bytes(100));
        const out: number[] = [];
        let now = 0;
        let held = 0;
        for (const [index, { gap, size, take }] of steps.entries()) {
          now += gap;
          queue.push({ index, at: now }, bytes(size), now);
          held += size;
          expect(queue.isFull).toBe(queue.bytesHeld >= 100);
          if (!take) continue;
          for (const item of queue.takeDue(now)) {
            expect(now - item.at).toBeGreaterThanOrEqual(delay);
            held -= steps[item.index]?.size ?? 0;
            out.push(item.index);
          }
          expect(queue.bytesHeld).toBe(held);
        }
        out.push(...queue.takeDue(now + delay).map((item) => item.index));
        expect(out).toEqual(steps.map((_, index) => index));
        expect(queue.bytesHeld).toBe(0);
      }),
    );
  });

  it("is full from its capacity on", () => {
    const queue = queueOf(10, 100);
    queue.push("a", bytes(99), 0);
    expect(queue.isFull).toBe(false);
    queue.push("b", bytes(1), 0);
    expect(queue.isFull).toBe(true);
    queue.takeDue(10);
    expect(queue.isFull).toBe(false);
  });

  it("lets nothing out while it is held, and everything that is due afterwards", () => {
    const queue = queueOf(10);
    queue.push("a", bytes(1), 0);
    queue.hold();
    queue.push("b", bytes(1), 5);
    expect(queue.takeDue(1000)).toEqual([]);
    expect(queue.nextDueAt).toBeUndefined();
    queue.release();
    expect(queue.nextDueAt).toBe(10);
    expect(queue.takeDue(12)).toEqual(["a"]);
    expect(queue.takeDue(15)).toEqual(["b"]);
  });
});
