// The trace that a request to the origin belongs to (W3C Trace Context, level 1). Meridian records no spans; it hands on a
// trace that a client began, or begins one whose identifiers follow from the request id, so that the origin's log and ours
// can be joined. Everything is derived: the same request id gives the same field, on every tier and try.

import { hash32 } from "../ring/hash.ts";

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/**
 * The `traceparent` to send: `incoming` continued if it is one, else a new trace. A new one is marked as sampled, since an
 * origin that samples by its parent would otherwise silently record nothing at all.
 */
export function traceparent(incoming: string | undefined, requestId: string): string {
  const parent = hexOf(requestId, 2, 16);
  const [, version, trace, caller, flags] = PATTERN.exec(incoming ?? "") ?? [];
  const isValid = version !== undefined && version !== "ff" && !isZero(trace) && !isZero(caller);
  if (!isValid) return `00-${hexOf(requestId, 4, 32)}-${parent}-01`;
  // Of the flags only "sampled" and "random" have a meaning that a later version keeps.
  return `00-${trace}-${parent}-0${Number.parseInt(flags ?? "0", 16) & 3}`;
}

const isZero = (hex: string | undefined): boolean => hex === undefined || /^0+$/.test(hex);

/** Hexadecimal digits that follow from a text; all zeros, which would be no identifier, is as unlikely as any other value. */
const hexOf = (text: string, words: number, seed: number): string =>
  Array.from({ length: words }, (_, index) =>
    hash32(text, seed + index)
      .toString(16)
      .padStart(8, "0"),
  ).join("");
