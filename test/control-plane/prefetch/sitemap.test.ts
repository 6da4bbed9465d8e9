// What a sitemap names, and what is refused in one: whoever writes it may be anybody.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSitemap } from "../../../control-plane/prefetch/sitemap.ts";

const urlset = (inside: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${inside}</urlset>`;
const url = (location: string): string => `<url><loc>${location}</loc><lastmod>2026-01-01</lastmod></url>`;
const read = (text: string, most = 10) => readSitemap(text, most);

describe("a sitemap", () => {
  test.each<[string, string, readonly string[]]>([
    [
      "plain",
      urlset(url("https://a.example/") + url("https://a.example/b")),
      ["https://a.example/", "https://a.example/b"],
    ],
    ["with blanks around", urlset(url("\n  https://a.example/ \n")), ["https://a.example/"]],
    [
      "with escapes",
      urlset(url("https://a.example/?b=1&amp;c=&#50;&#x33;&lt;&gt;&quot;&apos;")),
      ["https://a.example/?b=1&c=23<>\"'"],
    ],
    ["with character data", urlset(url("<![CDATA[https://a.example/?b&c]]>")), ["https://a.example/?b&c"]],
    [
      "with a byte order mark and comments",
      `\uFEFF<!-- a > b --><!-- -->${urlset(`<!--<url>-->${url("https://a.example/")}`)}`,
      ["https://a.example/"],
    ],
    ["with a repetition", urlset(url("https://a.example/") + url("https://a.example/")), ["https://a.example/"]],
    [
      "with attributes that hold a >",
      urlset(`<url a="x>y" b='"'><loc>https://a.example/</loc></url>`),
      ["https://a.example/"],
    ],
    [
      "with pictures, which have locations of their own",
      urlset(
        `<url><loc>https://a.example/</loc><image:image><image:loc>https://b.example/p.png</image:loc></image:image></url>`,
      ),
      ["https://a.example/"],
    ],
    [
      "with a location elsewhere",
      urlset(`<loc>https://no.example/</loc><url><x><loc>https://no.example/</loc></x></url>`),
      [],
    ],
    ["that is empty", urlset(""), []],
    ["of one empty element", "<urlset/>", []],
  ])("%s is read", (_what, text, locations) => {
    expect(read(text)).toEqual({ kind: "urls", locations, omitted: 0 });
  });

  test("beyond the most that is taken counts the rest", () => {
    const text = urlset(["a", "b", "c", "d", "a"].map((path) => url(`https://a.example/${path}`)).join(""));
    expect(read(text, 2)).toEqual({
      kind: "urls",
      locations: ["https://a.example/a", "https://a.example/b"],
      omitted: 2,
    });
  });

  test("of sitemaps is an index", () => {
    const text =
      "<sitemapindex><sitemap><loc>https://a.example/1.xml</loc></sitemap><url><loc>no</loc></url></sitemapindex>";
    expect(read(text)).toEqual({ kind: "index", locations: ["https://a.example/1.xml"], omitted: 0 });
  });

  test.each<[string, string]>([
    ["nothing", ""],
    ["a page", "<html><body>Not found<br></body></html>"],
    ["another root", "<rss><url><loc>https://a.example/</loc></url></rss>"],
    ["a root that objects have", "<constructor></constructor>"],
    ["a document type", `<!DOCTYPE urlset [<!ENTITY a "b">]>${urlset(url("https://a.example/"))}`],
    ["an entity that XML lacks", urlset(url("https://a.example/&file;"))],
    ["an entity that objects have", urlset(url("https://a.example/&toString;"))],
    ["an entity without its end", urlset(url("https://a.example/?a=1&amp"))],
    ["a bare ampersand", urlset(url("https://a.example/?a=1&b=2"))],
    ["a character beyond Unicode", urlset(url("https://a.example/&#x110000;"))],
    ["a missing end", urlset(url("https://a.example/")).slice(0, -5)],
    ["a comment without its end", `${urlset("")}<!--`],
    ["a wrong end", urlset("<url><loc>https://a.example/</url></loc>")],
    ["two roots", urlset("") + urlset("")],
    ["text around", `hello ${urlset("")}`],
    ["elements too deep", `<urlset>${"<a>".repeat(9)}${"</a>".repeat(9)}</urlset>`],
  ])("with %s is invalid as a whole", (_what, text) => {
    expect(read(text).kind).toBe("invalid");
  });
});

test("whatever the text, reading it ends with an answer", () => {
  const piece = fc.constantFrom(
    "<urlset>",
    "</urlset>",
    "<url>",
    "</url>",
    "<loc>",
    "</loc>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "&",
    "<",
    ">",
    "/",
    '"',
    "x",
    " ",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      expect(["urls", "index", "invalid"]).toContain(readSitemap(pieces.join(""), 5).kind);
    }),
    { numRuns: 2000 },
  );
});

test("every URL that is escaped as XML demands comes back as it was", () => {
  const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
  fc.assert(
    fc.property(fc.array(fc.webUrl({ withQueryParameters: true }), { maxLength: 8 }), (urls) => {
      const text = urlset(urls.map((one) => url(escaped(one))).join(""));
      expect(read(text)).toEqual({ kind: "urls", locations: [...new Set(urls)], omitted: 0 });
    }),
  );
});
