// Small cases in every order that differs: races between purges and fills, and what leases are about. Not a sample, so where
// nothing is found there is nothing to find in these cases; and each catches mutants, so there would have been. That the search
// is whole is shown on a toy whose orders can be counted by hand.

import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { CASES } from "./cases.ts";
import { type Case, type Exploration, explore, MOST_ORDERS, Pending } from "./interleavings.ts";

const PATIENCE = 120_000;

describe("no order of events breaks the promise, or leaves a request unanswered", () => {
  test.each(CASES)(
    "$name",
    async ({ begin }) => {
      const { orders, failed } = await explore(begin, MOST_ORDERS);
      expect(failed).toBeUndefined();
      expect(orders).toBeGreaterThan(40);
    },
    PATIENCE,
  );
});

describe("some order tells", () => {
  const pairs = CASES.flatMap(({ name, catches }) => catches.map((mutant) => [mutant, name] as const));
  test.each(pairs)(
    "%s: %s",
    async (mutant, of) => {
      const { failed } = await exploreWith(mutant, of);
      expect(failed?.what).toMatch(/gets|releases|waits|got/);
    },
    PATIENCE,
  );
});

/** Explores a case on a thread of its own, which holds the mutant. */
function exploreWith(mutant: string, of: string): Promise<Exploration> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./explore.node.ts", import.meta.url), { workerData: { mutant, of } });
    worker.on("message", resolve);
    worker.on("error", reject);
  });
}

/** Three events at nodes of one's choice; what they leave behind is the order at each node. */
function toy(nodes: readonly string[], seen: Set<string>): () => Promise<Case> {
  return async () => {
    const pending = new Pending();
    const done: string[] = [];
    nodes.forEach((node, index) => {
      pending.add(node, () => void done.push(`${node}${index}`));
    });
    const check = (): undefined => void seen.add([...done].sort((a, b) => (a < b ? -1 : 1)).join() + done.join());
    return { pending, check };
  };
}

describe("the search", () => {
  test("tries every order at one node", async () => {
    const seen = new Set<string>();
    expect(await explore(toy(["a", "a", "a"], seen), 100)).toEqual({ orders: 6, failed: undefined });
    expect(seen.size).toBe(6);
  });

  test("tries one of two orders at nodes that have nothing to do with each other", async () => {
    expect((await explore(toy(["a", "b", "c"], new Set()), 100)).orders).toBe(1);
    expect((await explore(toy(["a", "a", "b"], new Set()), 100)).orders).toBe(2);
  });

  test("tells the order that went wrong, and does nothing by half", async () => {
    const failing = async (): Promise<Case> => {
      const pending = new Pending();
      const done: number[] = [];
      for (const index of [0, 1, 2]) pending.add("a", () => void done.push(index));
      return { pending, check: () => (done.join() === "2,0,1" ? "wrong" : undefined) };
    };
    expect((await explore(failing, 100)).failed).toEqual({ what: "wrong", order: ["/2", "/0", "/1"] });
    await expect(explore(toy(["a", "a", "a"], new Set()), 3)).rejects.toThrow("more than 3 orders");
  });
});
