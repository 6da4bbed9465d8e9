// One spelling for each URL: what is the same to a cache is spelt the same, what is not stays apart, and a spelling is final.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { normaliseUrl, targetOfUrl } from "../../../config/spelling/normal-url.ts";

const spelling = (text: string): string => {
  const result = normaliseUrl(text);
  return result.kind === "url" ? result.url : `invalid: ${result.detail}`;
};

describe("a URL has one spelling", () => {
  test.each([
    ["HTTP://Example.COM", "http://example.com/"],
    ["https://h:443/", "https://h/"],
    ["http://h:80/a", "http://h/a"],
    ["http://h:443/a", "http://h:443/a"],
    ["https://h/a/./b/../c", "https://h/a/c"],
    ["https://h/a/%2e%2E/c", "https://h/c"],
    ["https://h/../../a", "https://h/a"],
    ["https://h/%7euser/%41", "https://h/~user/A"],
    ["https://h/a%2fb%3a", "https://h/a%2Fb%3A"],
    ["https://h/a%252e", "https://h/a%252e"],
    ["https://h/%%36%31", "https://h/%%361"],
    ["https://h/%a%31", "https://h/%a%31"],
    ["https://h/?b=1&a=%7e&c=%c3%a9", "https://h/?b=1&a=~&c=%C3%A9"],
    ["https://h?x", "https://h/?x"],
    ["https://h/a?", "https://h/a"],
    ["https://h/a??b", "https://h/a??b"],
    ["https://h/a?&", "https://h/a?&"],
    ["https://h/a%3F", "https://h/a%3F"],
    ["https://h/a?x=a/../b", "https://h/a?x=a/../b"],
    ["https://h/é", "https://h/%C3%A9"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://h./a", "https://h/a"],
    ["http://h.:8080/a", "http://h:8080/a"],
    ["http://[2001:DB8::0:1]:80/", "http://[2001:db8::1]/"],
    ["https://h//a//b", "https://h//a//b"],
    ["https://h/a\\b?c\\d", "https://h/a%5Cb?c%5Cd"],
    ["https://h/x\\..\\y", "https://h/x%5C..%5Cy"],
    ["https://h/_next/[slug]/p.js", "https://h/_next/%5Bslug%5D/p.js"],
    ['https://h/a|b^c`d{e}"<f>', "https://h/a%7Cb%5Ec%60d%7Be%7D%22%3Cf%3E"],
    ['https://h/?f[]=a|b^c`d{e}"<f>', "https://h/?f[]=a%7Cb%5Ec%60d%7Be%7D%22%3Cf%3E"],
    ["https://h/?f%5b%5d=1", "https://h/?f%5B%5D=1"],
    ["https://h/!$&'()*+,;=:@?!$&()*+,;=:@/?", "https://h/!$&'()*+,;=:@?!$&()*+,;=:@/?"],
    ["https://h/%21%27?%21", "https://h/%21%27?%21"],
    ["https://h/?q='a'", "https://h/?q=%27a%27"],
    ["https://h/%00%0a%7f", "https://h/%00%0A%7F"],
    ["https://h/%c0%af", "https://h/%C0%AF"],
    ["https://h/%u0041%", "https://h/%u0041%"],
    ["https://XN--BCHER-KVA.example./", "https://xn--bcher-kva.example/"],
    ["http://0x7f.1/", "http://127.0.0.1/"],
    ["http://ex%61mple.com/", "http://example.com/"],
    ["http://h:080/", "http://h/"],
    ["http://h:/", "http://h/"],
  ])("%s is %s", (text, expected) => {
    expect(spelling(text)).toBe(expected);
  });

  test.each([
    "",
    "h/a",
    "/a",
    "//h/a",
    "ftp://h/",
    "https:h/a",
    "https:///a",
    "https://h/a#b",
    "https://u@h/",
    "https://u:p@h/",
    " https://h/",
    "https://h/a b",
    "https://h/a\tb",
    "https://h:99999/",
    "https://./",
    "https://h../",
    "https://a..b/",
    "https://.h/",
    "https://h\\@evil.example/",
    "https://h\\a",
    "https://*.h/",
    "https://a,b/",
    `https://${"a.".repeat(127)}example/`,
    "https://h/\ud800",
  ])("%j is refused", (text) => {
    expect(normaliseUrl(text).kind).toBe("invalid");
  });

  test("a URL of the greatest length is accepted and one more character is refused", () => {
    const path = "a".repeat(LIMITS.urlCharacters - "https://h/".length);
    expect(normaliseUrl(`https://h/${path}`).kind).toBe("url");
    expect(normaliseUrl(`https://h/${path}a`).kind).toBe("invalid");
    // Escaping makes it three times as long: the length of the spelling counts.
    expect(normaliseUrl(`https://h/${"é".repeat(LIMITS.urlCharacters / 2)}`).kind).toBe("invalid");
  });

  test("a character that no URL may hold has the spelling of its escape, in paths and in queries", () => {
    const forbidden = fc.constantFrom(...'|[]{}^`"<>\\'.split(""), "é", "ش", "😀");
    fc.assert(
      fc.property(
        fc.array(fc.oneof(forbidden, fc.constantFrom("a", "/", "=", "&", ".")), { maxLength: 12 }),
        (pieces) => {
          const escaped = pieces.map((piece) => (/[a/=&.]/.test(piece) ? piece : encodeURIComponent(piece)));
          for (const part of pieces.some((piece) => /[[\]]/.test(piece)) ? ["/p"] : ["/p", "/p?q"]) {
            const raw = spelling(`http://h${part}${pieces.join("")}`);
            expect(raw).toBe(spelling(`http://h${part}${escaped.join("")}`));
            expect(raw).toBe(spelling(`http://h${part}${escaped.join("").toLowerCase()}`));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("a spelling is its own spelling, and path and query are read from it as they stand", () => {
    const piece = fc.constantFrom(..."aA.~/?%&=;2eEfF36é'\"\\|".split(""), "%2e", "%2F", "%7E", "..", "%");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const once = normaliseUrl(`http://Host.example/${pieces.join("")}`);
        if (once.kind === "invalid") return;
        expect(normaliseUrl(once.url)).toEqual(once);
        expect(`http://host.example${targetOfUrl(once.url)}`).toBe(once.url);
        // Route matching reads the path with the platform's parser.
        expect(once.url.split("?")[0]).toBe(`http://host.example${new URL(once.url).pathname}`);
      }),
      { numRuns: 5000 },
    );
  });
});
