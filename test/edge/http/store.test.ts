// What is stored, on what terms, and why the rest is not (RFC 9111 sections 3, 4.2; RFC 5861; RFC 9213).

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { dateIn, decide, NOW, policyWith, refusalOf, termsOf } from "./exchange.ts";

const DAY = 86_400;
const FRESH = { "cache-control": "max-age=60" };

describe("RFC 9111 section 3: what may be stored at all", () => {
  test.each<[string, string, Parameters<typeof refusalOf>]>([
    ["stored", "a fresh answer to GET", [FRESH]],
    ["method", "an answer to POST", [FRESH, { method: "POST" }]],
    ["method", "an answer to HEAD, which has no body", [FRESH, { method: "HEAD" }]],
    ["method", "an answer to a method in small letters, which is another method", [FRESH, { method: "get" }]],
    ["status", "an interim response", [FRESH, { status: 103 }]],
    ["status", "a part", [FRESH, { status: 206 }]],
    ["status", "a bare confirmation", [FRESH, { status: 304 }]],
    ["stored", "a fresh redirect", [FRESH, { status: 302 }]],
    ["stored", "a fresh answer of an unknown status", [FRESH, { status: 299 }]],
    ["stored", "a fresh error", [FRESH, { status: 599 }]],
    ["no-store", "no-store", [{ "cache-control": "no-store" }]],
    ["no-store", "no-store beside a lifetime", [{ "cache-control": "max-age=60, no-store", expires: dateIn(60) }]],
    ["no-store", "no-store on another line", [{ "cache-control": ["max-age=60", "No-Store"] }]],
    ["private", "private", [{ "cache-control": "private, max-age=60" }]],
    ["private", "private for some fields, taken for all", [{ "cache-control": 'private="set-cookie", max-age=60' }]],
    ["private", "private beside public", [{ "cache-control": "public, private, max-age=60" }]],
    [
      "must-understand",
      "must-understand of an unknown status",
      [{ "cache-control": "max-age=60, must-understand" }, { status: 599 }],
    ],
    ["stored", "must-understand of a known status", [{ "cache-control": "max-age=60, must-understand" }]],
    [
      "stored",
      "must-understand, which no-store beside it is for others",
      [{ "cache-control": "no-store, must-understand, max-age=60" }],
    ],
    ["event-stream", "an event stream", [{ ...FRESH, "content-type": "text/event-stream; charset=utf-8" }]],
    ["stored", "what only looks like an event stream", [{ ...FRESH, "content-type": "text/event-streams" }]],
    ["vary", "Vary: *", [{ ...FRESH, vary: "accept, *" }]],
    ["vary", "a Vary that is no list of names", [{ ...FRESH, vary: "accept user-agent" }]],
    ["stored", "Vary by names", [{ ...FRESH, vary: "Accept, User-Agent" }]],
    ["no-freshness", "silence on keeping it", [{}]],
    ["stored", "silence, but a validator to ask with", [{ etag: '"a"' }]],
    ["no-freshness", "silence and a validator, on a status that allows no guess", [{ etag: '"a"' }, { status: 201 }]],
    ["never-usable", "no-cache without a validator", [{ "cache-control": "no-cache, max-age=60" }]],
    ["no-freshness", "no-cache and nothing else", [{ "cache-control": "no-cache" }]],
    ["stored", "no-cache with a validator", [{ "cache-control": "no-cache", etag: '"a"' }]],
    [
      "never-usable",
      "max-age=0 that must be revalidated and cannot",
      [{ "cache-control": "max-age=0, must-revalidate" }],
    ],
    ["stored", "max-age=0, for when the origin fails", [{ "cache-control": "max-age=0" }]],
    ["stored", "a request's own no-store is not heeded", [FRESH, { request: { "cache-control": "no-store" } }]],
  ])("%s: %s", (expected, _name, parameters) => {
    expect(refusalOf(...parameters)).toBe(expected);
  });

  it("refuses a response with more tags than can be kept, since one left out could not be purged", () => {
    const tags = (count: number): string => Array.from({ length: count }, (_, index) => `t${index}`).join(",");
    expect(refusalOf({ ...FRESH, "cache-tag": tags(1000) })).toBe("stored");
    expect(refusalOf({ ...FRESH, "cache-tag": tags(1001) })).toBe("too-many-tags");
  });
});

