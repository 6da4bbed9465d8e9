// RFC 9111 section 4.2.3: how old a response is when it comes, and after; and what a route's configuration turns into.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { ageAt, bornAt } from "../../../edge/http/terms.ts";
import { dateIn, fieldsOf, NOW, policyWith } from "./exchange.ts";

/** The age in seconds that a response has on arrival at `NOW`, asked for `delay` seconds before. */
const ageOnArrival = (fields: Record<string, string | string[]>, delay = 0): number =>
  (NOW - bornAt({ fields: fieldsOf(fields), requestAt: epochMillis(NOW - delay * 1000), responseAt: NOW })) / 1000;

describe("RFC 9111 section 4.2.3: age on arrival", () => {
  test.each<[string, Record<string, string | string[]>, number, number]>([
    ["nothing known", {}, 0, 0],
    ["the time that the exchange took", {}, 2, 2],
    ["a Date in the past", { date: dateIn(-30) }, 0, 30],
    ["a Date in the future", { date: dateIn(30) }, 0, 0],
    ["a Date that is none", { date: "foo" }, 0, 0],
    ["an Age and the time it took", { age: "10", date: dateIn(0) }, 2, 12],
    ["the greater of both reckonings: Date", { age: "10", date: dateIn(-30) }, 2, 30],
    ["the greater of both reckonings: Age", { age: "40", date: dateIn(-30) }, 2, 42],
    ["a clock set back during the exchange", {}, -5, 0],
  ])("%s", (_name, fields, delay, expected) => {
    expect(ageOnArrival(fields, delay)).toBe(expected);
  });

  test.each<[string | string[], number]>([
    ["7200", 7200],
    ["007", 7],
    [" 7 ", 7],
    ["7200, 0", 7200],
    ["0, 7200", 0],
    ["0,7200", 0],
    [["7200", "0"], 7200],
    [["0", "7200"], 0],
    ["abc", 0],
    ["-7200", 0],
    ["7200.0", 0],
    ["7200;foo=bar", 0],
    ["", 0],
    ["2147483649", 2_147_483_648],
    ["99999999999999999999", 2_147_483_648],
  ])("RFC 9111 section 5.1: Age %j is %d", (value, expected) => {
    expect(ageOnArrival({ age: value })).toBe(expected);
  });
});

describe("properties", () => {
  it("nothing is born after it came, and no age is negative", () => {
    const fields = fc.record({
      age: fc.oneof(fc.string(), fc.nat().map(String)),
      date: fc.oneof(fc.string(), fc.integer({ min: -99999, max: 99999 }).map(dateIn)),
    });
    fc.assert(
      fc.property(
        fields,
        fc.integer({ min: -9999, max: 9999 }),
        fc.integer({ min: -9999, max: 9999 }),
        (values, delay, later) => {
          const born = bornAt({ fields: fieldsOf(values), requestAt: epochMillis(NOW - delay), responseAt: NOW });
          expect(born).toBeLessThanOrEqual(NOW);
          expect(ageAt(epochMillis(NOW + later), born)).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe("the policy of a route", () => {
  it("has what storing and reusing depend on", () => {
    expect(
      policyWith({
        ttl: { edgeSeconds: 5, byStatus: { 404: 7 } },
        clientCacheControl: "ignore",
        storeSetCookie: "never",
      }),
    ).toEqual({
      edgeSeconds: 5,
      defaultSeconds: undefined,
      byStatus: { 404: 7 },
      staleWhileRevalidateSeconds: 0,
      staleIfErrorSeconds: 300,
      maxStaleSeconds: 604_800,
      clientCacheControl: "ignore",
      storeSetCookie: "never",
      storePersonal: "never",
      targets: ["meridian-cdn-cache-control", "cdn-cache-control", "surrogate-control"],
      notModified: "strict",
      maxRetentionSeconds: 604_800,
    });
  });
});
