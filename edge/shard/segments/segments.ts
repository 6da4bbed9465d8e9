// Large objects in fixed pieces: which objects are stored so, which pieces a range needs, and when an answer is such a piece.
// All pieces of a set are pinned to one strong entity tag, so that bytes of two versions never meet (RFC 9110 sections
// 8.8.1, 15.3.7.3); the tag is part of each piece's key. What is fresh, stale or purged the head says, which is an ordinary
// entry without a body; a piece has no freshness of its own, and is judged by purges like any entry.

import { MiB } from "../../../config/units.ts";
import type { Fields } from "../../http/fields.ts";
import { membersOf } from "../../http/list.ts";
import { type ByteRange, rangeSpecs, readContentRange } from "../../http/range.ts";
import { EDGE_LIMITS } from "../../limits.ts";
import type { SegmentAsked, SegmentSet } from "../../tier/wire.ts";
import { SHARD_LIMITS } from "../limits.ts";

/** A strong entity tag in its full form: If-Range takes no other, and servers are not to be led to guess. */
const STRONG_TAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/** Objects larger than this are stored in segments where they can be, in bytes. */
export const segmentedAbove = (memoryMiB: number): number =>
  Math.min(
    EDGE_LIMITS.entryBytes,
    Math.max(SHARD_LIMITS.segmentBytes, memoryMiB * MiB * SHARD_LIMITS.segmentedAboveShare),
  );

/** The set that an object of `total` bytes is stored as; undefined if it has to stay in one piece. */
export function segmentSetOf(
  fields: Fields,
  total: number | undefined,
  above: number,
  listed: Pick<SegmentSet, "variant" | "selecting" | "tags">,
): SegmentSet | undefined {
  if (total === undefined || total <= above) return undefined;
  const etag = fields.get("etag");
  if (etag === undefined || !STRONG_TAG.test(etag)) return undefined;
  if (!mayHaveRanges(fields.get("accept-ranges"))) return undefined;
  const letters = listed.tags.reduce((sum, tag) => sum + tag.length + 3, 0);
  if (letters > SHARD_LIMITS.segmentTagCharacters) return undefined;
  return { total, size: SHARD_LIMITS.segmentBytes, etag, ...listed };
}

/** An origin that says nothing of ranges may give them all the same (RFC 9110 section 14.3); one that does not gives the whole. */
const mayHaveRanges = (acceptRanges: string | undefined): boolean =>
  acceptRanges === undefined || membersOf(acceptRanges).some((unit) => unit.toLowerCase() === "bytes");

/** How many segments a set has. */
export const countOf = ({ total, size }: SegmentSet): number => Math.ceil(total / size);

/** The bytes of one segment. */
export const rangeOf = ({ total, size }: SegmentSet, index: number): ByteRange => ({
  first: index * size,
  last: Math.min(total, (index + 1) * size) - 1,
});

/** The segments that hold these bytes: from the first to the last, both included. */
export const segmentsOf = ({ size }: SegmentSet, { first, last }: ByteRange): ByteRange => ({
  first: Math.floor(first / size),
  last: Math.floor(last / size),
});

/** The segments that lie wholly within these bytes; undefined if there is none. */
export function wholeSegmentsIn(set: SegmentSet, { first, last }: ByteRange): ByteRange | undefined {
  const from = Math.ceil(first / set.size);
  const to = last === set.total - 1 ? countOf(set) - 1 : Math.floor((last + 1) / set.size) - 1;
  return from <= to ? { first: from, last: to } : undefined;
}

/** The cache key of a segment, by which it has an owner of its own. `key` is the object's. */
export const segmentKey = (key: string, { index, etag, total, size, variant }: SegmentAsked): string =>
  `${key} segment ${JSON.stringify([index, size, total, etag, variant])}`;

/** What decides which shard is asked: the object's key, or that of the one segment of it that is meant. */
export const ownedKey = (key: string, segment: SegmentAsked | undefined): string =>
  segment === undefined ? key : segmentKey(key, segment);

interface AnswerHead {
  readonly status: number;
  readonly fields: Fields;
}

/** Whether an answer is the segment that was asked for: these bytes of this version, and nothing else. */
export function isSegment(answer: AnswerHead, asked: SegmentAsked): boolean {
  if (answer.status !== 206 || answer.fields.get("etag") !== asked.etag) return false;
  const given = readContentRange(answer.fields.get("content-range"));
  const { first, last } = rangeOf(asked, asked.index);
  return given !== undefined && given.first === first && given.last === last && given.total === asked.total;
}

/**
 * What it means that an answer is not the segment that was asked for: the object is another by now, or it is the same and the
 * origin gave other bytes of it than it was asked for, as it may (RFC 9110 sections 14.2, 15.3.7).
 */
export function whyNoSegment({ status, fields }: AnswerHead, { etag, total }: SegmentSet): "changed" | "unranged" {
  const contentRange = fields.get("content-range");
  switch (status) {
    case 200:
      return fields.get("etag") === etag && isLength(fields.get("content-length"), total) ? "unranged" : "changed";
    case 206: {
      const given = readContentRange(contentRange);
      const isSame = fields.get("etag") === etag && (given === undefined || given.total === total);
      return isSame ? "unranged" : "changed";
    }
    // Within the object no range is beyond its end: a server that says so all the same does not have ranges.
    case 416:
      return isLength(/^bytes \*\/(\d+)$/i.exec(contentRange ?? "")?.[1], total) ? "unranged" : "changed";
    default:
      return "changed";
  }
}

/** Whether a length that may be left out is this one. */
const isLength = (said: string | undefined, length: number): boolean => said === undefined || said === `${length}`;

/** The bytes of the set's object that an answer has; undefined if it is another version, or no part that says which it is. */
export function coveredBy({ status, fields }: AnswerHead, set: SegmentSet): ByteRange | undefined {
  if (fields.get("etag") !== set.etag) return undefined;
  if (status === 200 && isLength(fields.get("content-length"), set.total)) return { first: 0, last: set.total - 1 };
  const given = status === 206 ? readContentRange(fields.get("content-range")) : undefined;
  return given?.total === set.total ? given : undefined;
}

/**
 * The `Range` that a first request for an unknown object asks for: the segment in which its first range begins, so that what
 * comes can be kept and any number of clients share it. Where a suffix begins is unknown: the first segment shows it. Undefined
 * where the request wants no range, or its field is to be ignored.
 */
export function alignedRange(rangeHeader: string | undefined): string | undefined {
  const specs = rangeHeader === undefined ? undefined : rangeSpecs(rangeHeader);
  if (specs === undefined) return undefined;
  const firsts = specs.map((spec) => (spec.kind === "from" ? spec.first : 0));
  const index = Math.floor(Math.min(...firsts) / SHARD_LIMITS.segmentBytes);
  // Beyond what a number can count exactly there is no object.
  if (!Number.isSafeInteger((index + 1) * SHARD_LIMITS.segmentBytes)) return undefined;
  return `bytes=${index * SHARD_LIMITS.segmentBytes}-${(index + 1) * SHARD_LIMITS.segmentBytes - 1}`;
}
