// Whether a stored or fetched response may answer a request now: purges, variants, leases.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { millis } from "../../../config/units.ts";
import type { Scope, Severity } from "../../../control-plane/purge/event.ts";
import { purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { Fields } from "../../../edge/http/fields.ts";
import type { FillResult } from "../../../edge/shard/fill/flight.ts";
import { Judge } from "../../../edge/shard/judge.ts";
import { type ShardRequest, shardRequestOf } from "../../../edge/shard/request/shard-request.ts";
import type { Entry } from "../../../edge/shard/store/entry.ts";
import type { UpstreamAnswer } from "../../../edge/tier/tier.ts";
import { ShardWorld } from "../../fixtures/shard-world.ts";

const SHARD = "shard:weur:0";
const URL_A = "http://site.test/a";

function begin() {
  const world = new ShardWorld();
  const { config, entries, knowledge } = world;
  const judge = new Judge({ name: SHARD, entries, knowledge, now: () => world.now });
  const asked = (fields: Record<string, string> = {}, over: Partial<ShardRequest> = {}): ShardRequest => {
    const context = {
      v: 1,
      tier: "shard",
      url: URL_A,
      route: "pages",
      passes: false,
      ring: "",
      vector: {},
      client: { scheme: "http", host: "site.test" },
      requestId: "r",
      budgetMillis: millis(1_000),
      visited: [],
    } as const;
    const request = { method: "GET", fields: Fields.from(Object.entries(fields)), context };
    const route = config.routes.find(({ name }) => name === "pages") ?? expect.unreachable();
    const standing = { kind: "leased" } as const;
    return { ...shardRequestOf(config, { request, route, standing, arrivedAt: world.now }), ...over };
  };
  const entry = (): Entry => ({
    kind: "entry",
    response: {
      status: 200,
      fields: new Fields(),
      terms: {
        bornAt: world.now,
        freshFor: millis(60_000),
        staleWhileRevalidateFor: millis(0),
        staleIfErrorFor: millis(0),
        mustRevalidate: false,
        alwaysRevalidate: false,
        heuristic: false,
      },
    },
    body: new Uint8Array(1),
    seen: knowledge.vector,
    target: purgeTarget(URL_A, ["news"]),
    storedAt: world.now,
    checkedVersion: -1,
    uses: 0,
  });
  const store = (item: Entry): void => {
    entries.put({ shard: SHARD, key: asked().key, url: URL_A, vary: [], variant: "" }, item);
  };
  const purge = (scope: Scope, severity: Severity = "hard"): void => {
    world.purge(scope, severity);
    world.push();
  };
  const kept = (over: Partial<FillResult & { kind: "kept" }> = {}): FillResult & { kind: "kept" } => ({
    kind: "kept",
    entry: entry(),
    vary: [],
    variant: "",
    settling: false,
    spool: undefined,
    answer: { kind: "answer", status: 200, requestAt: world.now, responseAt: world.now } as UpstreamAnswer,
    ...over,
  });
  return { world, judge, asked, entry, store, purge, kept };
}

describe("a look at the store", () => {
  test("finds nothing, a fresh response, or one of another variant", () => {
    const { world, judge, asked, entry, store } = begin();
    expect(judge.look(asked())).toEqual({ kind: "miss", reason: "uri-miss" });
    store(entry());
    expect(judge.look(asked())).toMatchObject({ kind: "entry", reuse: { kind: "fresh" } });
    world.entries.put({ shard: SHARD, key: asked().key, url: URL_A, vary: ["x"], variant: "x:1\n" }, entry());
    expect(judge.look(asked({ x: "2" }))).toEqual({ kind: "miss", reason: "vary-miss" });
  });

  test.each([
    ["its URL", { kind: "url", url: URL_A }],
    ["its tag", { kind: "tag", tag: "news" }],
    ["its host", { kind: "host", host: "site.test" }],
    ["a prefix", { kind: "prefix", prefix: "http://site.test/" }],
    ["everything", { kind: "everything" }],
  ] as const)("evicts what a hard purge of %s has invalidated, and says how often it was used", (_what, scope) => {
    const { world, judge, asked, entry, store, purge } = begin();
    store(entry());
    judge.look(asked());
    purge(scope);
    expect(judge.look(asked())).toMatchObject({ kind: "miss", uses: 1 });
    expect([...world.entries.of(SHARD)]).toEqual([]);
  });

  test("finds stale what a soft purge matches, and untouched what another purge matches", () => {
    const { judge, asked, entry, store, purge } = begin();
    store(entry());
    purge({ kind: "tag", tag: "sport" });
    expect(judge.look(asked())).toMatchObject({ kind: "entry", reuse: { kind: "fresh" } });
    purge({ kind: "tag", tag: "news" }, "soft");
    expect(judge.look(asked())).toMatchObject({ kind: "entry", reuse: { kind: "revalidate" } });
  });

  test("trusts nothing stored without a lease where the route says so", () => {
    const { judge, asked, entry, store } = begin();
    store(entry());
    const { route } = asked();
    const cutOff = {
      standing: { kind: "cut-off", since: undefined },
      route: { ...route, whenCutOff: "revalidate" },
    } as const;
    expect(judge.look(asked({}, cutOff))).toMatchObject({ kind: "entry", reuse: { kind: "revalidate" } });
  });
});

describe("the check at release", () => {
  test("lets a fill out that no purge has met", () => {
    const { judge, asked, kept } = begin();
    expect(judge.mayRelease(asked(), kept())).toBe(true);
  });

  test("refuses one whose tag was purged while it was fetched", () => {
    const { judge, asked, kept, purge } = begin();
    const landed = kept();
    purge({ kind: "tag", tag: "news" });
    expect(judge.mayRelease(asked(), landed)).toBe(false);
    expect(judge.isSpent(asked(), landed)).toBe(true);
  });

  test("refuses another request's variant, which is not spent for that", () => {
    const { judge, asked, kept } = begin();
    const landed = kept({ vary: ["x"], variant: "x:1\n" });
    expect(judge.mayRelease(asked({ x: "2" }), landed)).toBe(false);
    expect(judge.isSpent(asked({ x: "2" }), landed)).toBe(false);
  });

  test("lets go without a lease what was fetched less than a lease ago, and nothing older", async () => {
    const { world, judge, asked, kept } = begin();
    const { route } = asked();
    const cutOff = {
      standing: { kind: "cut-off", since: undefined },
      route: { ...route, whenCutOff: "revalidate" },
    } as const;
    const landed = kept();
    await world.pass(LIMITS.leaseMillis);
    expect(judge.mayRelease(asked({}, cutOff), landed)).toBe(true);
    await world.pass(1);
    expect(judge.mayRelease(asked({}, cutOff), landed)).toBe(false);
  });
});

test("an answer may be released below for what is left of the lease, counted from before it was asked for", async () => {
  const { world, judge } = begin();
  expect(judge.validFor(world.now)).toEqual({});
  const arrivedAt = world.now;
  await world.knowledge.ensure({});
  await world.pass(500);
  expect(judge.validFor(arrivedAt)).toEqual({ validFor: LIMITS.leaseMillis });
});
