// How much of an answer came out of the store and how much was fetched for it. An answer's head leaves before most of its bytes
// are read, so it says what the owners of its segments held when it began: all of them, and it is a hit, or some, and it is partly
// one (RFC 9211 section 2.2). A segment may still be evicted on the way; metrics count what really came, at the end.

import { type ByteRange, selectRange } from "../../http/range.ts";
import type { TierRequest } from "../../tier/tier.ts";
import type { SegmentSet } from "../../tier/wire.ts";
import type { Entry } from "../store/entry.ts";
import { rangeOf, segmentsOf } from "./segments.ts";

/** Bytes of an answer's content. */
export interface ServedBytes {
  readonly stored: number;
  readonly fetched: number;
}

/** The bytes of the object that go to who sent this request, from whom it has an answer of this status. */
export function bytesWanted(
  { fields }: TierRequest,
  { response }: Pick<Entry, "response">,
  status: number,
  { total }: SegmentSet,
): readonly ByteRange[] {
  const whole = [{ first: 0, last: total - 1 }];
  if (status !== 206) return whole;
  const range = selectRange(fields.get("range"), fields.get("if-range"), response, total);
  switch (range.kind) {
    case "part":
      return [range];
    case "parts":
      return range.parts;
    case "whole":
    case "unsatisfiable":
      return whole;
  }
}

/** The segments that have some of these bytes, each once, in order. */
export function segmentsWith(set: SegmentSet, ranges: readonly ByteRange[]): readonly number[] {
  const indexes = new Set<number>();
  for (const range of ranges) {
    const { first, last } = segmentsOf(set, range);
    for (let index = first; index <= last; index += 1) indexes.add(index);
  }
  return [...indexes].sort((a, b) => a - b);
}

/** How many of these bytes lie in the segments that are held, and how many do not. */
export function shareOf(set: SegmentSet, ranges: readonly ByteRange[], held: ReadonlySet<number>): ServedBytes {
  const all = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  let stored = 0;
  for (const index of held) {
    const segment = rangeOf(set, index);
    for (const { first, last } of ranges) {
      stored += Math.max(0, Math.min(last, segment.last) - Math.max(first, segment.first) + 1);
    }
  }
  return { stored, fetched: all - stored };
}
