// When a stored response may answer (RFC 9111 section 4, RFC 5861), for what clients, in which tier, after which purges.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { epochMillis, millis } from "../../../config/units.ts";
import { type Circumstances, decideReuse, onlyIfCached } from "../../../edge/http/reuse.ts";
import type { Terms } from "../../../edge/http/terms.ts";
import { fieldsOf, NOW, POLICY, policyWith, storedWith } from "./exchange.ts";

const CLIENT_FACING: Circumstances = { verdict: "alive", mayServeStale: true, policy: POLICY };

/** Decides on a response fresh for 60 s, `ageSeconds` after its birth. */
function reuse(
  ageSeconds: number,
  options: { terms?: Partial<Terms>; request?: Record<string, string>; method?: string } & Partial<Circumstances> = {},
) {
  const { terms = {}, request = {}, method = "GET", ...circumstances } = options;
  return decideReuse(
    storedWith({}, terms),
    { method, fields: fieldsOf(request) },
    epochMillis(NOW + ageSeconds * 1000),
    {
      ...CLIENT_FACING,
      ...circumstances,
    },
  );
}

const SWR: Partial<Terms> = { staleWhileRevalidateFor: millis(10_000) };
const SIE: Partial<Terms> = { staleIfErrorFor: millis(20_000) };

describe("RFC 9111 section 4.2: fresh and stale", () => {
  test.each<[number, string]>([
    [-5, "fresh"],
    [0, "fresh"],
    [59.999, "fresh"],
    [60, "revalidate"],
    [61, "revalidate"],
  ])("at an age of %d s of 60 it is: %s", (age, kind) => {
    expect(reuse(age).kind).toBe(kind);
  });

  it("tells age and the freshness left, and no negative age when clocks go back", () => {
    expect(reuse(20)).toEqual({ kind: "fresh", age: 20_000, ttl: 40_000 });
    expect(reuse(-20)).toEqual({ kind: "fresh", age: 0, ttl: 60_000 });
  });

  it("is decided alike for HEAD, and not at all for other methods", () => {
    expect(reuse(1, { method: "HEAD" }).kind).toBe("fresh");
    expect(reuse(1, { method: "POST" })).toEqual({ kind: "unusable", reason: "method" });
  });

  it("does not matter for no-cache, which always asks first", () => {
    expect(reuse(1, { terms: { ...SIE, ...SWR, alwaysRevalidate: true } })).toEqual({
      kind: "revalidate",
      reason: "stale",
      usableOnErrorUntil: undefined,
    });
  });
});

describe("RFC 5861: stale while revalidating, stale if there is an error", () => {
  test.each<[number, string]>([
    [59, "fresh"],
    [60, "stale-while-revalidate"],
    [69.999, "stale-while-revalidate"],
    [70, "revalidate"],
  ])("with a window of 10 s, at %d s it is: %s", (age, kind) => {
    expect(reuse(age, { terms: SWR }).kind).toBe(kind);
  });

  it("tells by how much it is stale", () => {
    expect(reuse(65, { terms: SWR })).toEqual({ kind: "stale-while-revalidate", age: 65_000, ttl: -5_000 });
  });

  test.each<[number, number | undefined]>([
    [65, 80],
    [79.999, 80],
    [80, undefined],
  ])("at %d s, if the origin fails, it may be used until %s s", (age, until) => {
    const expected = until === undefined ? undefined : NOW + until * 1000;
    expect(reuse(age, { terms: SIE })).toEqual({ kind: "revalidate", reason: "stale", usableOnErrorUntil: expected });
  });

  test.each<[string, Parameters<typeof reuse>[1]]>([
    ["where it must be revalidated", { terms: { ...SWR, ...SIE, mustRevalidate: true } }],
    ["by a shield, whose answer a shard would take for fresh", { terms: { ...SWR, ...SIE }, mayServeStale: false }],
  ])("is not done %s", (_name, options) => {
    expect(reuse(65, options)).toEqual({ kind: "revalidate", reason: "stale", usableOnErrorUntil: undefined });
  });
});

describe("purges", () => {
  it("end a response when they are hard, fresh or not, whatever the client accepts", () => {
    for (const age of [1, 65]) {
      expect(
        reuse(age, { verdict: "hard", terms: { ...SWR, ...SIE }, request: { "cache-control": "max-stale" } }),
      ).toEqual({
        kind: "unusable",
        reason: "purged",
      });
    }
  });

  it("make it stale when they are soft: asked first, or used while asking, or when asking fails", () => {
    expect(reuse(1, { verdict: "soft" })).toEqual({
      kind: "revalidate",
      reason: "purged-soft",
      usableOnErrorUntil: NOW + 60_000,
    });
    expect(reuse(1, { verdict: "soft", terms: SIE })).toMatchObject({ usableOnErrorUntil: NOW + 80_000 });
    expect(reuse(1, { verdict: "soft", terms: SWR })).toEqual({ kind: "stale-while-revalidate", age: 1000, ttl: 0 });
  });

  it("leave nothing to use of what must be revalidated, and nothing in a shield", () => {
    const nothing = { kind: "revalidate", reason: "purged-soft", usableOnErrorUntil: undefined };
    expect(reuse(1, { verdict: "soft", terms: { ...SWR, mustRevalidate: true } })).toEqual(nothing);
    expect(reuse(1, { verdict: "soft", terms: SWR, mayServeStale: false })).toEqual(nothing);
  });
});

