// What may be encoded, and the fields of what was: RFC 9110 sections 7.7, 8.4, 8.8 and RFC 9111 section 5.2.2.6.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { CODINGS } from "../../../edge/http/accept-encoding.ts";
import {
  confirmedFields,
  decodedFields,
  fieldsInCoding,
  identityFields,
  isCompressible,
  mayEncode,
  originIfMatch,
  originTag,
  PLAIN_FIELD,
  plainFacts,
} from "../../../edge/http/compression.ts";
import type { Fields } from "../../../edge/http/fields.ts";
import { EDGE_LIMITS } from "../../../edge/limits.ts";
import { fieldsOf } from "./exchange.ts";

const TEXT = { "content-type": "text/html; charset=utf-8", "content-length": "5000" };
const record = (fields: Fields): Record<string, string> =>
  Object.fromEntries([...new Set([...fields].map(([name]) => name))].map((name) => [name, fields.get(name) ?? ""]));

describe("media types", () => {
  test.each<[string | undefined, boolean]>([
    ["text/html", true],
    ["TEXT/CSS;charset=utf-8", true],
    ["text/event-stream", false],
    ["text/event-stream; charset=utf-8", false],
    ["application/json", true],
    ["application/vnd.github.v3+json", true],
    ["application/problem+json; x=1", true],
    ["application/octet-stream", false],
    ["application/pdf", false],
    ["application/zip", false],
    ["application/gzip", false],
    ["application/wasm", true],
    ["image/svg+xml", true],
    ["image/png", false],
    ["image/jpeg", false],
    ["image/webp", false],
    ["font/ttf", true],
    ["font/woff2", false],
    ["video/mp4", false],
    ["multipart/byteranges", false],
    ["", false],
    [undefined, false],
  ])("%s", (type, expected) => {
    expect(isCompressible(type)).toBe(expected);
  });
});

describe("a response may be encoded", () => {
  test.each<[string, number, Record<string, string>]>([
    ["as text of a length that is worth it", 200, {}],
    ["at the least length", 200, { "content-length": `${EDGE_LIMITS.compressFromBytes}` }],
    ["at the greatest length", 200, { "content-length": `${EDGE_LIMITS.compressToBytes}` }],
    ["when it varies by other fields", 200, { vary: "Accept-Language" }],
    ["when a word only looks like no-transform", 200, { "cache-control": 'x="no-transform", max-age=1' }],
  ])("%s", (_name, status, extra) => {
    expect(mayEncode({ status, fields: fieldsOf({ ...TEXT, ...extra }) })).toBe(true);
  });

  test("when its length is not announced", () => {
    expect(mayEncode({ status: 200, fields: fieldsOf({ "content-type": "text/html" }) })).toBe(true);
  });

  test.each<[string, number, Record<string, string | string[]>]>([
    ["when it is encoded already", 200, { "content-encoding": "gzip" }],
    ["when it says that it is encoded by nothing, which is odd", 200, { "content-encoding": "identity" }],
    ["when it is a part", 206, { "content-range": "bytes 0-4999/9000" }],
    ["when it is an error", 404, {}],
    ["when it is a redirect", 301, {}],
    ["when it is short", 200, { "content-length": `${EDGE_LIMITS.compressFromBytes - 1}` }],
    ["when it is long", 200, { "content-length": `${EDGE_LIMITS.compressToBytes + 1}` }],
    ["when its length is none", 200, { "content-length": "many" }],
    ["when no cache may transform it", 200, { "cache-control": "public, No-Transform" }],
    ["when a CDN may not transform it", 200, { "cdn-cache-control": "no-transform, max-age=9" }],
    ["when one of several lines says so", 200, { "cache-control": ["max-age=9", "no-transform"] }],
    ["when it varies by anything", 200, { vary: "*" }],
    ["when it is no text", 200, { "content-type": "image/png" }],
  ])("not %s", (_name, status, extra) => {
    expect(mayEncode({ status, fields: fieldsOf({ ...TEXT, ...extra }) })).toBe(false);
  });
});

