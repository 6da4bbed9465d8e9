// The coalescer alone: who finds which work, what its end removes, and how long a request waits.

import { describe, expect, test } from "vitest";
import { millis } from "../../../../config/units.ts";
import { InFlight, waitFor } from "../../../../edge/shard/request/in-flight.ts";

interface Work {
  readonly name: string;
  joinable: boolean;
}
const work = (name: string): Work => ({ name, joinable: true });
const inFlight = (most = 10) => new InFlight<string, Work>(most, ({ joinable }) => joinable);

describe("work under way", () => {
  test("is found by its key until it ends", () => {
    const underWay = inFlight();
    const a = work("a");
    underWay.list(a, "k");
    expect(underWay.find("k")).toBe(a);
    underWay.end(a);
    expect(underWay.find("k")).toBeUndefined();
    expect(underWay.size).toBe(0);
  });

  test("is not found while its owner says that it may not be joined", () => {
    const underWay = inFlight();
    const a = work("a");
    underWay.list(a, "k");
    a.joinable = false;
    expect(underWay.find("k")).toBeUndefined();
    expect(underWay.size).toBe(1);
  });

  test("stays found when older work under the same key ends, in whichever order they end", () => {
    for (const first of ["old", "new"] as const) {
      const underWay = inFlight();
      const [old, newer] = [work("old"), work("new")];
      underWay.list(old, "k");
      underWay.list(newer, "k");
      expect(underWay.find("k")).toBe(newer);
      underWay.end(first === "old" ? old : newer);
      expect(underWay.find("k")).toBe(first === "old" ? newer : undefined);
      underWay.end(first === "old" ? newer : old);
      expect(underWay.size).toBe(0);
    }
  });

  test("is found under each of its keys, and under none once it has ended", () => {
    const underWay = inFlight();
    const a = work("a");
    for (const key of ["k", "k with Accept-Language", "k with both"]) underWay.list(a, key);
    expect(underWay.size).toBe(1);
    expect(underWay.find("k with both")).toBe(a);
    underWay.end(a);
    for (const key of ["k", "k with Accept-Language", "k with both"]) expect(underWay.find(key)).toBeUndefined();
  });

  test("counts towards the limit whether it can be found or not", () => {
    const underWay = inFlight(3);
    const [a, b, c] = [work("a"), work("b"), work("c")];
    underWay.list(a, "k");
    underWay.list(b, "k");
    expect(underWay.isFull).toBe(false);
    underWay.add(c);
    expect(underWay.isFull).toBe(true);
    underWay.hideAll();
    expect(underWay.find("k")).toBeUndefined();
    expect([...underWay]).toEqual([a, b, c]);
    underWay.end(a);
    expect(underWay.isFull).toBe(false);
  });

  test("may end twice", () => {
    const underWay = inFlight();
    const a = work("a");
    underWay.list(a, "k");
    underWay.end(a);
    underWay.list(work("b"), "k");
    underWay.end(a);
    expect(underWay.find("k")?.name).toBe("b");
  });
});

describe("a request that waits", () => {
  /** A timer that fires when it is told to. */
  const timer = () => {
    const set = new Set<() => void>();
    const after = (_delay: number, act: () => void) => {
      set.add(act);
      return () => void set.delete(act);
    };
    return { after, set, fire: () => [...set].forEach((act) => void act()) };
  };

  test("gets what lands, and leaves no timer and no listener behind", async () => {
    const { after, set } = timer();
    const gone = new AbortController();
    await expect(waitFor(Promise.resolve("landed"), millis(5), after, gone.signal)).resolves.toBe("landed");
    expect(set.size).toBe(0);
    gone.abort();
  });

  test("gets nothing when its time is up, though the work goes on", async () => {
    const { after, fire } = timer();
    const head = Promise.withResolvers<string>();
    const waiting = waitFor(head.promise, millis(5), after);
    fire();
    await expect(waiting).resolves.toBeUndefined();
    head.resolve("later");
    await expect(waitFor(head.promise, millis(5), after)).resolves.toBe("later");
  });

  test("gets nothing once its client is gone, before or while it waits", async () => {
    const { after, set } = timer();
    const gone = new AbortController();
    const never = new Promise<string>(() => undefined);
    const waiting = waitFor(never, millis(5), after, gone.signal);
    gone.abort();
    await expect(waiting).resolves.toBeUndefined();
    await expect(waitFor(never, millis(5), after, gone.signal)).resolves.toBeUndefined();
    expect(set.size).toBe(0);
  });

  test("fails as the work fails", async () => {
    const { after, set } = timer();
    await expect(waitFor(Promise.reject(new Error("broken")), millis(5), after)).rejects.toThrow("broken");
    expect(set.size).toBe(0);
  });
});
