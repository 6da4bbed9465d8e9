// Which requests share a fill, and when a fill ends for want of requests: over a tier above and a clock in the test's hands.

import { describe, expect, test } from "vitest";
import { millis } from "../../../../config/units.ts";
import { Fields } from "../../../../edge/http/fields.ts";
import { Cancellation } from "../../../../edge/shard/fill/cancellation.ts";
import { Flights } from "../../../../edge/shard/fill/flights.ts";
import { SHARD_LIMITS } from "../../../../edge/shard/limits.ts";
import { type ShardRequest, shardRequestOf } from "../../../../edge/shard/request/shard-request.ts";
import { ShardWorld } from "../../../fixtures/shard-world.ts";

const PATIENCE = millis(10_000);
const SHARED = { confirm: undefined, company: "shared" } as const;

function begin() {
  const world = new ShardWorld();
  const flights = new Flights({
    config: world.config,
    name: "shard:weur:0",
    entries: world.entries,
    knowledge: world.knowledge,
    upstream: (request) => world.upstream(request),
    now: () => world.now,
    after: (delay, act) => world.after(delay, act),
    // No object here is large.
    large: undefined as never,
    wholeUpTo: Number.POSITIVE_INFINITY,
  });
  const asked = (path: string, fields: Record<string, string> = {}): ShardRequest => {
    const context = {
      v: 1,
      tier: "shard",
      url: `http://site.test${path}`,
      route: "pages",
      passes: false,
      ring: "",
      vector: {},
      client: { scheme: "http", host: "site.test" },
      requestId: "0".repeat(32),
      budgetMillis: PATIENCE,
      visited: [],
    } as const;
    const request = { method: "GET", fields: Fields.from(Object.entries(fields)), context };
    const route = world.config.routes.find(({ name }) => name === "pages") ?? expect.unreachable();
    return shardRequestOf(world.config, { request, route, standing: { kind: "leased" }, arrivedAt: world.now });
  };
  const join = (request: ShardRequest) => flights.joinOrBegin(request, SHARED) ?? expect.unreachable();
  return { world, flights, asked, join };
}

describe("a request", () => {
  test("joins the flight for its key, and the tier above is asked once", async () => {
    const { world, flights, asked, join } = begin();
    const [first, second] = [join(asked("/a")), join(asked("/a"))];
    expect([first.leads, second.leads]).toEqual([true, false]);
    expect(second.flight).toBe(first.flight);
    (await world.only()).answer(200, { "cache-control": "max-age=60" }, "body");
    const results = await Promise.all([first, second].map((joined) => flights.wait(joined, PATIENCE)));
    expect(results.map((result) => result?.kind)).toEqual(["kept", "kept"]);
  });

  test.each([
    ["another URL", "/b", {}],
    ["a request that insists on a new answer", "/a", { "cache-control": "no-cache" }],
    ["a field that may select a variant", "/a", { "accept-encoding": "br" }],
  ])("begins a flight of its own for %s", async (_what, path, fields) => {
    const { asked, join } = begin();
    join(asked("/a"));
    expect(join(asked(path, fields as Record<string, string>)).leads).toBe(true);
  });

  test("joins none that began before a purge of its URL, and joins one before a purge of another", async () => {
    const { world, asked, join } = begin();
    join(asked("/a"));
    world.purge({ kind: "url", url: "http://site.test/b" });
    world.push();
    expect(join(asked("/a")).leads).toBe(false);
    world.purge({ kind: "url", url: "http://site.test/a" });
    world.push();
    expect(join(asked("/a")).leads).toBe(true);
  });

  test("joins none whose resource an unsafe method has changed, and that flight stores nothing", async () => {
    const { world, flights, asked, join } = begin();
    const first = join(asked("/a"));
    flights.invalidate({ urls: ["http://site.test/a"], site: "http://site.test/", groups: [] });
    expect(join(asked("/a")).leads).toBe(true);
    await world.settle();
    world.asked[0]?.answer(200, { "cache-control": "max-age=60" }, "old");
    await flights.wait(first, PATIENCE);
    await world.settle();
    expect([...world.entries.of("shard:weur:0")]).toEqual([]);
  });

  test("that may not share flies alone, though one for its key is under way", () => {
    const { flights, asked, join } = begin();
    join(asked("/a"));
    expect(flights.joinOrBegin(asked("/a"), { confirm: undefined, company: "alone" })?.leads).toBe(true);
    expect(flights.size).toBe(2);
  });

  test("that has passed through here before is refused a flight: it may be a part of what that waits for", () => {
    const { flights, asked, join } = begin();
    join(asked("/a"));
    expect(flights.joinOrBegin(asked("/a", { "cdn-loop": "meridian" }), SHARED)).toBeUndefined();
  });
});

describe("a flight whose head has not come", () => {
  test("is given up a while after its last client has left, and its question with it", async () => {
    const { world, flights, asked, join } = begin();
    const joined = join(asked("/a"));
    const { request } = await world.only();
    const gone = new Cancellation();
    const waiting = flights.wait(joined, PATIENCE, gone);
    gone.abort();
    expect(await waiting).toBeUndefined();
    await world.pass(SHARD_LIMITS.abandonedAfterMillis - 1);
    expect(request.signal?.aborted).toBe(false);
    await world.pass(1);
    expect(request.signal?.aborted).toBe(true);
    expect(join(asked("/a")).leads).toBe(true);
  });

  test("goes on where a client tries again in that time", async () => {
    const { world, flights, asked, join } = begin();
    const joined = join(asked("/a"));
    const { request } = await world.only();
    const gone = new Cancellation();
    const waiting = flights.wait(joined, PATIENCE, gone);
    gone.abort();
    await waiting;
    expect(join(asked("/a")).leads).toBe(false);
    await world.pass(2 * SHARD_LIMITS.abandonedAfterMillis);
    expect(request.signal?.aborted).toBe(false);
  });

  test("goes on without any client where it is a refresh for all", async () => {
    const { world, flights, asked } = begin();
    flights.refresh(asked("/a"));
    const { request } = await world.only();
    await world.pass(10 * SHARD_LIMITS.abandonedAfterMillis);
    expect(request.signal?.aborted).toBe(false);
    expect(flights.size).toBe(1);
  });
});

test("a tier above that rejects against its contract fails the flight, and nobody can join it any more", async () => {
  const { world, flights, asked, join } = begin();
  const joined = join(asked("/a"));
  (await world.only()).break();
  expect(await flights.wait(joined, PATIENCE)).toMatchObject({ kind: "failed", failure: { code: "fill-broken" } });
  await world.settle();
  expect(flights.size).toBe(0);
});
