// The supervisor around a child that a test can lose at will: who starts it again, who does not, and what is said of it.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LOCAL_LIMITS } from "../../../../control-plane/local/limits.ts";
import type { SupervisionNews } from "../../../../control-plane/local/supervision/restart-policy.ts";
import { type Child, Supervised } from "../../../../control-plane/local/supervision/supervised.node.ts";

class FakeChild implements Child {
  readonly name = "the child";
  starts = 0;
  stops = 0;
  fault: string | undefined;

  async start(): Promise<void> {
    this.starts += 1;
    if (this.fault !== undefined) throw new Error(this.fault);
  }
  async stop(): Promise<void> {
    this.stops += 1;
  }
}

let child: FakeChild;
let news: SupervisionNews[];
let supervised: Supervised;
beforeEach(async () => {
  vi.useFakeTimers();
  child = new FakeChild();
  news = [];
  supervised = new Supervised(child, (one) => news.push(one));
  await supervised.start();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a child that is lost is started again after its pause, and not before", async () => {
  supervised.lost("killed");
  expect(supervised.state).toBe("waiting");
  await vi.advanceTimersByTimeAsync(LOCAL_LIMITS.restartPauseMillis - 1);
  expect(child.starts).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect([child.starts, supervised.state]).toEqual([2, "running"]);
  expect(news).toEqual([
    { kind: "lost", why: "killed", pause: LOCAL_LIMITS.restartPauseMillis },
    { kind: "restarted" },
  ]);
});

test("a child that its user stopped is not started again", async () => {
  await supervised.stop();
  supervised.lost("its end");
  await vi.runAllTimersAsync();
  expect([child.starts, supervised.state, news]).toEqual([1, "stopped", []]);
});

test("a stop during the pause ends the pause", async () => {
  supervised.lost("killed");
  await supervised.stop();
  expect(vi.getTimerCount()).toBe(0);
  await vi.runAllTimersAsync();
  expect(child.starts).toBe(1);
});

test("a start during the pause does not wait for it, and nothing is started twice", async () => {
  supervised.lost("killed");
  await supervised.start();
  expect([child.starts, supervised.state]).toEqual([2, "running"]);
  await vi.runAllTimersAsync();
  expect(child.starts).toBe(2);
});

test("a child that never comes up again is given up with its own words, and what it left is cleared each time", async () => {
  child.fault = "no memory";
  supervised.lost("killed");
  await vi.runAllTimersAsync();
  expect(supervised.state).toBe("failed");
  expect(child.starts).toBe(1 + LOCAL_LIMITS.restartsInARow);
  expect(child.stops).toBe(LOCAL_LIMITS.restartsInARow);
  expect(news.at(-1)).toEqual({ kind: "failed", why: "no memory", losses: LOCAL_LIMITS.restartsInARow + 1 });
  child.fault = undefined;
  await supervised.start();
  expect(supervised.state).toBe("running");
});

test("a start that its user waits for fails at once, and is not tried again", async () => {
  await supervised.stop();
  child.fault = "no memory";
  await expect(supervised.start()).rejects.toThrow("no memory");
  await vi.runAllTimersAsync();
  expect([child.starts, supervised.state]).toEqual([2, "stopped"]);
});
