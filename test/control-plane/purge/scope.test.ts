// What users may write as a scope, how it is spelt, and what is refused.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import {
  absoluteUrls,
  type ParsedScope,
  parseHostScope,
  parsePrefixScope,
  parseTagScope,
  parseUrlScope,
  scopeKey,
} from "../../../control-plane/purge/scope.ts";

const keyOf = (parsed: ParsedScope): string => (parsed.kind === "scope" ? scopeKey(parsed.scope) : "invalid");

describe("a URL scope", () => {
  test.each(["https://h/x/*", "//h/x/*", "https://h/*", "https://h/x/*?"])(
    "%s is refused, and the prefix is named that was meant",
    (text) => {
      const below = text.slice(0, text.indexOf("*"));
      expect(parseUrlScope(text)).toEqual({
        kind: "invalid",
        detail: expect.stringContaining(`purge the prefix ${below}`),
      });
      expect(keyOf(parsePrefixScope(below))).toBe(`prefix ${below}`);
    },
  );

  test("a page whose name is an asterisk is named by its escape", () => {
    expect(keyOf(parseUrlScope("https://h/x/%2A"))).toBe("url https://h/x/%2A");
  });

  test.each([
    ["HTTPS://Shop.Example:443/a/../b?x=%7e", "url https://shop.example/b?x=~"],
    ["http://h", "url http://h/"],
    ["//H/a", "url //h/a"],
    ["//h:80/a", "url //h:80/a"],
    ["//h:443/a", "url //h:443/a"],
    ["//h:8080/a", "url //h:8080/a"],
    ["//h", "url //h/"],
  ])("%s is kept as %s", (text, key) => {
    expect(keyOf(parseUrlScope(text))).toBe(key);
  });

  test.each(["", "/a", "h/a", "h", "https://h/a#b", "//h/a#b", "//", "///a", "ftp://h/", "mailto:a@h", "https://u@h/"])(
    "%j is refused, with a reason",
    (text) => {
      const parsed = parseUrlScope(text);
      expect(parsed.kind).toBe("invalid");
      if (parsed.kind === "invalid") expect(parsed.detail).toMatch(/^(a|this) .{10,}/);
    },
  );

  test.each([
    ["https://h/a", ["https://h/a"]],
    ["//h/a", ["https://h/a", "http://h/a"]],
    ["//h:80/a", ["https://h:80/a", "http://h/a"]],
    ["//h:443/a", ["https://h/a", "http://h:443/a"]],
  ])("%s stands for %j", (url, urls) => {
    expect(absoluteUrls(url)).toEqual(urls);
  });
});

describe("a prefix scope", () => {
  test.each([
    ["https://h/a", "prefix https://h/a"],
    ["https://h/a/", "prefix https://h/a/"],
    ["https://h", "prefix https://h/"],
    ["//H/%61/../b", "prefix //h/b"],
  ])("%s is kept as %s", (text, key) => {
    expect(keyOf(parsePrefixScope(text))).toBe(key);
  });

  test.each(["https://h/a?", "https://h/a?b", "https://h/a#b", "https://h/a*", "https://h/a/*", "/a", ""])(
    "%j is refused",
    (text) => {
      expect(parsePrefixScope(text).kind).toBe("invalid");
    },
  );
});

describe("a tag scope", () => {
  const longest = "t".repeat(LIMITS.tagCharacters);
  test.each(["a", "!", "~", "product-17", "a:b/c", "-", "+", longest])("%s is kept as it is", (tag) => {
    expect(keyOf(parseTagScope(tag))).toBe(`tag ${tag}`);
  });

  test.each(["", "a b", "a,b", " ", ",", "é", "\u007f", "a\n", `${longest}t`])("%j is refused", (tag) => {
    expect(parseTagScope(tag).kind).toBe("invalid");
  });
});

describe("a host scope", () => {
  test.each([
    ["Shop.Example", "host shop.example"],
    ["shop.example.", "host shop.example"],
    ["*.Example.com", "host *.example.com"],
    ["bücher.example", "host xn--bcher-kva.example"],
    ["192.0.2.1", "host 192.0.2.1"],
    ["[2001:DB8::1]", "host [2001:db8::1]"],
  ])("%s is kept as %s", (text, key) => {
    expect(keyOf(parseHostScope(text))).toBe(key);
  });

  test.each([
    "",
    "*",
    "*.",
    "*.*.h",
    "a.*.h",
    "h:80",
    "[::1]:80",
    "https://h",
    "h/",
    "h/a",
    "h?x",
    "u@h",
    "h h",
    "*.192.0.2.1",
    "*.[::1]",
    "2001:db8::1",
    `${"a.".repeat(127)}aa`,
  ])("%j is refused", (text) => {
    expect(parseHostScope(text).kind).toBe("invalid");
  });
});