describe("RFC 9111 section 3.5: what answers credentials is one client's own", () => {
  const credentials: Record<string, string>[] = [{ authorization: "Basic x" }, { cookie: "session=1" }];
  test.each<[string, boolean]>([
    ["max-age=60", false],
    ["max-age=60, public", true],
    ["s-maxage=60", true],
    ["s-maxage=0", true],
    ["max-age=60, must-revalidate", true],
    ["max-age=60, proxy-revalidate", false],
    ["public, private, max-age=60", false],
    ["public, no-store", false],
  ])("%j is stored after Authorization or Cookie where the route believes it: %s", (value, stored) => {
    for (const request of credentials) {
      const response = { "cache-control": value, etag: '"a"' };
      const believing = decide(response, { request, policy: policyWith({ storePersonal: "explicit" }) });
      expect(believing.kind).toBe(stored ? "store" : "refuse");
      expect(decide(response, { request }).kind).toBe("refuse");
    }
  });

  it("names the credential that made the refusal", () => {
    expect(refusalOf(FRESH, { request: { authorization: "x" } })).toBe("authorization");
    expect(refusalOf(FRESH, { request: { cookie: "a=b" } })).toBe("cookie");
  });

  it("lets the caller say that the cookies are in the key and make nothing personal", () => {
    expect(refusalOf(FRESH, { request: { cookie: "theme=dark" }, personal: false })).toBe("stored");
    expect(refusalOf(FRESH, { request: {}, personal: true })).toBe("cookie");
  });
});

describe("Set-Cookie in a response", () => {
  test.each<[string, Record<string, string>, string]>([
    ["max-age", { "cache-control": "max-age=60" }, "set-cookie"],
    ["public", { "cache-control": "public, max-age=60" }, "stored"],
    ["s-maxage", { "cache-control": "s-maxage=60" }, "stored"],
    ["a targeted lifetime", { "cdn-cache-control": "max-age=60" }, "stored"],
    ["a targeted field without one", { "cdn-cache-control": "foo", "last-modified": dateIn(-DAY) }, "set-cookie"],
    ["must-revalidate", { "cache-control": "max-age=60, must-revalidate" }, "set-cookie"],
  ])("with %s: %s %s", (_name, response, expected) => {
    expect(refusalOf({ ...response, "set-cookie": "a=b" })).toBe(expected);
    expect(refusalOf({ ...response, "set-cookie": "a=b" }, { policy: policyWith({ storeSetCookie: "never" }) })).toBe(
      "set-cookie",
    );
    expect(refusalOf({ ...response, "set-cookie": "a=b" }, { policy: policyWith({ storeSetCookie: "always" }) })).toBe(
      "stored",
    );
  });

  test("is never stored where the response is private, whatever the route says", () => {
    const policy = policyWith({ storeSetCookie: "always" });
    expect(refusalOf({ "cache-control": "private, max-age=60", "set-cookie": "a=b" }, { policy })).toBe("private");
  });
});

