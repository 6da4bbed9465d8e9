// Which segments a range needs, and which lie wholly in what has come: at every boundary, and for all sizes.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SHARD_LIMITS } from "../../../../edge/shard/limits.ts";
import {
  alignedRange,
  countOf,
  isSegment,
  rangeOf,
  segmentSetOf,
  segmentsOf,
  wholeSegmentsIn,
} from "../../../../edge/shard/segments/segments.ts";
import { fieldsOf } from "../../http/exchange.ts";

const set = (total: number, size: number) => ({ total, size, etag: '"1"', variant: "", tags: [] });
const SIZE = SHARD_LIMITS.segmentBytes;

describe("the segments of a set", () => {
  test.each([
    [9, 10, [[0, 8]]],
    [10, 10, [[0, 9]]],
    [
      11,
      10,
      [
        [0, 9],
        [10, 10],
      ],
    ],
    [
      30,
      10,
      [
        [0, 9],
        [10, 19],
        [20, 29],
      ],
    ],
  ])("%i bytes in pieces of %i", (total, size, ranges) => {
    const of = set(total, size);
    const all = Array.from({ length: countOf(of) }, (_, index) => rangeOf(of, index));
    expect(all.map(({ first, last }) => [first, last])).toEqual(ranges);
  });

  test("cover every byte once, and a range needs exactly those that hold some of it", () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40 }), fc.nat(299), fc.nat(299));
    fc.assert(
      fc.property(sizes, ([total, size, a, b]) => {
        const of = set(total, size);
        const [first, last] = [Math.min(a, b, total - 1), Math.min(Math.max(a, b), total - 1)];
        const needed = segmentsOf(of, { first, last });
        const whole = wholeSegmentsIn(of, { first, last });
        let next = 0;
        for (let index = 0; index < countOf(of); index += 1) {
          const range = rangeOf(of, index);
          expect(range.first).toBe(next);
          next = range.last + 1;
          const touches = range.first <= last && range.last >= first;
          expect(index >= needed.first && index <= needed.last).toBe(touches);
          const within = range.first >= first && range.last <= last;
          expect(whole !== undefined && index >= whole.first && index <= whole.last).toBe(within);
        }
        expect(next).toBe(total);
      }),
    );
  });
});

describe("an object is stored in segments", () => {
  const fields = { etag: '"1"', "accept-ranges": "bytes" };
  const listed = { variant: "", tags: [] };
  test.each<[string, Record<string, string>, number | undefined, string[], boolean]>([
    ["beyond the threshold", fields, 101, [], true],
    ["not at it", fields, 100, [], false],
    ["not of unknown length", fields, undefined, [], false],
    ["not without a tag", { "accept-ranges": "bytes" }, 101, [], false],
    ["not with a weak tag", { ...fields, etag: 'W/"1"' }, 101, [], false],
    ["not with a tag without quotes", { ...fields, etag: "1" }, 101, [], false],
    ["also where nothing is said of ranges", { etag: '"1"' }, 101, [], true],
    ["not where ranges are said not to be served", { ...fields, "accept-ranges": "none" }, 101, [], false],
    ["not where only ranges of another unit are", { ...fields, "accept-ranges": "lines" }, 101, [], false],
    ["not with more tags than travel along", fields, 101, ["x".repeat(SHARD_LIMITS.segmentTagCharacters)], false],
  ])("%s", (_name, values, total, tags, expected) => {
    expect(segmentSetOf(fieldsOf(values), total, 100, { ...listed, tags }) !== undefined).toBe(expected);
  });
});

describe("an answer is the segment", () => {
  const asked = { ...set(25, 10), index: 2 };
  test.each<[string, number, Record<string, string>, boolean]>([
    ["with its bytes and tag", 206, { etag: '"1"', "content-range": "bytes 20-24/25" }, true],
    ["not with another tag", 206, { etag: '"2"', "content-range": "bytes 20-24/25" }, false],
    ["not with a weak tag", 206, { etag: 'W/"1"', "content-range": "bytes 20-24/25" }, false],
    ["not with other bytes", 206, { etag: '"1"', "content-range": "bytes 20-23/25" }, false],
    ["not of another length", 206, { etag: '"1"', "content-range": "bytes 20-24/26" }, false],
    ["not with the whole", 200, { etag: '"1"' }, false],
    ["not without saying where it lies", 206, { etag: '"1"' }, false],
  ])("%s", (_name, status, values, expected) => {
    expect(isSegment({ status, fields: fieldsOf(values) }, asked)).toBe(expected);
  });
});

test.each([
  ["bytes=0-0", 0],
  [`bytes=${SIZE - 1}-${SIZE}`, 0],
  [`bytes=${SIZE}-`, 1],
  ["bytes=-5", 0],
  [`bytes=${3 * SIZE}-,${2 * SIZE}-`, 2],
])("the first question for %s is the segment in which it begins", (range, index) => {
  expect(alignedRange(range)).toBe(`bytes=${index * SIZE}-${(index + 1) * SIZE - 1}`);
});

test.each([undefined, "items=0-1", "bytes=5-4", "bytes=99999999999999999999-"])("%s asks for everything", (range) => {
  expect(alignedRange(range)).toBeUndefined();
});