describe("the fields of an encoded representation", () => {
  const origin = fieldsOf({
    ...TEXT,
    etag: '"abc"',
    "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
    "accept-ranges": "bytes",
    "content-md5": "x",
    digest: "sha-256=x",
    "repr-digest": "sha-256=:x:",
    "content-digest": "sha-256=:x:",
    vary: "Accept-Language",
    "cache-tag": "a",
  });

  it("say the coding and what it varies by, weaken the tag, and keep nothing that described the plain bytes", () => {
    expect(record(fieldsInCoding(identityFields(origin), "br"))).toEqual({
      "content-type": "text/html; charset=utf-8",
      "content-encoding": "br",
      etag: 'W/"abc"',
      "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
      "accept-ranges": "none",
      vary: "Accept-Language, Accept-Encoding",
      "cache-tag": "a",
      [PLAIN_FIELD]: "plain shared strong",
    });
  });

  it("are the origin's own for the identity, but for what it varies by", () => {
    const { vary, [PLAIN_FIELD]: mark, ...rest } = record(identityFields(origin));
    const { vary: _vary, ...own } = record(origin);
    expect([rest, vary, mark]).toEqual([own, "Accept-Language, Accept-Encoding", "plain shared strong"]);
  });

  it("name Accept-Encoding once, and share nothing, where the origin varies by it", () => {
    const fields = fieldsInCoding(identityFields(fieldsOf({ ...TEXT, vary: "accept-encoding" })), "gzip");
    expect([fields.get("vary"), plainFacts(fields)]).toEqual([
      "accept-encoding",
      { shared: false, strong: false, coding: "gzip" },
    ]);
  });

  const tag = fc.oneof(
    fc.stringMatching(/^[a-z0-9:;-]{0,8}$/).map((text) => `"${text}"`),
    fc.stringMatching(/^[a-z0-9]{1,8}$/).map((text) => `W/"${text}"`),
    // As some servers send it.
    fc.stringMatching(/^[a-z0-9]{1,8}$/),
  );

  it("lead back to the origin's tag, whatever that is, and never have a strong one", () => {
    fc.assert(
      fc.property(tag, fc.constantFrom(...CODINGS), (etag, coding) => {
        const encoded = fieldsInCoding(identityFields(fieldsOf({ ...TEXT, etag })), coding);
        expect(encoded.get("etag")).toMatch(/^W\//);
        expect(originTag(encoded)).toBe(etag);
        expect(decodedFields(encoded).get("etag")).toBe(etag);
      }),
    );
  });

  it("leave a tag alone that the origin gave to something that we did not encode", () => {
    expect(originTag(fieldsOf({ etag: 'W/"abc"', "content-encoding": "gzip" }))).toBe('W/"abc"');
  });

  it("are lost in decoding only as far as they described the encoded bytes", () => {
    const decoded = record(decodedFields(fieldsInCoding(identityFields(origin), "zstd")));
    expect(decoded).not.toHaveProperty("content-encoding");
    expect(decoded).not.toHaveProperty("accept-ranges");
    expect(decoded).toMatchObject({ etag: '"abc"', vary: "Accept-Language, Accept-Encoding", "cache-tag": "a" });
  });
});

describe("a 304 of the origin", () => {
  const stored = fieldsInCoding(identityFields(fieldsOf({ ...TEXT, etag: '"abc"' })), "br");

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ["about the same version has our tag for it", { etag: '"abc"' }, { etag: 'W/"abc"' }],
    ["about another version keeps its own", { etag: '"def"' }, { etag: '"def"' }],
    ["without a tag gets none", { "cache-control": "max-age=9" }, { "cache-control": "max-age=9" }],
    ["that says what it varies by does not end ours", { vary: "Origin" }, { vary: "Origin, Accept-Encoding" }],
    ["does not give ranges to what has none", { "accept-ranges": "bytes" }, {}],
  ])("%s", (_name, notModified, expected) => {
    expect(record(confirmedFields(fieldsOf(notModified), stored))).toEqual(expected);
  });

  it("is left alone if it confirms what the origin encoded itself", () => {
    const notModified = fieldsOf({ etag: '"abc-gzip"', "accept-ranges": "bytes" });
    expect(confirmedFields(notModified, fieldsOf({ etag: '"abc-gzip"', "content-encoding": "gzip" }))).toBe(
      notModified,
    );
  });
});

describe("an If-Match to the origin", () => {
  test.each([
    ['W/"abc"', 'W/"abc", "abc"'],
    ['"abc"', '"abc"'],
    ["*", "*"],
    ['"a,b", W/"c"', '"a,b", W/"c", "c"'],
    ['W/"c", "c"', 'W/"c", "c"'],
  ])("%s becomes %s", (value, expected) => {
    expect(originIfMatch(value)).toBe(expected);
  });
});