describe("RFC 9111 section 4.2.1: freshness lifetime", () => {
  test.each<[string, Record<string, string | string[]>, number]>([
    ["max-age", { "cache-control": "max-age=60" }, 60],
    ["s-maxage before max-age", { "cache-control": "max-age=3600, s-maxage=1" }, 1],
    ["s-maxage before a shorter max-age", { "cache-control": "max-age=0, s-maxage=60", expires: dateIn(-10) }, 60],
    ["max-age before a past Expires", { "cache-control": "max-age=60", expires: dateIn(-7200), date: dateIn(0) }, 60],
    ["max-age before an invalid Expires", { "cache-control": "max-age=60", expires: "0" }, 60],
    ["max-age=0 before a future Expires", { "cache-control": "max-age=0", expires: dateIn(60), date: dateIn(0) }, 0],
    ["Expires less Date", { expires: dateIn(90), date: dateIn(30) }, 60],
    ["Expires less birth where Date is missing", { expires: dateIn(60) }, 60],
    ["Expires less birth where Date is no date", { expires: dateIn(60), date: "foo" }, 60],
    ["a past Expires", { expires: dateIn(-60), date: dateIn(0) }, 0],
    ["an Expires that is no date", { expires: "0", date: dateIn(0) }, 0],
    ["two Expires", { expires: [dateIn(60), dateIn(90)], date: dateIn(0) }, 0],
    ["an unquoted and a quoted lifetime", { "cache-control": 'max-age="60"' }, 60],
  ])("%s", (_name, response, expected) => {
    expect(termsOf({ ...response, etag: '"a"' })).toMatchObject({ freshFor: expected * 1000, heuristic: false });
  });

  it("is no longer than entries are kept from now on, however much a server promises", () => {
    const born = epochMillis(NOW - 1000);
    expect(termsOf({ "cache-control": "max-age=99999999999" }, { bornAt: born }).freshFor).toBe(7 * DAY * 1000 + 1000);
  });
});

describe("RFC 9111 section 4.2.2: a guess where the origin gives no lifetime", () => {
  test.each([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])("a %d may be kept on a guess", (status) => {
    const terms = termsOf({ "last-modified": dateIn(-1000), date: dateIn(0) }, { status });
    expect(terms).toMatchObject({ freshFor: 100_000, heuristic: true });
  });

  test.each([201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599])("a %d may not", (status) => {
    expect(refusalOf({ "last-modified": dateIn(-1000), date: dateIn(0) }, { status })).toBe("no-freshness");
    expect(termsOf({ "last-modified": dateIn(-1000), "cache-control": "public" }, { status }).heuristic).toBe(true);
  });

  it("never guesses more than a day, nor from a modification in the future", () => {
    expect(termsOf({ "last-modified": dateIn(-365 * DAY) }).freshFor).toBe(DAY * 1000);
    expect(termsOf({ "last-modified": dateIn(60) }).freshFor).toBe(0);
  });

  it("does not guess where the origin gave a lifetime, even an invalid one", () => {
    expect(termsOf({ "last-modified": dateIn(-DAY), expires: "0" })).toMatchObject({ freshFor: 0, heuristic: false });
  });
});

describe("what a route says of lifetimes", () => {
  const edge = policyWith({ ttl: { edgeSeconds: 300 } });
  const silent = policyWith({ ttl: { defaultSeconds: 30, byStatus: { 404: 5, 503: 2, 200: 7 } } });
  const fallback = policyWith({ ttl: { defaultSeconds: 30 } });

  test.each<[string, Parameters<typeof termsOf>, number]>([
    ["overrides the origin", [FRESH, { policy: edge }], 300],
    ["overrides max-age=0", [{ "cache-control": "max-age=0" }, { policy: edge }], 300],
    ["speaks for a silent origin", [{}, { policy: edge }], 300],
    ["overrides no error", [FRESH, { policy: edge, status: 404 }], 60],
    ["overrides no redirect", [FRESH, { policy: edge, status: 302 }], 60],
    ["gives errors their time", [{}, { policy: silent, status: 404 }], 5],
    ["gives failures their time", [{}, { policy: silent, status: 503 }], 2],
    ["gives any listed status its time, before a guess", [{ "last-modified": dateIn(-DAY) }, { policy: silent }], 7],
    ["leaves to the origin what it speaks of", [FRESH, { policy: silent, status: 404 }], 60],
    ["assumes a default", [{}, { policy: fallback }], 30],
    ["guesses from Last-Modified before it assumes", [{ "last-modified": dateIn(-1000) }, { policy: fallback }], 100],
  ])("%s", (_name, parameters, expected) => {
    expect(termsOf(...parameters).freshFor).toBe(expected * 1000);
  });

  test.each<[string, Parameters<typeof refusalOf>]>([
    ["no-store", [{ "cache-control": "no-store" }, { policy: edge }]],
    ["private", [{ "cache-control": "private" }, { policy: edge }]],
    ["cookie", [{ "cache-control": "max-age=1" }, { policy: edge, request: { cookie: "a" } }]],
    ["set-cookie", [{ "set-cookie": "a=b" }, { policy: edge }]],
    ["no-freshness", [{}, { policy: edge, status: 201 }]],
    ["no-freshness", [{}, { policy: fallback, status: 404 }]],
    ["no-freshness", [{}, { policy: fallback, status: 302 }]],
  ])("never stores what %s forbids", (expected, parameters) => {
    expect(refusalOf(...parameters)).toBe(expected);
  });

  it("still asks before each use of what says no-cache", () => {
    expect(termsOf({ "cache-control": "no-cache", etag: '"a"' }, { policy: edge }).alwaysRevalidate).toBe(true);
  });
});

