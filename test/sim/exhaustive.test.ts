// The race between purges and fills in every order that differs: not a sample, so where nothing is found there is nothing to
// find in these cases. That the search is whole is shown on a toy whose orders can be counted by hand.

import { describe, expect, test } from "vitest";
import type { Scope } from "../../control-plane/purge/event.ts";
import { type Case, explore, Pending } from "./interleavings.ts";
import { type RacePlan, race } from "./race.ts";

const URL: Scope = { kind: "url", url: "http://site.test/page" };
const TAG: Scope = { kind: "tag", tag: "page" };
const EVERYTHING: Scope = { kind: "everything" };

const hard = (scope: Scope, from: "shard" | "shield" = "shield") => ({ scope, severity: "hard", from }) as const;
const soft = (scope: Scope) => ({ scope, severity: "soft", from: "shield" }) as const;
const plain = { stored: "nothing", bodies: "with-head" } as const;

const CASES: readonly (readonly [string, RacePlan])[] = [
  ["two requests and a purge of the URL", { ...plain, requests: 2, purges: [hard(URL, "shard")] }],
  ["two requests and a purge by tag", { ...plain, requests: 2, purges: [hard(TAG)] }],
  ["three requests and a purge by tag", { ...plain, requests: 3, purges: [hard(TAG)] }],
  ["three requests and a purge of everything", { ...plain, requests: 3, purges: [hard(EVERYTHING)] }],
  ["two requests for a stale page with a tag", { ...plain, stored: "stale-by-tag", requests: 2, purges: [hard(TAG)] }],
  [
    "two requests for a stale page with a date",
    { ...plain, stored: "stale-by-date", requests: 2, purges: [hard(TAG)] },
  ],
  ["two requests, bodies that come later", { ...plain, bodies: "apart", requests: 2, purges: [hard(TAG)] }],
  ["one request and two purges", { ...plain, requests: 1, purges: [hard(TAG), hard(URL, "shard")] }],
  [
    "one request for a stale page, a hard and a soft purge",
    {
      ...plain,
      stored: "stale-by-date",
      requests: 1,
      purges: [hard(URL, "shard"), soft(TAG)],
    },
  ],
];

describe("no order of events releases what a known purge has ended, or leaves a request unanswered", () => {
  test.each(CASES)(
    "%s",
    async (_name, plan) => {
      const { orders, failed } = await explore(() => race(plan), 20_000);
      expect(failed).toBeUndefined();
      expect(orders).toBeGreaterThan(40);
    },
    120_000,
  );
});

/** Three events at nodes of one's choice; what they leave behind is the order at each node. */
function toy(nodes: readonly string[], seen: Set<string>): () => Promise<Case> {
  return async () => {
    const pending = new Pending();
    const done: string[] = [];
    nodes.forEach((node, index) => {
      pending.add(node, () => done.push(`${node}${index}`));
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
      for (const index of [0, 1, 2]) pending.add("a", () => done.push(index));
      return { pending, check: () => (done.join() === "2,0,1" ? "wrong" : undefined) };
    };
    expect((await explore(failing, 100)).failed).toEqual({ what: "wrong", order: ["/2", "/0", "/1"] });
    await expect(explore(toy(["a", "a", "a"], new Set()), 3)).rejects.toThrow("more than 3 orders");
  });
});
