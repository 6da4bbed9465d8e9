// Is a held copy still right? Our questions to the next tier and what its 304 does to the stored response (RFC 9111
// sections 3.2, 4.3.1, 4.3.3, 4.3.4), and clients' conditions on what is stored (section 4.3.2, RFC 9110 section 13.2.2).
// Invariant: a 304 never changes what describes the stored bytes, and one that is about another version changes nothing.

import { equalsStrongly, equalsWeakly, tagsIn } from "./entity-tag.ts";
import { Fields } from "./fields.ts";
import { withoutHopByHop, withoutInternal } from "./forwardable.ts";
import { parseHttpDate } from "./http-date.ts";
import type { Policy, StoredResponse } from "./terms.ts";

/** A response as conditions see it. */
type Validated = Pick<StoredResponse, "status" | "fields">;

/**
 * Fields that describe the stored bytes themselves: a 304 has none, so what it says of them is not about ours (RFC 9111
 * section 3.2). Content-Type is not among them: the RFC wants it updated, and `Content-` is no mark of such fields.
 */
const OF_THE_BYTES: ReadonlySet<string> = new Set([
  "content-length",
  "content-encoding",
  "content-range",
  "content-md5",
  "content-digest",
  "repr-digest",
  "digest",
]);

/** Whether a stored response can be confirmed instead of fetched again. */
export const hasValidator = (fields: Fields): boolean =>
  (fields.get("etag") ?? "") !== "" || parseHttpDate(fields.get("last-modified")) !== undefined;

/** The conditions under which the next tier may answer 304 for it (RFC 9111 section 4.3.1); undefined if it has no validator. */
export function conditionsOf(stored: Pick<StoredResponse, "fields">): Fields | undefined {
  const conditions = new Fields();
  const tag = stored.fields.get("etag");
  if (tag !== undefined && tag !== "") conditions.append("if-none-match", tag);
  const lastModified = stored.fields.get("last-modified");
  if (lastModified !== undefined && parseHttpDate(lastModified) !== undefined) {
    conditions.append("if-modified-since", lastModified);
  }
  return conditions.has("if-none-match") || conditions.has("if-modified-since") ? conditions : undefined;
}

/**
 * What a client's conditions make of a GET or HEAD that a stored response would answer, in the order of RFC 9110 section
 * 13.2.2. If-Match and If-Unmodified-Since are evaluated though a cache need not: a client that fetches an object in parts
 * with them would otherwise join two versions. Conditions only apply to what would be a success (section 13.2.1).
 */
export function evaluateConditions(
  request: Fields,
  stored: Validated,
): "pass" | "not-modified" | "precondition-failed" {
  if (stored.status < 200 || stored.status >= 300) return "pass";
  const tag = stored.fields.get("etag");
  const ifMatch = request.get("if-match");
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, tag, equalsStrongly)) return "precondition-failed";
  } else {
    const ifUnmodifiedSince = parseHttpDate(request.get("if-unmodified-since"));
    const lastModified = parseHttpDate(stored.fields.get("last-modified"));
    if (ifUnmodifiedSince !== undefined && lastModified !== undefined && lastModified > ifUnmodifiedSince) {
      return "precondition-failed";
    }
  }
  const ifNoneMatch = request.get("if-none-match");
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, tag, equalsWeakly) ? "not-modified" : "pass";
  const ifModifiedSince = parseHttpDate(request.get("if-modified-since"));
  if (ifModifiedSince === undefined) return "pass";
  // Without Last-Modified its Date stands in for it (RFC 9111 section 4.3.2).
  const modifiedAt = parseHttpDate(stored.fields.get("last-modified") ?? stored.fields.get("date"));
  return modifiedAt !== undefined && modifiedAt <= ifModifiedSince ? "not-modified" : "pass";
}

function matches(value: string, tag: string | undefined, equals: (left: string, right: string) => boolean): boolean {
  if (value.trim() === "*") return true;
  return tag !== undefined && tagsIn(value).some((candidate) => equals(candidate, tag));
}

/**
 * Whether a 304 is about the stored response (RFC 9111 section 4.3.4). It answered a question with our validators, so
 * silence means yes, but a validator of its own that is another means a different version: fetch without conditions.
 * A tag is compared weakly: servers that encode on the fly weaken the tag of the 200 and leave it off in the 304. A route
 * may be `lenient` and take the question for the answer's proof.
 */
export function answersFor(
  stored: Pick<StoredResponse, "fields">,
  notModified: Fields,
  belief: Policy["notModified"] = "strict",
): boolean {
  if (belief === "lenient") return true;
  const tag = notModified.get("etag");
  const storedTag = stored.fields.get("etag");
  if (tag !== undefined && storedTag !== undefined) return equalsWeakly(tag, storedTag);
  const lastModified = parseHttpDate(notModified.get("last-modified"));
  const storedLastModified = parseHttpDate(stored.fields.get("last-modified"));
  if (lastModified !== undefined && storedLastModified !== undefined) return lastModified === storedLastModified;
  // A tag for what had none is strong evidence of another version, unless the date above said otherwise.
  return tag === undefined || storedTag !== undefined;
}

/**
 * What a HEAD's answer says of the stored response to a GET (RFC 9111 section 4.3.5). A length proves a change, never that
 * nothing changed; where codings differ it is another representation's. A resource that is gone has changed.
 */
export function headSays(stored: Validated, head: Validated): "same" | "changed" | "nothing" {
  if (head.status === 404 || head.status === 410) return stored.status === head.status ? "nothing" : "changed";
  if (head.status !== 200 || stored.status !== 200) return "nothing";
  const [tag, storedTag] = [head.fields.get("etag"), stored.fields.get("etag")];
  if (tag !== undefined && !equalsWeakly(tag, storedTag ?? "")) return "changed";
  const date = parseHttpDate(head.fields.get("last-modified"));
  if (date !== undefined && date !== parseHttpDate(stored.fields.get("last-modified"))) return "changed";
  const [length, storedLength] = [head.fields.get("content-length"), stored.fields.get("content-length")];
  const sameCoding = head.fields.get("content-encoding") === stored.fields.get("content-encoding");
  if (sameCoding && length !== undefined && storedLength !== undefined && length !== storedLength) return "changed";
  return tag !== undefined || date !== undefined ? "same" : "nothing";
}

/**
 * The stored response's fields after a 304 that answers for it (RFC 9111 section 3.2): each field of the update replaces all
 * lines of its name, except what describes the bytes and the tag, which stay with them. Age and Date are the update's or
 * gone: the old ones would make the response older, or fresh for longer, than it is.
 */
export function mergeNotModified(stored: Pick<StoredResponse, "fields">, update: { readonly fields: Fields }): Fields {
  const news = withoutInternal(withoutHopByHop(update.fields));
  const replaced = new Set(["age", "date"]);
  for (const [name] of news) if (!OF_THE_BYTES.has(name) && name !== "etag") replaced.add(name);
  const merged = new Fields();
  for (const [name, value] of stored.fields) if (!replaced.has(name)) merged.append(name, value);
  for (const [name, value] of news) if (replaced.has(name)) merged.append(name, value);
  return merged;
}

/**
 * What a 304 to a client, or to the tier before us, carries: all that may update its stored copy (RFC 9110 section 15.4.5
 * lets fields be sent for that), and nothing about bytes that it does not bring.
 */
export function notModifiedFields(fields: Fields): Fields {
  const kept = new Fields();
  for (const [name, value] of fields) if (!OF_THE_BYTES.has(name)) kept.append(name, value);
  return kept;
}