describe("RFC 5861 and RFC 9111 section 4.2.4: windows in which a stale response may be used", () => {
  const policy = policyWith({ ttl: { staleWhileRevalidateSeconds: 10, staleIfErrorSeconds: 20 } });
  test.each<[string, number, number, boolean]>([
    ["max-age=60", 10, 20, false],
    ["max-age=60, stale-while-revalidate=5, stale-if-error=6", 5, 6, false],
    ["max-age=60, stale-while-revalidate=0, stale-if-error=0", 0, 0, false],
    ["max-age=60, stale-while-revalidate=x", 0, 20, false],
    ["max-age=60, must-revalidate, stale-if-error=6", 0, 0, true],
    ["max-age=60, proxy-revalidate", 0, 0, true],
    ["max-age=60, no-cache", 0, 0, true],
    ["s-maxage=60", 0, 0, true],
    ["s-maxage=60, stale-while-revalidate=5", 5, 0, false],
    ["s-maxage=60, stale-if-error=6", 0, 6, false],
    ["s-maxage=60, stale-if-error=6, must-revalidate", 0, 0, true],
  ])("%j", (value, whileRevalidate, ifError, mustRevalidate) => {
    expect(termsOf({ "cache-control": value, etag: '"a"' }, { policy })).toMatchObject({
      staleWhileRevalidateFor: whileRevalidate * 1000,
      staleIfErrorFor: ifError * 1000,
      mustRevalidate,
    });
  });

  it("are none for what nobody gave a lifetime, which is only ever used after asking", () => {
    expect(termsOf({ etag: '"a"' }, { policy })).toMatchObject({
      freshFor: 0,
      staleWhileRevalidateFor: 0,
      staleIfErrorFor: 0,
      mustRevalidate: true,
    });
  });

  it("are none for an error of the origin, which is no better old than new", () => {
    expect(termsOf(FRESH, { policy, status: 503 })).toMatchObject({ staleWhileRevalidateFor: 0, staleIfErrorFor: 0 });
  });

  it("end with the time that entries are kept", () => {
    const long = policyWith({ ttl: { staleIfErrorSeconds: 30 * DAY } });
    const terms = termsOf({ "cache-control": `max-age=${6 * DAY}` }, { policy: long });
    expect(terms.freshFor + terms.staleIfErrorFor).toBe(7 * DAY * 1000);
  });

  it("make it worth storing what is stale on arrival, while they are open", () => {
    const bornAt = epochMillis(NOW - 70_000);
    expect(refusalOf(FRESH, { policy, bornAt })).toBe("stored");
    expect(refusalOf(FRESH, { policy, bornAt: epochMillis(NOW - 80_000) })).toBe("never-usable");
  });
});

