// May a response that the origin sent plain be stored and served encoded, and what becomes of its fields? It makes an origin
// that knows no codings look like one that negotiates: `Vary: Accept-Encoding`, one representation for each coding.
// Tags become weak (RFC 9110 section 8.8.1): one plain body is encoded more than once in its life (another shield, another
// release of the runtime), and the bytes need not be the same, so a strong tag would let a client join parts of two. For the
// same reason encoded representations have no ranges and say so. Never encodes what asks not to be transformed (section 7.7).

import { isEventStream } from "../../config/event-stream.ts";
import { EDGE_LIMITS } from "../limits.ts";
import type { Coding } from "./accept-encoding.ts";
import { isWeak, tagsIn } from "./entity-tag.ts";
import { Fields } from "./fields.ts";
import { membersOf } from "./list.ts";
import { varyOf } from "./vary.ts";

/**
 * Internal field of a stored response that the origin sent plain: it goes from tier to tier with it and to no client. Its
 * words: `shared`, the origin has the same for every Accept-Encoding; `strong`, its tag was strong.
 */
export const PLAIN_FIELD = "meridian-internal-plain";

/** Subtypes of `application/` that are text, or as compressible; those with a `+suffix` are judged by that. */
const TEXTUAL_APPLICATIONS: ReadonlySet<string> = new Set([
  "atom+xml",
  "ecmascript",
  "geo+json",
  "graphql",
  "javascript",
  "json",
  "jsonl",
  "json5",
  "ld+json",
  "manifest+json",
  "ndjson",
  "rss+xml",
  "rtf",
  "sql",
  "toml",
  "vnd.api+json",
  "vnd.apple.mpegurl",
  "vnd.ms-fontobject",
  "wasm",
  "x-javascript",
  "x-mpegurl",
  "x-ndjson",
  "x-sh",
  "x-web-app-manifest+json",
  "x-www-form-urlencoded",
  "x-yaml",
  "xhtml+xml",
  "xml",
  "yaml",
]);
/** Of the other types those that come without a compression of their own. */
const TEXTUAL_OTHERS: ReadonlySet<string> = new Set([
  "font/otf",
  "font/ttf",
  "image/bmp",
  "image/svg+xml",
  "image/vnd.microsoft.icon",
  "image/x-icon",
  "model/gltf+json",
  "model/obj",
]);

/** Whether bodies of this media type shrink when they are compressed. An event stream is none: its events must not wait. */
export function isCompressible(contentType: string | undefined): boolean {
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type.startsWith("text/")) return !isEventStream(type);
  if (/^application\/[^+]+\+(?:json|xml|yaml)$/.test(type)) return true;
  return type.startsWith("application/")
    ? TEXTUAL_APPLICATIONS.has(type.slice("application/".length))
    : TEXTUAL_OTHERS.has(type);
}

/**
 * Whether a response may be encoded: a complete one, of a compressible type, plain, of a length that is worth it or not
 * announced, that does not forbid it. Whether it is kept, and so worth the work, the caller knows.
 */
export function mayEncode(response: { readonly status: number; readonly fields: Fields }): boolean {
  const { status, fields } = response;
  if (status !== 200 || fields.has("content-encoding") || fields.has("content-range")) return false;
  if (!isCompressible(fields.get("content-type")) || forbidsTransforming(fields)) return false;
  if (varyOf(fields).kind === "any") return false;
  const length = fields.get("content-length");
  return (
    length === undefined ||
    (Number(length) >= EDGE_LIMITS.compressFromBytes && Number(length) <= EDGE_LIMITS.compressToBytes)
  );
}

/** RFC 9111 section 5.2.2.6, in whichever field it is said. */
const forbidsTransforming = (fields: Fields): boolean =>
  ["cache-control", "cdn-cache-control", "meridian-cdn-cache-control"].some((name) =>
    membersOf(fields.get(name) ?? "").some((member) => member.toLowerCase() === "no-transform"),
  );

