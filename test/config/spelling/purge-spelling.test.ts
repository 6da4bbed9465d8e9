// Purges cover more than they say, never less: whatever a URL may be taken for has one spelling for purges.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normaliseUrl } from "../../../config/spelling/normal-url.ts";
import { purgeSpelling } from "../../../config/spelling/purge-spelling.ts";

const spelling = (text: string): string => {
  const normal = normaliseUrl(text);
  if (normal.kind === "invalid") throw new Error(`${text}: ${normal.detail}`);
  return purgeSpelling(normal.url);
};

describe("one for purges", () => {
  test.each([
    ["reserved characters and their escapes", "https://h/a'(b)!;c=1", "https://h/a%27%28b%29%21%3bc%3D1"],
    ["a stray % and its escape", "https://h/100%", "https://h/100%25"],
    ["a stray % before an escape", "https://h/%%36%31", "https://h/%25%36%31"],
    ["repeated slashes", "https://h//a///b", "https://h/a/b"],
    ["an escaped slash", "https://h/a%2fb", "https://h/a/b"],
    ["a backslash", "https://h/a\\b", "https://h/a/b"],
    ["dot segments behind escaped slashes", "https://h/x/..%2fa", "https://h/a"],
    ["the order of parameters", "https://h/?b=1&a=2&a=1", "https://h/?a=1&b=1&a=2"],
    ["empty parameters", "https://h/?&a&&", "https://h/?a"],
    ["no parameters", "https://h/?&", "https://h/"],
    ["a space in a query", "https://h/?q=a+b", "https://h/?q=a%20b"],
    ["an apostrophe in a query", "https://h/?q='", "https://h/?q=%27"],
    ["brackets in a query", "https://h/?f[]=1", "https://h/?f%5b%5D=1"],
    ["a bare question mark", "https://h/a?", "https://h/a"],
  ])("%s", (_, one, other) => {
    expect(spelling(one)).toBe(spelling(other));
  });
});

describe("two for purges", () => {
  test.each([
    ["a closing slash", "https://h/a", "https://h/a/"],
    ["letters' case", "https://h/a", "https://h/A"],
    ["parameters of a segment", "https://h/a", "https://h/a;v=1"],
    ["schemes", "https://h/a", "http://h/a"],
    ["an escaped separator of a query", "https://h/?a%26b", "https://h/?a&b"],
    ["an escaped plus and a space", "https://h/?a%2Bb", "https://h/?a+b"],
    ["an escaped question mark in a path", "https://h/a%3Fb", "https://h/a?b"],
    ["a double escape", "https://h/%2561", "https://h/a"],
  ])("%s", (_, one, other) => {
    expect(spelling(one)).not.toBe(spelling(other));
  });
});

test("for both schemes it folds path and query alike", () => {
  expect(purgeSpelling("//h//a%2Fb?b&a")).toBe("//h/a/b?a&b");
});

test("the purge spelling of a purge spelling is the same, and so is its normal form's", () => {
  const piece = fc.constantFrom(
    ..."aA.~/?%&=;2eF36é'\"\\|+".split(""),
    "%2e",
    "%2F",
    "%5c",
    "%25",
    "..",
    "/./",
    "%2e%2e",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
      const once = spelling(`http://h/${pieces.join("")}`);
      expect(purgeSpelling(once)).toBe(once);
      expect(spelling(once)).toBe(once);
    }),
    { numRuns: 5000 },
  );
});