describe("RFC 9213: fields for CDNs", () => {
  test.each<[string, Record<string, string>, string | number]>([
    ["wins over Cache-Control", { "cdn-cache-control": "max-age=60", "cache-control": "max-age=1" }, 60],
    ["wins when it is shorter", { "cdn-cache-control": "max-age=1", "cache-control": "max-age=60" }, 1],
    ["wins over no-store", { "cdn-cache-control": "max-age=60", "cache-control": "no-store" }, 60],
    ["silences Expires", { "cdn-cache-control": "foo", expires: dateIn(60), date: dateIn(0) }, 0],
    ["silences Cache-Control with any directive", { "cdn-cache-control": "none", "cache-control": "no-store" }, 0],
    ["forbids storing", { "cdn-cache-control": "no-store", "cache-control": "max-age=60" }, "no-store"],
    ["keeps private", { "cdn-cache-control": "private", "cache-control": "max-age=60" }, "private"],
    [
      "is ignored when it does not parse",
      { "cdn-cache-control": "max-age=60, &&&", "cache-control": "no-store" },
      "no-store",
    ],
    [
      "is ignored in capitals, which structured fields do not have",
      { "cdn-cache-control": "Max-Age=60", "cache-control": "max-age=1" },
      1,
    ],
    ["is ignored when it is empty", { "cdn-cache-control": "", "cache-control": "max-age=1" }, 1],
    ["gives no lifetime as text", { "cdn-cache-control": 'max-age="60"', "cache-control": "max-age=1" }, 0],
    ["gives no negative lifetime", { "cdn-cache-control": "max-age=-60", "cache-control": "max-age=1" }, 0],
    ["gives no broken lifetime", { "cdn-cache-control": "max-age=60.5" }, 0],
    ["may be ours alone", { "meridian-cdn-cache-control": "max-age=9", "cdn-cache-control": "no-store" }, 9],
    ["knows negation", { "cdn-cache-control": "no-store=?0, max-age=60" }, 60],
    ["ignores parameters", { "cdn-cache-control": "max-age=60;note=x" }, 60],
  ])("the targeted field %s", (_name, response, expected) => {
    const decision = decide({ ...response, etag: '"a"' });
    if (typeof expected === "string") expect(decision).toMatchObject({ kind: "refuse", reason: expected });
    else expect(decision).toMatchObject({ kind: "store", terms: { freshFor: expected * 1000 } });
  });

  test.each<[string, Record<string, string>, string | number]>([
    ["gives a lifetime", { "surrogate-control": "MaX-aGe=60", "cache-control": "no-store" }, 60],
    ["comes after CDN-Cache-Control", { "surrogate-control": "max-age=60", "cdn-cache-control": "max-age=1" }, 1],
    ["forbids storing", { "surrogate-control": "no-store", "cache-control": "max-age=60" }, "no-store"],
    ["does not open what is private", { "surrogate-control": "max-age=60", "cache-control": "private" }, "private"],
    ["is obeyed for our target", { "surrogate-control": "max-age=60;meridian", "cache-control": "no-store" }, 60],
    ["is obeyed for one of several targets", { "surrogate-control": "max-age=60;other;meridian" }, 60],
    ["is passed over for another target", { "surrogate-control": "max-age=60;other", "cache-control": "max-age=1" }, 1],
    [
      "is passed over when it speaks of other things",
      { "surrogate-control": 'content="ESI/1.0"', "cache-control": "max-age=1" },
      1,
    ],
  ])("Surrogate-Control %s", (_name, response, expected) => {
    const decision = decide({ ...response, etag: '"a"' });
    if (typeof expected === "string") expect(decision).toMatchObject({ kind: "refuse", reason: expected });
    else expect(decision).toMatchObject({ kind: "store", terms: { freshFor: expected * 1000 } });
  });
});

describe("an error that is not stored may still be shared by those who wait for it", () => {
  test.each<[string, Parameters<typeof decide>, boolean]>([
    ["a failure", [{}, { status: 503 }], true],
    ["a failure that is personal", [{}, { status: 503, request: { cookie: "a" } }], false],
    ["a failure with a cookie", [{ "set-cookie": "a=b" }, { status: 503 }], false],
    ["a private failure", [{ "cache-control": "private" }, { status: 503 }], false],
    ["a failure with no-store", [{ "cache-control": "no-store" }, { status: 503 }], false],
    ["a failure with no-cache", [{ "cache-control": "no-cache" }, { status: 503 }], false],
    ["a failure by Vary: *", [{ vary: "*" }, { status: 503 }], false],
    ["an answer to POST", [{}, { status: 503, method: "POST" }], false],
    ["no failure", [{}, { status: 499 }], false],
    ["a page", [{}], false],
  ])("%s", (_name, parameters, shareable) => {
    expect(decide(...parameters)).toMatchObject({ kind: "refuse", shareable });
  });
});