/** What we know of a stored response that the origin sent plain; undefined for any other. */
export function plainFacts(
  fields: Fields,
): { readonly shared: boolean; readonly strong: boolean; readonly coding: Coding | undefined } | undefined {
  const words = fields.get(PLAIN_FIELD)?.split(" ");
  if (words === undefined) return undefined;
  // Only our own encoder has written Content-Encoding together with our own field.
  const coding = fields.get("content-encoding") as Coding | undefined;
  return { shared: words.includes("shared"), strong: words.includes("strong"), coding };
}

/** The fields of a plain response that `mayEncode` as the identity among its encoded siblings. */
export function identityFields(fields: Fields): Fields {
  const marked = Fields.from(fields);
  const tag = fields.get("etag") ?? "";
  const vary = varyOf(fields);
  const varies = vary.kind === "any" || vary.names.includes("accept-encoding");
  const words = ["plain", ...(varies ? [] : ["shared"]), ...(tag !== "" && !isWeak(tag) ? ["strong"] : [])];
  marked.set(PLAIN_FIELD, words.join(" "));
  return withVary(marked);
}

/** Fields about the plain bytes, which are wrong for others: lengths and digests (RFC 9530), and that ranges are served. */
const OF_THE_PLAIN_BYTES = [
  "content-length",
  "content-md5",
  "digest",
  "content-digest",
  "repr-digest",
  "accept-ranges",
];

/** The fields of the representation in `coding`, from those of the identity (`identityFields`), which undefined stands for. */
export function fieldsInCoding(identity: Fields, coding: Coding | undefined): Fields {
  if (coding === undefined) return identity;
  const encoded = withoutPlainBytes(identity);
  encoded.set("content-encoding", coding);
  encoded.set("accept-ranges", "none");
  const tag = identity.get("etag") ?? "";
  if (tag !== "" && !isWeak(tag)) encoded.set("etag", `W/${tag}`);
  return encoded;
}

/** The fields of the identity, as far as an encoded sibling shows them: what described the plain bytes is lost. */
export function decodedFields(encoded: Fields): Fields {
  const identity = withoutPlainBytes(encoded);
  identity.delete("content-encoding");
  const tag = originTag(encoded);
  if (tag !== undefined) identity.set("etag", tag);
  return identity;
}

/** The tag that the origin knows a stored response by; undefined if it has none. */
export function originTag(stored: Fields): string | undefined {
  const tag = stored.get("etag");
  const facts = plainFacts(stored);
  return tag !== undefined && facts?.coding !== undefined && facts.strong && isWeak(tag) ? tag.slice(2) : tag;
}

/**
 * A 304 of the origin, asked with `originTag`, in the words of the stored response that it confirms. That varies by
 * Accept-Encoding whether or not the origin says so, and its bytes have no ranges if they had none.
 */
export function confirmedFields(notModified: Fields, stored: Fields): Fields {
  const facts = plainFacts(stored);
  if (facts === undefined) return notModified;
  const fields = Fields.from(notModified);
  if (fields.has("vary")) withVary(fields);
  fields.delete("accept-ranges");
  const tag = stored.get("etag");
  if (tag !== undefined && fields.get("etag") === originTag(stored)) fields.set("etag", tag);
  return fields;
}

/**
 * An `If-Match` in the origin's words: a weak tag may be its strong one, made weak by us, and would never match. If its
 * own tag is weak the strong spelling does not match either, as it should.
 */
export function originIfMatch(value: string): string {
  const tags = tagsIn(value);
  return [...new Set([...tags, ...tags.filter(isWeak).map((tag) => tag.slice(2))])].join(", ");
}

function withoutPlainBytes(fields: Fields): Fields {
  const rest = Fields.from(fields);
  for (const name of OF_THE_PLAIN_BYTES) rest.delete(name);
  return rest;
}

function withVary(fields: Fields): Fields {
  const vary = varyOf(fields);
  if (vary.kind === "fields" && !vary.names.includes("accept-encoding")) fields.append("vary", "Accept-Encoding");
  return fields;
}
