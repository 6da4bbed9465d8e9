// RFC 9213: which field speaks to this cache is the route's to say.

import { describe, expect, test } from "vitest";
import { policyWith, refusalOf, termsOf } from "./exchange.ts";

const freshFor = (response: Record<string, string>, targets: string[]): number =>
  termsOf({ "last-modified": "Sat, 21 Nov 2026 12:00:00 GMT", ...response }, { policy: policyWith({ targets }) })
    .freshFor / 1000;

describe("RFC 9213 section 2.2: the target list", () => {
  test.each<[string, Record<string, string>, string[], number]>([
    [
      "a field of the list counts",
      { "acme-cache-control": "max-age=60", "cache-control": "max-age=1" },
      ["Acme-Cache-Control"],
      60,
    ],
    [
      "the first of the list counts",
      { "acme-cache-control": "max-age=60", "cdn-cache-control": "max-age=1" },
      ["Acme-Cache-Control", "CDN-Cache-Control"],
      60,
    ],
    [
      "an invalid one is passed over",
      { "acme-cache-control": "max-age=60, &&", "cdn-cache-control": "max-age=1" },
      ["Acme-Cache-Control", "CDN-Cache-Control"],
      1,
    ],
    [
      "ours comes first whatever the list",
      { "meridian-cdn-cache-control": "max-age=9", "cdn-cache-control": "max-age=1" },
      ["CDN-Cache-Control"],
      9,
    ],
    [
      "a field that is not in the list says nothing",
      { "cdn-cache-control": "max-age=60", "cache-control": "max-age=1" },
      [],
      1,
    ],
    [
      "Surrogate-Control has the place that the list gives it",
      { "surrogate-control": "max-age=60", "cdn-cache-control": "max-age=1" },
      ["Surrogate-Control", "CDN-Cache-Control"],
      60,
    ],
  ])("%s", (_name, response, targets, expected) => {
    expect(freshFor(response, targets)).toBe(expected);
  });

  test("a field that is not in the list cannot open what Cache-Control keeps", () => {
    const policy = policyWith({ targets: [] });
    expect(refusalOf({ "cdn-cache-control": "max-age=60", "cache-control": "no-store" }, { policy })).toBe("no-store");
  });
});

describe("RFC 5861: a route's limit", () => {
  test.each<[string, Record<string, string>]>([
    ["the origin's windows", { "cache-control": "max-age=60, stale-while-revalidate=600, stale-if-error=600" }],
    ["the route's own", { "cache-control": "max-age=60" }],
  ])("bounds %s", (_name, response) => {
    const ttl = { maxStaleSeconds: 10, staleWhileRevalidateSeconds: 600, staleIfErrorSeconds: 600 };
    const terms = termsOf(response, { policy: policyWith({ ttl }) });
    expect(terms.staleWhileRevalidateFor).toBe(10_000);
    expect(terms.staleIfErrorFor).toBe(10_000);
  });
});
