// RFC 9110 section 14: one range of a stored body, and If-Range that never joins two versions.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type RangeSelection, selectRange } from "../../../edge/http/range.ts";
import { dateIn, fieldsOf } from "./exchange.ts";

const STORED = { status: 200, fields: fieldsOf({ etag: '"a"', "last-modified": dateIn(-60), date: dateIn(0) }) };
const whole: RangeSelection = { kind: "whole" };
const part = (first: number, last: number): RangeSelection => ({ kind: "part", first, last });
const unsatisfiable: RangeSelection = { kind: "unsatisfiable" };

describe("RFC 9110 section 14.1.2: of ten bytes", () => {
  test.each<[string | undefined, RangeSelection]>([
    [undefined, whole],
    ["bytes=0-1", part(0, 1)],
    ["Bytes=0-1", part(0, 1)],
    ["bytes= 0-1 ", part(0, 1)],
    ["bytes=1-", part(1, 9)],
    ["bytes=9-9", part(9, 9)],
    ["bytes=9-10", part(9, 9)],
    ["bytes=0-99999999999999999999", part(0, 9)],
    ["bytes=-1", part(9, 9)],
    ["bytes=-10", part(0, 9)],
    ["bytes=-11", part(0, 9)],
    ["bytes=10-", unsatisfiable],
    ["bytes=10-11", unsatisfiable],
    ["bytes=99999999999999999999-", unsatisfiable],
    ["bytes=-0", unsatisfiable],
    ["bytes=5-4", whole],
    ["bytes=0-1,4-5", whole],
    ["bytes=-", whole],
    ["bytes=", whole],
    ["bytes=a-b", whole],
    ["bytes=0x1-2", whole],
    ["bytes=--1", whole],
    ["items=0-1", whole],
    ["0-1", whole],
  ])("%j gives %o", (range, expected) => {
    expect(selectRange(range, undefined, STORED, 10)).toEqual(expected);
  });

  it("of no bytes nothing can be had, and all of it is the whole", () => {
    expect(selectRange("bytes=0-", undefined, STORED, 0)).toEqual(unsatisfiable);
    expect(selectRange("bytes=-5", undefined, STORED, 0)).toEqual(whole);
  });

  test.each([206, 301, 404])("applies to no %d", (status) => {
    expect(selectRange("bytes=0-1", undefined, { ...STORED, status }, 10)).toEqual(whole);
  });
});

describe("RFC 9110 section 13.1.5: If-Range", () => {
  const weak = { status: 200, fields: fieldsOf({ etag: 'W/"a"', "last-modified": dateIn(0), date: dateIn(0) }) };
  test.each<[string, string, typeof STORED, boolean]>([
    ["the same tag", '"a"', STORED, true],
    ["another tag", '"b"', STORED, false],
    ["a weak tag", 'W/"a"', STORED, false],
    ["a weak tag on both sides", 'W/"a"', weak, false],
    ["the date of the last change", dateIn(-60), STORED, true],
    ["a later date, which is not the same", dateIn(-30), STORED, false],
    ["a date in whose second more may have changed", dateIn(0), weak, false],
    [
      "a date without a Date to judge it by",
      dateIn(-60),
      { status: 200, fields: fieldsOf({ "last-modified": dateIn(-60) }) },
      false,
    ],
    ["nothing to compare with", '"a"', { status: 200, fields: fieldsOf({}) }, false],
    ["nonsense", "", STORED, false],
  ])("%s", (_name, ifRange, stored, holds) => {
    expect(selectRange("bytes=0-1", ifRange, stored, 10)).toEqual(holds ? part(0, 1) : whole);
  });

  it("does not make what is unsatisfiable an error when the version differs", () => {
    expect(selectRange("bytes=10-", '"b"', STORED, 10)).toEqual(whole);
  });
});

it("a part lies within the body, whatever is asked for", () => {
  const range = fc.oneof(
    fc.string(),
    fc.tuple(fc.option(fc.nat()), fc.option(fc.nat())).map(([from, to]) => `bytes=${from ?? ""}-${to ?? ""}`),
  );
  fc.assert(
    fc.property(range, fc.nat(1000), (value, length) => {
      const selection = selectRange(value, undefined, STORED, length);
      if (selection.kind !== "part") return;
      expect(selection.first).toBeGreaterThanOrEqual(0);
      expect(selection.first).toBeLessThanOrEqual(selection.last);
      expect(selection.last).toBeLessThan(length);
    }),
  );
});
