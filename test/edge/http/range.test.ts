// RFC 9110 section 14: ranges of a stored body, and If-Range that never joins two versions.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type RangeSelection, readContentRange, selectRange } from "../../../edge/http/range.ts";
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
    ["bytes=0-1,4-5", part(0, 5)],
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

describe("several ranges of a thousand bytes", () => {
  const parts = (...ranges: [number, number][]): RangeSelection => ({
    kind: "parts",
    parts: ranges.map(([first, last]) => ({ first, last })),
  });
  test.each<[string, string, RangeSelection]>([
    ["in the order in which they were asked for", "bytes=500-599,0-99", parts([500, 599], [0, 99])],
    ["from the end, too", "bytes=0-0, -1", parts([0, 0], [999, 999])],
    ["with empty members skipped", "bytes=,0-0,,500-,", parts([0, 0], [500, 999])],
    ["those that overlap joined, at the place of the first", "bytes=500-,0-99,400-600", parts([400, 999], [0, 99])],
    ["those that touch joined", "bytes=0-99,100-199", part(0, 199)],
    ["with 80 bytes between joined", "bytes=0-99,180-199", part(0, 199)],
    ["with 81 bytes between apart", "bytes=0-99,181-199", parts([0, 99], [181, 199])],
    ["without those that lie beyond the end", "bytes=2000-,0-9", part(0, 9)],
    ["all beyond the end", "bytes=1000-,2000-2001,-0", unsatisfiable],
    ["one that goes backwards spoils the set", "bytes=0-1,900-899", whole],
    ["one that is none spoils the set", "bytes=0-1,x", whole],
    ["sixteen", `bytes=${Array.from({ length: 16 }, () => "0-0").join()}`, part(0, 0)],
    ["seventeen are ignored", `bytes=${Array.from({ length: 17 }, () => "0-0").join()}`, whole],
  ])("%s", (_name, range, expected) => {
    expect(selectRange(range, undefined, STORED, 1000)).toEqual(expected);
  });

  it("gives exactly the bytes asked for, gaps of up to 80 aside, and none twice", () => {
    const member = fc.oneof(
      fc.tuple(fc.nat(1200), fc.nat(1200)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    );
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 16 }), (members) => {
        const field = `bytes=${members.map(([a, b]) => `${a}-${b}`).join()}`;
        const selection = selectRange(field, undefined, STORED, 1000);
        const chosen = selection.kind === "parts" ? selection.parts : selection.kind === "part" ? [selection] : [];
        const times = new Uint8Array(1000);
        for (const { first, last } of chosen)
          for (let at = first; at <= last; at += 1) times[at] = (times[at] ?? 0) + 1;
        expect(Math.max(...times)).toBeLessThanOrEqual(1);
        const wanted = new Set(members.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, index) => a + index)));
        for (const at of wanted) if (at < 1000) expect(times[at]).toBe(1);
        let run = 0;
        for (let at = 0; at < 1000; at += 1) {
          run = times[at] === 1 && !wanted.has(at) ? run + 1 : 0;
          expect(run).toBeLessThanOrEqual(80);
        }
      }),
    );
  });
});

describe("Content-Range", () => {
  test.each<[string | undefined, ReturnType<typeof readContentRange>]>([
    ["bytes 0-4/10", { first: 0, last: 4, total: 10 }],
    ["Bytes 9-9/10", { first: 9, last: 9, total: 10 }],
    ["bytes 0-10/10", undefined],
    ["bytes 5-4/10", undefined],
    ["bytes 0-4/*", undefined],
    ["bytes */10", undefined],
    ["items 0-4/10", undefined],
    ["bytes 0-4/10, bytes 5-9/10", undefined],
    [undefined, undefined],
  ])("%j says %o", (value, expected) => {
    expect(readContentRange(value)).toEqual(expected);
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
