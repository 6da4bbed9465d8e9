// How a body is moved into its spool: by a clock in the test's hands.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { pump } from "../../../edge/body/pump.ts";
import type { After, ByteSource } from "../../../edge/body/source.ts";
import { Spool } from "../../../edge/body/spool.ts";

/** Timers that fire when the test says so. */
class Timers {
  readonly #waiting = new Map<object, () => void>();
  readonly after: After = (_delay, act) => {
    const timer = {};
    this.#waiting.set(timer, act);
    return () => void this.#waiting.delete(timer);
  };

  get count(): number {
    return this.#waiting.size;
  }

  fire(): void {
    const due = [...this.#waiting];
    for (const [timer, act] of due) if (this.#waiting.delete(timer)) act();
  }
}

/** A source that the test writes to. */
class Written implements ByteSource {
  #give: ((chunk: Uint8Array | undefined) => void) | undefined;
  isCancelled = false;

  read(): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      this.#give = resolve;
    });
  }

  async give(length: number | "end"): Promise<void> {
    this.#give?.(length === "end" ? undefined : new Uint8Array(length));
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }

  cancel(): void {
    this.isCancelled = true;
    this.#give?.(undefined);
  }
}

function begin() {
  const [timers, source, spool] = [new Timers(), new Written(), new Spool("whole")];
  const over = pump(timers.after, source, spool, undefined);
  return { timers, source, spool, over };
}

describe("a body that is only kept for the store", () => {
  test("is given up where less than the least rate arrives", async () => {
    const { timers, source, spool, over } = begin();
    await source.give(LIMITS.leastRateBytes);
    timers.fire();
    expect(source.isCancelled).toBe(false);
    await source.give(LIMITS.leastRateBytes - 1);
    timers.fire();
    expect(source.isCancelled).toBe(true);
    await over;
    expect(spool.whole).toBe(false);
    expect(timers.count).toBe(0);
    spool.release();
  });

  test("may drip for as long as some request reads it", async () => {
    const { timers, source, spool, over } = begin();
    const reader = spool.read();
    for (let window = 0; window < 5; window += 1) {
      await source.give(1);
      timers.fire();
    }
    expect(source.isCancelled).toBe(false);
    await source.give("end");
    await over;
    expect(spool.whole).toBe(true);
    expect(timers.count).toBe(0);
    reader.cancel();
    spool.release();
  });
});

test("a body that ends before its length is broken off, not whole", async () => {
  const [timers, source, spool] = [new Timers(), new Written(), new Spool("whole")];
  const over = pump(timers.after, source, spool, 10);
  await source.give(4);
  await source.give("end");
  await over;
  expect(spool.whole).toBe(false);
  expect(spool.joinable).toBe(false);
  spool.release();
});
