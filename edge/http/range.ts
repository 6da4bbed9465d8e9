// Which bytes of a stored response a request wants (RFC 9110 section 14). One range is served; several are answered with the
// whole, which section 14.2 allows, because many small ranges of one object are how servers are made to sweat. If-Range is
// compared strongly: parts of two versions must never be joined.

import { between, type EpochMillis } from "../../config/units.ts";
import { equalsStrongly } from "./entity-tag.ts";
import type { Fields } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";

/** The bytes to send: positions count from 0, `last` is included. */
export type RangeSelection =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly first: number; readonly last: number }
  /** 416, with `Content-Range: bytes *\/length`. */
  | { readonly kind: "unsatisfiable" };

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
  if (ifRange !== undefined && !isSameVersion(ifRange, stored.fields)) return WHOLE;
  // Other units, several ranges and what does not parse are ignored (RFC 9110 section 14.2).
  const range = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(rangeHeader);
  if (range === null) return WHOLE;
  const [, from = "", to = ""] = range;
  if (from === "") return to === "" ? WHOLE : suffix(Number(to), length);
  const first = Number(from);
  if (to !== "" && Number(to) < first) return WHOLE;
  if (first >= length) return UNSATISFIABLE;
  return { kind: "part", first, last: to === "" ? length - 1 : Math.min(Number(to), length - 1) };
}

function suffix(wanted: number, length: number): RangeSelection {
  if (wanted === 0) return UNSATISFIABLE;
  // All of nothing can be had, but `Content-Range` has no way to say so.
  if (length === 0) return WHOLE;
  return { kind: "part", first: Math.max(0, length - wanted), last: length - 1 };
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
