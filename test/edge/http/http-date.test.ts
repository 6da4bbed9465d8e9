// RFC 9110 section 5.6.7: three forms of a date, forgiven their case, and nothing else.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseHttpDate } from "../../../edge/http/http-date.ts";

const AT = Date.UTC(1994, 10, 6, 8, 49, 37);

describe("RFC 9110 section 5.6.7", () => {
  test.each<[string, number]>([
    ["Sun, 06 Nov 1994 08:49:37 GMT", AT],
    ["Sunday, 06-Nov-94 08:49:37 GMT", AT],
    ["Sun Nov  6 08:49:37 1994", AT],
    ["Sun Nov 06 08:49:37 1994", AT],
    ["SUN, 06 NOV 1994 08:49:37 gMT", AT],
    ["Thursday, 18-Aug-50 02:01:18 GMT", Date.UTC(2050, 7, 18, 2, 1, 18)],
    ["Thu Aug  8 02:01:18 2050", Date.UTC(2050, 7, 8, 2, 1, 18)],
    ["Sun, 21 Nov 2286 04:46:39 GMT", Date.UTC(2286, 10, 21, 4, 46, 39)],
    ["Tue, 19 Jan 2038 14:14:08 GMT", Date.UTC(2038, 0, 19, 14, 14, 8)],
    ["Thu, 29 Feb 2024 00:00:00 GMT", Date.UTC(2024, 1, 29)],
    ["Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2016, 11, 31, 23, 59, 59)],
    ["Mon, 01 Jan 0001 00:00:00 GMT", new Date("0001-01-01T00:00:00Z").getTime()],
  ])("%j is a date", (value, expected) => {
    expect(parseHttpDate(value)).toBe(expected);
  });

  test.each([
    "",
    "0",
    "-1",
    "now",
    "Thu, 18 Aug 2050 02:01:18 UTC",
    "Thu, 18 Aug 2050 02:01:18 AEST",
    "Thu, 18 Aug 50 02:01:18 GMT",
    "Thu 18 Aug 2050 02:01:18 GMT",
    "Thu, 18  Aug  2050 02:01:18 GMT",
    "Thu, 18-Aug-2050 02:01:18 GMT",
    "Thu, 18 Aug 2050 02.01.18 GMT",
    "Thu, 18 Aug 2050 2:01:18 GMT",
    "Thu, 18 Aug 2050 24:01:18 GMT",
    "Thu, 18 Aug 2050 02:60:18 GMT",
    "Thu, 18 Aug 2050 02:01:61 GMT",
    "Thu, 31 Nov 2050 02:01:18 GMT",
    "Wed, 29 Feb 2023 00:00:00 GMT",
    "Thu, 00 Aug 2050 02:01:18 GMT",
    "Foo, 18 Aug 2050 02:01:18 GMT",
    "Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT",
    " Thu, 18 Aug 2050 02:01:18 GMT",
    "2050-08-18T02:01:18Z",
  ])("%j is none", (value) => {
    expect(parseHttpDate(value)).toBeUndefined();
  });

  it("reads back every date that a server writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (second) => {
        expect(parseHttpDate(new Date(second * 1000).toUTCString())).toBe(second * 1000);
      }),
    );
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const at = parseHttpDate(value);
        expect(at === undefined || Number.isFinite(at)).toBe(true);
      }),
    );
  });
});
