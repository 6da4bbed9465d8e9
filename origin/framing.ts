// Normalizes an answer's length: a transfer coding overrides `Content-Length`, and equal repeated lengths are one (RFC 9112 section
// 6.3). A repeated, malformed or inapplicable length could otherwise be read differently by the next tier. Control characters in
// its fields become spaces. It reads no body: the platform has found its end by the same rules.

import { withoutControls } from "../config/field-value.ts";
import type { OriginError } from "./failure.ts";

type FieldLines = readonly (readonly [name: string, value: string])[];

/** `length`: bytes of the body that the fields announce; undefined where they announce none. */
export type Framing =
  | { readonly kind: "framed"; readonly fields: FieldLines; readonly length: number | undefined }
  | { readonly kind: "error"; readonly error: OriginError };

/** The codings of HTTP that the platform does not take off (RFC 9112 section 7.2): their bytes are not the content. */
const CODED = new Set(["gzip", "x-gzip", "deflate", "compress", "x-compress"]);

/** Statuses without a body, of which a length says nothing (RFC 9110 sections 8.6, 15.3.5, 15.3.6). */
const BODILESS = new Set([204, 205]);

/** The fields of an answer with at most one `Content-Length`, a true one; or why it cannot be used. */
export function framingOf(status: number, fields: FieldLines): Framing {
  const codings = listOf(fields, "transfer-encoding").map((coding) => coding.toLowerCase());
  // None was asked for with TE. A word that is no coding at all codes nothing, and only ends the body with its connection.
  if (codings.some((coding) => CODED.has(coding))) return { kind: "error", error: "http_response_transfer_coding" };
  const rest = fields
    .filter(([name]) => name.toLowerCase() !== "content-length")
    .map(([name, value]) => [name, withoutControls(value)] as const);
  if (codings.length > 0 || BODILESS.has(status)) return { kind: "framed", fields: rest, length: undefined };
  const lengths = listOf(fields, "content-length");
  const [first] = lengths;
  if (first === undefined) return { kind: "framed", fields: rest, length: undefined };
  const length = /^\d+$/.test(first) ? Number(first) : Number.NaN;
  if (!Number.isSafeInteger(length) || lengths.some((other) => other !== first)) {
    return { kind: "error", error: "http_protocol_error" };
  }
  return { kind: "framed", fields: [...rest, ["content-length", `${length}`]], length };
}

const listOf = (fields: FieldLines, wanted: string): readonly string[] =>
  fields
    .filter(([name]) => name.toLowerCase() === wanted)
    .flatMap(([, value]) => value.split(","))
    .map((member) => member.trim());
