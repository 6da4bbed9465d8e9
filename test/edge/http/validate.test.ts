// Confirming what is stored (RFC 9111 sections 3.2, 4.3) and clients' conditions on it (RFC 9110 section 13).

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  answersFor,
  conditionsOf,
  evaluateConditions,
  mergeNotModified,
  notModifiedFields,
} from "../../../edge/http/validate.ts";
import { dateIn, fieldsOf, storedWith } from "./exchange.ts";

type Values = Record<string, string | string[]>;

describe("RFC 9111 section 4.3.1: the conditions we send", () => {
  test.each<[string, Values, Values | undefined]>([
    ["a tag", { etag: '"a"' }, { "if-none-match": '"a"' }],
    ["a weak tag", { etag: 'W/"a"' }, { "if-none-match": 'W/"a"' }],
    ["a tag as the server spells it", { etag: "a" }, { "if-none-match": "a" }],
    [
      "a date, spelt as it came",
      { "last-modified": "Sunday, 06-Nov-94 08:49:37 GMT" },
      { "if-modified-since": "Sunday, 06-Nov-94 08:49:37 GMT" },
    ],
    [
      "both",
      { etag: '"a"', "last-modified": dateIn(-60) },
      { "if-none-match": '"a"', "if-modified-since": dateIn(-60) },
    ],
    ["no date that is none", { "last-modified": "yesterday" }, undefined],
    ["nothing", {}, undefined],
    ["an empty tag", { etag: "" }, undefined],
  ])("%s", (_name, stored, expected) => {
    const conditions = conditionsOf(storedWith(stored));
    expect(conditions === undefined ? undefined : Object.fromEntries(conditions)).toEqual(expected);
  });
});

