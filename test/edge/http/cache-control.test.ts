// Cache-Control as servers really write it (RFC 9111 sections 1.2.2, 4.2.1, 5.2): tables for each rule, properties for the rest.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  type Directives,
  MAX_DELTA_SECONDS,
  NO_DIRECTIVES,
  parseCacheControl,
} from "../../../edge/http/cache-control.ts";

describe("RFC 9111 section 5.2: directives", () => {
  test.each<[string, Partial<Directives>]>([
    ["no-store", { noStore: true }],
    ["No-StOrE", { noStore: true }],
    ["no-store, max-age=10", { noStore: true, maxAge: 10 as never }],
    ["max-age=10,,no-store,", { noStore: true, maxAge: 10 as never }],
    ["\tprivate\t", { private: true }],
    ['private="set-cookie"', { private: true }],
    ["private =x", { private: true }],
    ['no-cache="a, b", max-age=3', { noCache: true, maxAge: 3 as never }],
    ["no-store=yes", { noStore: true }],
    ["public", { public: true }],
    ["public=yes", {}],
    ["must-understand=1", {}],
    ["must-revalidate, proxy-revalidate", { mustRevalidate: true, proxyRevalidate: true }],
    ["only-if-cached", { onlyIfCached: true }],
    ["nostore, no_store, xno-store", {}],
    ["unknown, other=max-age=9", {}],
    ["", {}],
  ])("%j means %o", (value, expected) => {
    expect(parseCacheControl(value)).toEqual({ ...NO_DIRECTIVES, ...expected });
  });

  it("reads an absent field as nothing said", () => {
    expect(parseCacheControl(undefined)).toBe(NO_DIRECTIVES);
  });
});

describe("RFC 9111 section 1.2.2: a lifetime that is no number of seconds is none", () => {
  test.each<[string, number | undefined]>([
    ["max-age=3600", 3600],
    ["MaX-aGe=3600", 3600],
    ["max-age=003600", 3600],
    ['max-age="3600"', 3600],
    ["max-age=2147483647", 2147483647],
    ["max-age=2147483648", MAX_DELTA_SECONDS],
    ["max-age=2147483649", MAX_DELTA_SECONDS],
    ["max-age=99999999999999999999999999", MAX_DELTA_SECONDS],
    ["max-age", 0],
    ["max-age=", 0],
    ["max-age=-3600", 0],
    ["max-age=+3600", 0],
    ["max-age=3600.0", 0],
    ["max-age=1e3", 0],
    ["max-age=a3600", 0],
    ["max-age=3600a", 0],
    ["max-age='3600'", 0],
    ['max-age="3600', 0],
    ["max-age= 3600", 0],
    ["max-age =3600", 0],
    ['extension="max-age=3600"', undefined],
    ['extension="max-age=3600", max-age=1', 1],
    ['max-age=1, extension="max-age=3600"', 1],
    ['extension="a\\"b, max-age=3600", max-age="1"', 1],
  ])("%j gives a max-age of %s", (value, expected) => {
    expect(parseCacheControl(value).maxAge).toBe(expected);
  });
});

describe("RFC 9111 section 4.2.1: what is said twice is taken the stricter way", () => {
  test.each<[string, keyof Directives, number]>([
    ["max-age=1800, max-age=1", "maxAge", 1],
    ["max-age=1, max-age=1800", "maxAge", 1],
    ["max-age=1800, max-age=x", "maxAge", 0],
    ["s-maxage=5, s-maxage=7", "sMaxAge", 5],
    ["stale-while-revalidate=9, stale-while-revalidate=2", "staleWhileRevalidate", 2],
    ["stale-if-error=9, stale-if-error", "staleIfError", 0],
    ["max-stale=9, max-stale", "maxStale", 9],
    ["max-stale", "maxStale", Number.POSITIVE_INFINITY],
    ["max-stale=x", "maxStale", 0],
    ["min-fresh=3, min-fresh=9", "minFresh", 9],
  ])("%j gives %s %d", (value, name, expected) => {
    expect(parseCacheControl(value)[name]).toBe(expected);
  });

  it("ignores a min-fresh that is no number, since it demands nothing", () => {
    expect(parseCacheControl("min-fresh=x").minFresh).toBeUndefined();
  });
});

describe("a value from a stranger", () => {
  const text = fc.string({ unit: "binary-ascii", maxLength: 200 });

  it("never makes the parser throw, nor a lifetime negative", () => {
    fc.assert(
      fc.property(text, (value) => {
        const directives = parseCacheControl(value);
        for (const lifetime of [directives.maxAge, directives.sMaxAge, directives.minFresh, directives.maxStale]) {
          expect(lifetime ?? 0).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it("cannot hide a no-store that stands behind it, with a quote that never closes or otherwise", () => {
    const withoutClosedQuotes = text.filter((value) => value.split('"').length - 1 < 2);
    fc.assert(
      fc.property(withoutClosedQuotes, (value) => {
        expect(parseCacheControl(`${value}, no-store`).noStore).toBe(true);
      }),
    );
  });

  it("cannot hide a no-store that stands before it", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(parseCacheControl(`no-store, ${value}`).noStore).toBe(true);
      }),
    );
  });

  it("takes time in proportion to its length, however it plays with quotes and spaces", () => {
    // Quadratic parsing of these would take minutes, not the moment that the test's own limit allows.
    for (const value of [`"${'\\"'.repeat(500_000)}`, `a${" ".repeat(1_000_000)}b`, '"a",'.repeat(250_000)]) {
      expect(parseCacheControl(`${value}, private`).private).toBe(true);
    }
  });
});
