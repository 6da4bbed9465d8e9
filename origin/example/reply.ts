// A reply as a value, and what every cacheable reply of the shop has in common: conditional requests (RFC 9110 section 13)
// and single ranges (section 14). Pure; server.node.ts writes replies out.

/** What a handler answers. */
export interface Reply {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string | Uint8Array;
}

/** A request's fields, by lower-case name. */
export type RequestFields = Readonly<Record<string, string | string[] | undefined>>;

const text = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(", ") : value;

/** The value of a reply's field. */
const fieldOf = (reply: Reply, name: string): string | undefined =>
  reply.fields.find((field) => field[0].toLowerCase() === name)?.[1];

/** Fields that a 304 repeats from the 200 that it stands for (RFC 9110 section 15.4.5), and the tags that go with them. */
const KEPT_IN_304 = new Set([
  "cache-control",
  "content-location",
  "etag",
  "expires",
  "last-modified",
  "vary",
  "cache-tag",
]);

/** The reply, or 304 when the client has this version already (RFC 9110 section 13.2.2). */
export function conditional(reply: Reply, request: RequestFields): Reply {
  if (reply.status !== 200 || !isCurrent(reply, request)) return reply;
  return { status: 304, fields: reply.fields.filter(([name]) => KEPT_IN_304.has(name.toLowerCase())), body: "" };
}

function isCurrent(reply: Reply, request: RequestFields): boolean {
  const noneMatch = text(request["if-none-match"]);
  const etag = fieldOf(reply, "etag");
  if (noneMatch !== undefined) {
    const weak = (tag: string): string => tag.trim().replace(/^W\//, "");
    return noneMatch.trim() === "*" || (etag !== undefined && noneMatch.split(",").map(weak).includes(weak(etag)));
  }
  const since = Date.parse(text(request["if-modified-since"]) ?? "");
  return since >= Date.parse(fieldOf(reply, "last-modified") ?? "");
}

/** A part of a representation: first and last byte, both included. */
export interface ReplyRange {
  readonly first: number;
  readonly last: number;
}

/**
 * What a `Range` field asks for of `length` bytes: one part, all of it (no field, another unit, several parts, or an `If-Range`
 * that is not `etag`), or something that is not there (416).
 */
export function readRange(request: RequestFields, length: number, etag: string): ReplyRange | "all" | "unsatisfiable" {
  const ifRange = text(request["if-range"]);
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text(request.range) ?? "");
  if (match === null || (ifRange !== undefined && ifRange !== etag)) return "all";
  const [, from = "", to = ""] = match;
  if (from === "" && to === "") return "all";
  if (from === "") {
    const wanted = Math.min(Number(to), length);
    return wanted === 0 ? "unsatisfiable" : { first: length - wanted, last: length - 1 };
  }
  const [first, last] = [Number(from), to === "" ? length - 1 : Math.min(Number(to), length - 1)];
  if (to !== "" && Number(to) < first) return "all";
  return first >= length ? "unsatisfiable" : { first, last };
}