describe("properties", () => {
  const directive = fc.constantFrom(
    "public",
    "max-age=60",
    "max-age=0",
    "s-maxage=60",
    "must-revalidate",
    "no-cache",
    "must-understand",
    "stale-if-error=9",
    "foo",
  );
  const response = fc.record({
    "cache-control": fc.array(directive, { maxLength: 4 }).map((values) => values.join(", ")),
    etag: fc.constantFrom("", '"a"'),
    "last-modified": fc.constantFrom("", dateIn(-1000)),
    expires: fc.constantFrom("", "0", dateIn(60)),
  });
  const present = (fields: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
  const status = fc.constantFrom(200, 201, 302, 404, 503, 599);

  const restrictions: [string, (fields: Record<string, string>) => Parameters<typeof decide>][] = [
    ["private", (fields) => [{ ...fields, "cache-control": `${fields["cache-control"] ?? ""}, private` }]],
    ["no-cache", (fields) => [{ ...fields, "cache-control": `${fields["cache-control"] ?? ""}, no-cache` }]],
    ["Vary: *", (fields) => [{ ...fields, vary: "*" }]],
    ["Set-Cookie", (fields) => [{ ...fields, "set-cookie": "a=b" }]],
    ["a Cookie in the request", (fields) => [fields, { request: { cookie: "a=b" } }]],
  ];
  test.each(restrictions)("%s never makes storable what was not", (_name, restrict) => {
    fc.assert(
      fc.property(response, status, (fields, code) => {
        const [restricted, options] = restrict(present(fields));
        const before = decide(present(fields), { status: code }).kind;
        const now = decide(restricted, { ...options, status: code }).kind;
        expect(before === "refuse" && now === "store").toBe(false);
      }),
    );
  });

  it("no-store is never stored, unless must-understand lifts it", () => {
    fc.assert(
      fc.property(response, status, (fields, code) => {
        const value = fields["cache-control"];
        fc.pre(!value.includes("must-understand"));
        expect(refusalOf({ ...present(fields), "cache-control": `${value}, no-store` }, { status: code })).not.toBe(
          "stored",
        );
      }),
    );
  });

  it("terms are never negative, never last longer than retention, and forbid staleness whole or not at all", () => {
    fc.assert(
      fc.property(response, status, fc.integer({ min: 0, max: 10 * DAY }), (fields, code, old) => {
        const decision = decide(present(fields), { status: code, bornAt: epochMillis(NOW - old * 1000) });
        if (decision.kind === "refuse") return;
        const { bornAt, freshFor, staleIfErrorFor, staleWhileRevalidateFor, mustRevalidate } = decision.terms;
        for (const length of [freshFor, staleIfErrorFor, staleWhileRevalidateFor])
          expect(length).toBeGreaterThanOrEqual(0);
        expect(bornAt + freshFor + Math.max(staleIfErrorFor, staleWhileRevalidateFor)).toBeLessThanOrEqual(
          NOW + 7 * DAY * 1000,
        );
        if (mustRevalidate) expect(staleIfErrorFor + staleWhileRevalidateFor).toBe(0);
      }),
    );
  });

  it("no field value makes it throw", () => {
    const names = [
      "cache-control",
      "cdn-cache-control",
      "surrogate-control",
      "expires",
      "date",
      "vary",
      "last-modified",
      "cache-groups",
      "content-type",
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.string({ maxLength: 40 })), (fields) => {
        expect(["store", "refuse"]).toContain(decide(fields).kind);
      }),
    );
  });
});