describe("RFC 9110 section 13.2.2: clients' conditions, in their order", () => {
  const STORED: Values = { etag: '"a"', "last-modified": dateIn(-60), date: dateIn(0) };
  const WEAK: Values = { ...STORED, etag: 'W/"a"' };
  test.each<[string, Values, Values, ReturnType<typeof evaluateConditions>]>([
    ["none", {}, STORED, "pass"],
    ["If-None-Match that matches", { "if-none-match": '"a"' }, STORED, "not-modified"],
    ["If-None-Match on another line", { "if-none-match": ['"x"', '"a"'] }, STORED, "not-modified"],
    ["If-None-Match in the middle", { "if-none-match": '"x", "a" , "y"' }, STORED, "not-modified"],
    ["If-None-Match with a comma in a tag", { "if-none-match": '"x,", "a,b"' }, { etag: '"a,b"' }, "not-modified"],
    ["If-None-Match of another", { "if-none-match": '"b"' }, STORED, "pass"],
    ["If-None-Match, weak against strong", { "if-none-match": 'W/"a"' }, STORED, "not-modified"],
    ["If-None-Match, strong against weak", { "if-none-match": '"a"' }, WEAK, "not-modified"],
    ["If-None-Match: *", { "if-none-match": " * " }, STORED, "not-modified"],
    ["If-None-Match of what has no tag", { "if-none-match": '"a"' }, {}, "pass"],
    ["If-None-Match without quotes", { "if-none-match": "a" }, { etag: "a" }, "not-modified"],
    ["If-None-Match without quotes is not the same with", { "if-none-match": "a" }, STORED, "pass"],
    ["If-None-Match beyond ASCII", { "if-none-match": '"ü"' }, { etag: '"ü"' }, "not-modified"],
    ["If-Modified-Since that matches", { "if-modified-since": dateIn(-60) }, STORED, "not-modified"],
    ["If-Modified-Since that is later", { "if-modified-since": dateIn(-30) }, STORED, "not-modified"],
    ["If-Modified-Since that is earlier", { "if-modified-since": dateIn(-90) }, STORED, "pass"],
    ["If-Modified-Since that is none", { "if-modified-since": "yesterday" }, STORED, "pass"],
    [
      "If-Modified-Since beside a tag that differs",
      { "if-none-match": '"b"', "if-modified-since": dateIn(0) },
      STORED,
      "pass",
    ],
    [
      "If-Modified-Since beside a tag that matches",
      { "if-none-match": '"a"', "if-modified-since": dateIn(-90) },
      STORED,
      "not-modified",
    ],
    [
      "If-Modified-Since before the Date of what has no other",
      { "if-modified-since": dateIn(-30) },
      { date: dateIn(0) },
      "pass",
    ],
    [
      "If-Modified-Since after the Date of what has no other",
      { "if-modified-since": dateIn(0) },
      { date: dateIn(0) },
      "not-modified",
    ],
    ["If-Modified-Since of what has no date", { "if-modified-since": dateIn(0) }, {}, "pass"],
    ["If-Match that matches", { "if-match": '"x", "a"' }, STORED, "pass"],
    ["If-Match of another", { "if-match": '"b"' }, STORED, "precondition-failed"],
    ["If-Match is strong", { "if-match": 'W/"a"' }, WEAK, "precondition-failed"],
    ["If-Match: *", { "if-match": "*" }, STORED, "pass"],
    ["If-Match of what has no tag", { "if-match": '"a"' }, {}, "precondition-failed"],
    ["If-Match before all others", { "if-match": '"b"', "if-none-match": '"a"' }, STORED, "precondition-failed"],
    [
      "If-Match that matches lets the next speak",
      { "if-match": '"a"', "if-none-match": '"a"' },
      STORED,
      "not-modified",
    ],
    ["If-Unmodified-Since that holds", { "if-unmodified-since": dateIn(-60) }, STORED, "pass"],
    ["If-Unmodified-Since that does not", { "if-unmodified-since": dateIn(-61) }, STORED, "precondition-failed"],
    ["If-Unmodified-Since behind If-Match", { "if-match": '"a"', "if-unmodified-since": dateIn(-61) }, STORED, "pass"],
    ["If-Unmodified-Since that is none", { "if-unmodified-since": "x" }, STORED, "pass"],
    ["If-Unmodified-Since of what has no date", { "if-unmodified-since": dateIn(-61) }, {}, "pass"],
  ])("%s", (_name, request, stored, expected) => {
    expect(evaluateConditions(fieldsOf(request), storedWith(stored))).toBe(expected);
  });

  test.each([301, 404, 500])("apply to no %d, which is no success", (status) => {
    expect(
      evaluateConditions(fieldsOf({ "if-none-match": '"a"', "if-match": '"b"' }), storedWith(STORED, {}, status)),
    ).toBe("pass");
  });
});

describe("RFC 9111 section 4.3.4: a 304 answers for the stored response", () => {
  test.each<[string, Values, Values, boolean]>([
    ["when it says nothing", { etag: '"a"' }, {}, true],
    ["with the same tag", { etag: '"a"' }, { etag: '"a"' }, true],
    ["with another tag, not", { etag: '"a"' }, { etag: '"b"' }, false],
    ["with another weak tag, not", { etag: 'W/"a"' }, { etag: 'W/"b"' }, false],
    ["with the tag that its server weakens", { etag: 'W/"a"' }, { etag: '"a"' }, true],
    ["with the same date", { "last-modified": dateIn(-60) }, { "last-modified": dateIn(-60) }, true],
    ["with another date, not", { "last-modified": dateIn(-60) }, { "last-modified": dateIn(-30) }, false],
    [
      "with the same tag and another date",
      { etag: '"a"', "last-modified": dateIn(-60) },
      { etag: '"a"', "last-modified": dateIn(-30) },
      true,
    ],
    ["with a date that ours has not", { etag: '"a"' }, { "last-modified": dateIn(-30) }, true],
    ["with a tag for what has none, not", { foo: "1" }, { etag: '"a"' }, false],
    [
      "with a tag that ours has not, but the same date",
      { "last-modified": dateIn(-60) },
      { etag: '"a"', "last-modified": dateIn(-60) },
      true,
    ],
  ])("%s", (_name, stored, update, expected) => {
    expect(answersFor(storedWith(stored), fieldsOf(update))).toBe(expected);
    expect(answersFor(storedWith(stored), fieldsOf(update), "lenient")).toBe(true);
  });
});

