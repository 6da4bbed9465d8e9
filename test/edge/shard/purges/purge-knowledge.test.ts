// What a shard knows of purges and until when it may act on it: by a hub and a clock in the test's hands.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../../config/limits.ts";
import { type EpochMillis, epochMillis, millis } from "../../../../config/units.ts";
import { PurgeSet } from "../../../../control-plane/purge/purge-set.ts";
import type { SyncResponse } from "../../../../control-plane/purge/wire.ts";
import { SHARD_LIMITS } from "../../../../edge/shard/limits.ts";
import { Knowledge } from "../../../../edge/shard/purges/purge-knowledge.ts";

/** A hub that answers when the test says so. */
class World {
  now: EpochMillis = epochMillis(1_000_000);
  readonly questions: { readonly grant: (lease?: boolean) => void; readonly refuse: () => void }[] = [];
  readonly knowledge = new Knowledge(
    () =>
      new Promise<SyncResponse>((resolve, reject) => {
        const news = { ...this.hub.newsSince({}), drained: [] };
        this.questions.push({
          grant: (lease = true) => resolve({ ...news, ...(lease ? { leaseMillis: millis(LIMITS.leaseMillis) } : {}) }),
          refuse: () => reject(new Error("unreachable")),
        });
      }),
    () => this.now,
    new PurgeSet(),
  );
  readonly hub = new PurgeSet();

  pass(duration: number): void {
    this.now = epochMillis(this.now + duration);
  }

  /** A lease that was granted at once. */
  async leased(): Promise<void> {
    const ensured = this.knowledge.ensure({});
    this.questions.pop()?.grant();
    expect(await ensured).toEqual({ kind: "leased" });
  }
}

describe("a lease", () => {
  test("counts from before the hub was asked, not from its answer", async () => {
    const world = new World();
    const ensured = world.knowledge.ensure({});
    world.pass(500);
    world.questions.pop()?.grant();
    await ensured;
    expect(world.knowledge.leaseLeft).toBe(LIMITS.leaseMillis - 500);
  });

  test("costs no question while more than half of it is left, and is renewed in the background after that", async () => {
    const world = new World();
    await world.leased();
    world.pass(LIMITS.leaseMillis / 2 - 1);
    await world.knowledge.ensure({});
    expect(world.questions).toHaveLength(0);
    world.pass(2);
    expect(await world.knowledge.ensure({})).toEqual({ kind: "leased" });
    expect(world.questions).toHaveLength(1);
  });

  test("that is nearly over is waited for: its answer would outlive it on the way to the edge", async () => {
    const world = new World();
    await world.leased();
    world.pass(LIMITS.leaseMillis - SHARD_LIMITS.leaseShortMillis);
    const ensured = world.knowledge.ensure({});
    world.questions.pop()?.grant();
    await ensured;
    expect(world.knowledge.leaseLeft).toBe(LIMITS.leaseMillis);
  });

  test("is asked for once by all requests that wait", async () => {
    const world = new World();
    const all = [world.knowledge.ensure({}), world.knowledge.ensure({}), world.knowledge.ensure({})];
    await Promise.resolve();
    expect(world.questions).toHaveLength(1);
    world.questions.pop()?.grant();
    expect(await Promise.all(all)).toEqual([{ kind: "leased" }, { kind: "leased" }, { kind: "leased" }]);
  });

  test("is void by a clock that was set back to before it was requested", async () => {
    const world = new World();
    await world.leased();
    world.pass(-1);
    expect(world.knowledge.leaseLeft).toBe(0);
  });
});

describe("without a lease", () => {
  test.each([
    ["the hub cannot be reached", "refuse"],
    ["the hub grants none", "grant"],
  ] as const)("a shard is cut off when %s", async (_case, how) => {
    const world = new World();
    const ensured = world.knowledge.ensure({});
    if (how === "refuse") world.questions.pop()?.refuse();
    else world.questions.pop()?.grant(false);
    expect(await ensured).toEqual({ kind: "cut-off", since: undefined });
  });

  test("requests do not each wait for a hub that has just refused", async () => {
    const world = new World();
    const first = world.knowledge.ensure({});
    world.questions.pop()?.refuse();
    await first;
    // No answer comes, and still it is known at once.
    expect((await world.knowledge.ensure({})).kind).toBe("cut-off");
    expect(world.questions).toHaveLength(1);
  });

  test("a request that demands unknown purges is behind, unless the hub knows them", async () => {
    const world = new World();
    const unknown = world.knowledge.ensure({ "weur.a": 1 });
    world.questions.pop()?.grant();
    expect(await unknown).toEqual({ kind: "behind" });
    world.hub.apply({
      v: 1,
      kind: "purge",
      dot: { hub: "weur.a", counter: 1 },
      at: world.now,
      severity: "hard",
      scopes: [{ kind: "everything" }],
      by: "test",
      requestDigest: "",
    });
    const known = world.knowledge.ensure({ "weur.a": 1 });
    world.questions.pop()?.grant();
    expect(await known).toEqual({ kind: "leased" });
  });
});

test("a fill that begins now is stamped with all that was heard of, and with what its request knows", () => {
  const { knowledge } = new World();
  knowledge.apply({ v: 1, vector: { "weur.a": 2 }, records: [] });
  expect(knowledge.joined({ "enam.b": 1 })).toEqual({ "weur.a": 2, "enam.b": 1 });
});
