// RFC 9111 section 4.1 and RFC 9110 section 12: which requests are the same to a response, and that nothing else is.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { candidateNames, normaliseSelecting, variantKey, varyOf } from "../../../edge/http/vary.ts";
import { fieldsOf, routeOf } from "./exchange.ts";

describe("RFC 9110 section 12.5.5: Vary", () => {
  test.each<[string | string[], string[] | "any"]>([
    ["Foo", ["foo"]],
    ["Foo, Bar , foo", ["bar", "foo"]],
    [
      ["Foo", "Bar"],
      ["bar", "foo"],
    ],
    [",,Foo,", ["foo"]],
    ["", []],
    ["*", "any"],
    ["*, *", "any"],
    [["*", "*"], "any"],
    [", *", "any"],
    [["", "*"], "any"],
    ["*, Foo", "any"],
    ["Foo, *", "any"],
    ["Accept User-Agent", "any"],
    ['"Accept"', "any"],
  ])("%j", (value, expected) => {
    expect(varyOf(fieldsOf({ vary: value }))).toEqual(
      expected === "any" ? { kind: "any" } : { kind: "fields", names: expected },
    );
  });

  it("is nothing when it is absent", () => {
    expect(varyOf(fieldsOf({}))).toEqual({ kind: "fields", names: [] });
  });
});

describe("RFC 9110 section 12.4.2: weighted preferences come in one form", () => {
  test.each<[string, string, string]>([
    ["accept-language", "en, de", "de, en"],
    ["accept-language", "eN,De", "de, en"],
    ["accept-language", " en ,   de", "de, en"],
    ["accept-language", "fr;q=0.5, de;q=1.0", "de, fr;q=0.5"],
    ["accept-language", "de-CH;q=0.50,*;Q=0.1, de", "de, de-ch;q=0.5, *;q=0.1"],
    ["accept-language", "en;q=0", "en;q=0"],
    ["accept", "text/HTML, */*;q=0.8,image/webp", "image/webp, text/html, */*;q=0.8"],
    ["accept", 'text/plain;Format="a, b;C", text/html', 'text/html, text/plain;format="a, b;C"'],
    ["accept", "text/html;level=1;q=0.4, text/html;q=0.4", "text/html;q=0.4, text/html;level=1;q=0.4"],
  ])("%s %j is %j", (name, value, expected) => {
    expect(normaliseSelecting(name, value)).toBe(expected);
  });

  test.each<[string, string]>([
    ["accept-language", "en;q=abc, de"],
    ["accept-language", "en;q=1.5, de"],
    ["accept-language", "en;q=0.5;x=1, de"],
    ["accept-language", "e n, de"],
    ["accept-language", '"evil"'],
    ["accept-language", "../../etc"],
    ["accept-language", "abcdefghi"],
    ["accept-language", "text/html"],
    ["accept", "<evil>"],
    ["accept", "text"],
    ["accept", "text/html;<script>"],
    ["accept", "text/html;a=<script>"],
    ["accept", 'text/html;a="\\"<"'],
    ["accept", "text/html;a"],
    ["accept", `text/html;a=${"x".repeat(256)}`],
    ["accept-language", Array.from({ length: 100 }, () => "de").join()],
  ])("%s %j is not in the grammar, or too long, and counts as absent", (name, value) => {
    expect(normaliseSelecting(name, value)).toBeUndefined();
    expect(variantKey([name], fieldsOf({ [name]: value }))).toBe(variantKey([name], fieldsOf({})));
  });

  test.each<[string, string]>([
    ["accept", "*/*"],
    ["accept", ""],
    ["accept-language", "*"],
    ["accept-language", "*;q=1.0"],
  ])("%s %j says no more than an absent one", (name, value) => {
    expect(normaliseSelecting(name, value)).toBeUndefined();
  });
});

