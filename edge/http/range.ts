// Which bytes of a stored response a request wants (RFC 9110 section 14). Several ranges are served where they are few, and
// overlapping or close ones are joined first, so that no request gets more bytes than the whole has, nor hundreds of parts
// (section 14.2 names both attacks). What does not parse is ignored. If-Range is compared strongly: parts of two versions
// must never be joined.

import { between, type EpochMillis } from "../../config/units.ts";
import { EDGE_LIMITS } from "../limits.ts";
import { equalsStrongly } from "./entity-tag.ts";
import type { Fields } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";

/** Bytes of a representation: positions count from 0, `last` is included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** The bytes to send. */
export type RangeSelection =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly first: number; readonly last: number }
  /** At least two, in the order in which they were asked for, none touching another. */
  | { readonly kind: "parts"; readonly parts: readonly ByteRange[] }
  /** 416, with `Content-Range: bytes *\/length`. */
  | { readonly kind: "unsatisfiable" };

/** One member of a `Range` field before the length is known; `last` is infinite where it was left out. */
export type RangeSpec =
  | { readonly kind: "from"; readonly first: number; readonly last: number }
  | { readonly kind: "suffix"; readonly wanted: number };

const WHOLE: RangeSelection = { kind: "whole" };
const UNSATISFIABLE: RangeSelection = { kind: "unsatisfiable" };

/** What a GET with this `Range` and `If-Range` gets of a stored response whose body has `length` bytes. Never throws. */
export function selectRange(
  rangeHeader: string | undefined,
  ifRange: string | undefined,
  stored: { readonly status: number; readonly fields: Fields },
  length: number,
): RangeSelection {
  if (rangeHeader === undefined || stored.status !== 200) return WHOLE;
  // Parts of what was encoded on the way could come from two encodings: compression.ts says so with this field.
  if (stored.fields.get("accept-ranges") === "none") return WHOLE;
  if (ifRange !== undefined && !isSameVersion(ifRange, stored.fields)) return WHOLE;
  const specs = rangeSpecs(rangeHeader);
  if (specs === undefined) return WHOLE;
  // All of nothing can be had, but `Content-Range` has no way to say so.
  if (length === 0 && specs.some((spec) => spec.kind === "suffix" && spec.wanted > 0)) return WHOLE;
  const satisfiable = specs.map((spec) => resolve(spec, length)).filter((range) => range !== undefined);
  if (satisfiable.length === 0) return UNSATISFIABLE;
  const parts = joinClose(satisfiable);
  const [first, ...more] = parts;
  return first !== undefined && more.length === 0 ? { kind: "part", ...first } : { kind: "parts", parts };
}

/**
 * The members of a `Range` field in bytes; undefined where the field is to be ignored: another unit, no valid set, or more
 * members than `EDGE_LIMITS.ranges` (RFC 9110 sections 14.1.1, 14.2).
 */
export function rangeSpecs(rangeHeader: string): readonly RangeSpec[] | undefined {
  const set = /^bytes=(.*)$/i.exec(rangeHeader)?.[1];
  if (set === undefined) return undefined;
  // Empty members of a list are skipped (section 5.6.1.2).
  const members = set
    .split(",")
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((member) => member !== "");
  if (members.length === 0 || members.length > EDGE_LIMITS.ranges) return undefined;
  const specs: RangeSpec[] = [];
  for (const member of members) {
    const range = /^(\d*)-(\d*)$/.exec(member);
    const [, from = "", to = ""] = range ?? [];
    if (range === null || (from === "" && to === "")) return undefined;
    if (from === "") {
      specs.push({ kind: "suffix", wanted: Number(to) });
      continue;
    }
    const [first, last] = [Number(from), to === "" ? Number.POSITIVE_INFINITY : Number(to)];
    // One member that goes backwards makes the whole set invalid (section 14.1.1).
    if (last < first) return undefined;
    specs.push({ kind: "from", first, last });
  }
  return specs;
}

/** The bytes that a member means of `length`; undefined if there are none. */
function resolve(spec: RangeSpec, length: number): ByteRange | undefined {
  const first = spec.kind === "suffix" ? Math.max(0, length - spec.wanted) : spec.first;
  const last = spec.kind === "suffix" ? length - 1 : Math.min(spec.last, length - 1);
  return first <= last ? { first, last } : undefined;
}

/**
 * Joins ranges that overlap or lie so close that a part of its own would cost more than the bytes between. Each keeps the
 * place of the first that was asked for among those joined (RFC 9110 section 15.3.7.2).
 */
function joinClose(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const byPlace = ranges.map((range, place) => ({ ...range, place })).sort((a, b) => a.first - b.first);
  const joined: { first: number; last: number; place: number }[] = [];
  for (const range of byPlace) {
    const before = joined.at(-1);
    if (before !== undefined && range.first <= before.last + 1 + EDGE_LIMITS.rangeGapBytes) {
      before.last = Math.max(before.last, range.last);
      before.place = Math.min(before.place, range.place);
    } else joined.push({ ...range });
  }
  return joined.sort((a, b) => a.place - b.place).map(({ first, last }) => ({ first, last }));
}

/** RFC 9110 section 13.1.5: a tag that is equal strongly, or exactly the Last-Modified if that is strong itself. */
function isSameVersion(ifRange: string, fields: Fields): boolean {
  const date = parseHttpDate(ifRange.trim());
  if (date === undefined) return equalsStrongly(ifRange.trim(), fields.get("etag") ?? "");
  const lastModified = parseHttpDate(fields.get("last-modified"));
  return lastModified === date && isStrong(lastModified, parseHttpDate(fields.get("date")));
}

/** A second may hold two versions: a modification date is strong once a second has passed since (RFC 9110 section 8.8.2.2). */
const isStrong = (lastModified: EpochMillis, date: EpochMillis | undefined): boolean =>
  date !== undefined && between(lastModified, date) >= 1000;

/** A `Content-Range` that says where its bytes lie and how many there are in all; undefined for any other (section 14.4). */
export function readContentRange(value: string | undefined): (ByteRange & { readonly total: number }) | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(value?.trim() ?? "");
  if (match === null) return undefined;
  const [first, last, total] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return first <= last && last < total ? { first, last, total } : undefined;
}