describe("RFC 9111 section 5.2.1: what the client asks for", () => {
  test.each<[number, Record<string, string>, string]>([
    [1, { "cache-control": "no-cache" }, "revalidate"],
    [1, { "cache-control": "No-Cache" }, "revalidate"],
    [1, { pragma: "no-cache" }, "revalidate"],
    [1, { pragma: "foo, No-Cache" }, "revalidate"],
    [1, { pragma: "unknown" }, "fresh"],
    [1, { pragma: "no-cache", "cache-control": "max-age=60" }, "fresh"],
    [0, { "cache-control": "max-age=0" }, "revalidate"],
    [10, { "cache-control": "max-age=10" }, "fresh"],
    [10.001, { "cache-control": "max-age=10" }, "revalidate"],
    [10, { "cache-control": "max-age=x" }, "revalidate"],
    [10, { "cache-control": "min-fresh=50" }, "fresh"],
    [10, { "cache-control": "min-fresh=51" }, "revalidate"],
    [10, { "cache-control": "no-store" }, "fresh"],
    [10, { "cache-control": "only-if-cached" }, "fresh"],
    [65, { "cache-control": "max-stale" }, "stale-while-revalidate"],
    [65, { "cache-control": "max-stale=6" }, "stale-while-revalidate"],
    [65, { "cache-control": "max-stale=5" }, "revalidate"],
    [65, { "cache-control": "max-stale=x" }, "revalidate"],
  ])("at %d s, %o gives: %s", (age, request, kind) => {
    expect(reuse(age, { request }).kind).toBe(kind);
  });

  it("is only a wish: a fresh response still stands in when the origin fails", () => {
    expect(reuse(1, { request: { "cache-control": "no-cache" } })).toEqual({
      kind: "revalidate",
      reason: "request",
      usableOnErrorUntil: NOW + 60_000,
    });
  });

  test.each(["no-cache", "max-age=0", "max-age=600", "min-fresh=0"])(
    "%j does not wish for a stale response, even in its window",
    (value) => {
      expect(reuse(65, { terms: SWR, request: { "cache-control": value } }).kind).toBe("revalidate");
    },
  );

  it("opens nothing that the origin forbids", () => {
    const request = { "cache-control": "max-stale" };
    expect(reuse(65, { request, terms: { mustRevalidate: true } }).kind).toBe("revalidate");
    expect(reuse(65, { request, terms: { alwaysRevalidate: true } }).kind).toBe("revalidate");
    expect(reuse(65, { request, mayServeStale: false }).kind).toBe("revalidate");
  });

  it("counts for nothing on routes that ignore it", () => {
    const policy = policyWith({ clientCacheControl: "ignore" });
    const reloads: Record<string, string>[] = [{ "cache-control": "no-cache" }, { pragma: "no-cache" }];
    for (const request of reloads) expect(reuse(1, { request, policy }).kind).toBe("fresh");
    expect(reuse(65, { request: { "cache-control": "max-stale" }, policy }).kind).toBe("revalidate");
    expect(onlyIfCached(fieldsOf({ "cache-control": "only-if-cached" }), policy)).toBe(false);
    expect(onlyIfCached(fieldsOf({ "cache-control": "max-age=5, Only-If-Cached" }), POLICY)).toBe(true);
    expect(onlyIfCached(fieldsOf({}), POLICY)).toBe(false);
  });
});

describe("properties", () => {
  const length = fc.integer({ min: 0, max: 100_000 }).map(millis);
  const terms = fc.record({
    freshFor: length,
    staleWhileRevalidateFor: length,
    staleIfErrorFor: length,
    mustRevalidate: fc.boolean(),
    alwaysRevalidate: fc.boolean(),
  });
  const request = fc.constantFrom<Record<string, string>>(
    {},
    { "cache-control": "no-cache" },
    { "cache-control": "max-stale" },
    { "cache-control": "max-age=30" },
  );
  const circumstances = fc.record({
    verdict: fc.constantFrom("alive" as const, "soft" as const, "hard" as const),
    mayServeStale: fc.boolean(),
  });

  it("what must be revalidated, was purged, or lies in a shield is never given out stale", () => {
    fc.assert(
      fc.property(
        terms,
        request,
        circumstances,
        fc.integer({ min: -1000, max: 300_000 }),
        (given_, asked, around, elapsed) => {
          const decision = reuse(elapsed / 1000, { terms: given_, request: asked, ...around });
          const stale = elapsed >= given_.freshFor || around.verdict !== "alive";
          const served = decision.kind === "fresh" || decision.kind === "stale-while-revalidate";
          if (served) expect(decision.age).toBeGreaterThanOrEqual(0);
          if (served && stale) {
            expect(decision.kind).toBe("stale-while-revalidate");
            expect(given_.mustRevalidate || !around.mayServeStale || around.verdict === "hard").toBe(false);
          }
          if (served) expect(given_.alwaysRevalidate).toBe(false);
          if (decision.kind === "stale-while-revalidate") expect(decision.ttl).toBeLessThanOrEqual(0);
          if (decision.kind === "fresh") expect(decision.ttl).toBeGreaterThan(0);
        },
      ),
    );
  });

  it("what time has made unusable, time does not make usable again", () => {
    fc.assert(
      fc.property(terms, fc.nat(300_000), fc.nat(300_000), (given_, early, later) => {
        const rank = { fresh: 0, "stale-while-revalidate": 1, revalidate: 2, unusable: 3 };
        const before = reuse(early / 1000, { terms: given_ });
        const after = reuse((early + later) / 1000, { terms: given_ });
        expect(rank[after.kind]).toBeGreaterThanOrEqual(rank[before.kind]);
      }),
    );
  });
});