describe("RFC 9111 section 4.1: a variant's key", () => {
  const key = (fields: Record<string, string | string[]>, names = ["bar", "foo"]): string =>
    variantKey(names, fieldsOf(fields));

  test.each<[string, Record<string, string | string[]>, Record<string, string | string[]>, boolean]>([
    ["the same values", { foo: "1", bar: "2" }, { bar: "2", foo: "1" }, true],
    ["other fields", { foo: "1", other: "2" }, { foo: "1", other: "3" }, true],
    ["another value", { foo: "1" }, { foo: "2" }, false],
    ["another case of an unknown field", { foo: "a" }, { foo: "A" }, false],
    ["a field that is missing", { foo: "1" }, {}, false],
    ["a field that is empty is not one that is missing", { foo: "" }, {}, false],
    ["both missing", {}, {}, true],
    ["a value under another name", { foo: "1" }, { bar: "1" }, false],
    ["several lines are a list", { foo: ["1", "2"] }, { foo: "1, 2" }, true],
    ["whitespace in a list", { foo: "1,2" }, { foo: " 1, 2 " }, true],
    ["whitespace in a quoted string", { foo: '"1,2"' }, { foo: '"1, 2"' }, false],
    ["whitespace within a member", { foo: "1 2" }, { foo: "12" }, false],
  ])("%s", (_name, left, right, same) => {
    expect(key(left) === key(right)).toBe(same);
  });

  it("takes an absent Accept-Encoding for an empty one", () => {
    expect(key({}, ["accept-encoding"])).toBe(key({ "accept-encoding": "" }, ["accept-encoding"]));
  });

  it("is empty where nothing selects", () => {
    expect(key({ foo: "1" }, [])).toBe("");
  });
});

it("every fill sends the route's own fields and Accept-Encoding; where all is forwarded, fills differ in more", () => {
  const own = ["X-Device", "Accept"];
  expect(candidateNames(routeOf({ variantHeaders: own }))).toEqual(["accept", "accept-encoding", "x-device"]);
  expect(candidateNames(routeOf({ variantHeaders: own, forward: "all" }))).toEqual([
    "accept",
    "accept-encoding",
    "accept-language",
    "x-device",
  ]);
});

describe("properties", () => {
  const name = fc.constantFrom("accept", "accept-encoding", "accept-language", "x-device");
  const value = fc.oneof(
    fc.string({ unit: "binary-ascii", maxLength: 40 }),
    fc
      .array(
        fc.constantFrom(
          "en",
          "de",
          ",",
          ";",
          "q=",
          "0.5",
          "=",
          " ",
          '"',
          "\\",
          "br",
          "gzip",
          "*",
          "/",
          "0",
          "text/html",
        ),
        { maxLength: 14 },
      )
      .map((parts) => parts.join("")),
  );

  it("normalising twice is normalising once, and never throws", () => {
    fc.assert(
      fc.property(name, value, (field, text) => {
        const once = normaliseSelecting(field, text);
        if (once !== undefined) expect(normaliseSelecting(field, once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });

  it("unknown fields with equal keys differ in nothing but whitespace and empty members", () => {
    const bare = (text: string): string => text.replace(/[ \t,]+/g, "");
    fc.assert(
      fc.property(value, value, (left, right) => {
        const same =
          variantKey(["x-device"], fieldsOf({ "x-device": left })) ===
          variantKey(["x-device"], fieldsOf({ "x-device": right }));
        if (same) expect(bare(left)).toBe(bare(right));
      }),
      { numRuns: 1000 },
    );
  });

  it("no two assignments of values to names share a key", () => {
    const plain = fc.string({ unit: fc.constantFrom("a", "b", ":", "=", "x"), maxLength: 4 });
    const fields = fc.dictionary(fc.constantFrom("a", "b", "x"), plain);
    fc.assert(
      fc.property(fields, fields, (left, right) => {
        const same = variantKey(["a", "b", "x"], fieldsOf(left)) === variantKey(["a", "b", "x"], fieldsOf(right));
        const equal = ["a", "b", "x"].every((each) => left[each] === right[each]);
        expect(same).toBe(equal);
      }),
    );
  });
});