describe("RFC 9111 section 3.2: what a 304 changes", () => {
  const merged = (stored: Values, update: Values): Values => {
    const fields = mergeNotModified(storedWith(stored), { fields: fieldsOf(update) });
    return Object.fromEntries(
      [...fields].map(([name]) => [name, fields.all(name).length > 1 ? fields.all(name) : (fields.get(name) ?? "")]),
    );
  };

  test.each([
    "test-header",
    "x-content-foo",
    "cache-control",
    "content-location",
    "content-type",
    "content-security-policy",
    "expires",
    "vary",
    "x-frame-options",
  ])("it updates %s", (name) => {
    expect(merged({ [name]: "old" }, { [name]: "new" })).toEqual({ [name]: "new" });
  });

  test.each([
    "content-encoding",
    "content-length",
    "content-md5",
    "content-range",
    "content-digest",
    "repr-digest",
    "etag",
  ])("it leaves %s with the bytes", (name) => {
    expect(merged({ [name]: "old" }, { [name]: "new" })).toEqual({ [name]: "old" });
    expect(merged({}, { [name]: "new" })).toEqual({});
  });

  test.each([
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "transfer-encoding",
    "upgrade",
    "te",
    "meridian-internal-facts",
  ])("it brings no %s", (name) => {
    expect(merged({ kept: "1" }, { [name]: "new" })).toEqual({ kept: "1" });
  });

  it("brings nothing that its Connection names", () => {
    expect(merged({ a: "old" }, { connection: "a, b", a: "new", b: "new" })).toEqual({ a: "old" });
  });

  it("keeps what it does not mention, and replaces all lines of what it does", () => {
    expect(merged({ kept: "1", "set-cookie": ["a=1", "b=1"] }, { "set-cookie": ["a=2", "c=2"], added: "3" })).toEqual({
      kept: "1",
      "set-cookie": ["a=2", "c=2"],
      added: "3",
    });
  });

  it("replaces Age and Date even by nothing: the old ones would lie about the new age", () => {
    expect(merged({ age: "90", date: dateIn(-90) }, {})).toEqual({});
    expect(merged({ age: "90", date: dateIn(-90) }, { date: dateIn(0) })).toEqual({ date: dateIn(0) });
  });

  it("does not change what was stored", () => {
    const stored = storedWith({ a: "old" });
    mergeNotModified(stored, { fields: fieldsOf({ a: "new" }) });
    expect(stored.fields.get("a")).toBe("old");
  });

  it("changes nothing when it is merged a second time", () => {
    const name = fc.constantFrom("a", "b", "age", "date", "etag", "content-length", "connection", "vary");
    const values = fc.array(fc.tuple(name, fc.constantFrom("a", "b", "1")), { maxLength: 6 });
    fc.assert(
      fc.property(values, values, (before, update) => {
        const fieldsFrom = (lines: [string, string][]) => fieldsOf(Object.fromEntries(lines));
        const once = mergeNotModified({ fields: fieldsFrom(before) }, { fields: fieldsFrom(update) });
        const twice = mergeNotModified({ fields: once }, { fields: fieldsFrom(update) });
        expect([...twice].sort()).toEqual([...once].sort());
      }),
    );
  });
});

describe("RFC 9110 section 15.4.5: what a 304 of ours carries", () => {
  it("is all that may update a copy, and nothing about bytes that it does not bring", () => {
    const fields = notModifiedFields(
      fieldsOf({
        "cache-control": "max-age=60",
        "content-location": "/a",
        date: dateIn(0),
        etag: '"a"',
        expires: dateIn(60),
        vary: "accept",
        "content-type": "text/html",
        "access-control-allow-origin": "*",
        "content-length": "10",
        "content-encoding": "br",
        "content-range": "bytes 0-1/2",
        "repr-digest": "x",
      }),
    );
    expect([...fields].map(([name]) => name)).toEqual([
      "cache-control",
      "content-location",
      "date",
      "etag",
      "expires",
      "vary",
      "content-type",
      "access-control-allow-origin",
    ]);
  });
});
