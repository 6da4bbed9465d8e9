// Keys hold what the route says and nothing else, namespaces follow the rules, and purges find what clients stored.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Route, routeSchema } from "../../../config/schema/schema.ts";
import { normaliseUrl } from "../../../config/spelling/normal-url.ts";
import { probesOf, purgeTarget } from "../../../control-plane/purge/purge-target.ts";
import { parsePrefixScope } from "../../../control-plane/purge/scope.ts";
import { Fields } from "../../../edge/http/fields.ts";
import { cacheKey, canonicalUrls, wholeTarget } from "../../../edge/request/cache-key.ts";
import { matchRoute } from "../../../edge/route/match-route.ts";

const route = (rules: object = {}): Route => routeSchema.parse({ name: "pages", origin: "shop", ...rules });
const keyed = (key: object): Route => route({ key });
const key = (url: string, rule: Route, fields: [string, string][] = [], country?: string) =>
  cacheKey({ url, fields: Fields.from(fields), ...(country !== undefined && { country }) }, rule);

describe("the query follows the route's rules", () => {
  test.each([
    ["all", "?b=2&a=1", "?a=1&b=2"],
    ["all", "?a=2&b=0&a=1", "?a=2&a=1&b=0"],
    ["all", "?%61=2&a=1&A=3", "?A=3&%61=2&a=1"],
    ["all", "?", ""],
    ["all", "?&&a&", "?a"],
    ["all", "?a=%zz&%zz=1", "?%zz=1&a=%zz"],
    ["all", "?q=1?2", "?q=1?2"],
    ["none", "?a=1&b=2", ""],
    [{ only: ["v", "size_*"] }, "?x=1&v=2&size_w=3&vv=4", "?size_w=3&v=2"],
    [{ only: ["a b"] }, "?a+b=1&a%20b=2&ab=3", "?a+b=1&a%20b=2"],
    [{ only: [] }, "?a=1", ""],
    [{ except: ["utm_*", "gclid"] }, "?utm_source=a&gclid=b&gclid2=c&utm=d", "?gclid2=c&utm=d"],
    [{ except: ["utm_*"] }, "?utm%5Fsource=a&b=1", "?b=1"],
    [{ except: ["toString"] }, "?toString=1&b=1", "?b=1"],
  ] as const)("%j leaves of %s, sorted: %s", (query, given, left) => {
    const result = key(`https://h.example/p/a${given}`, keyed({ query, queryOrder: "sort" }));
    expect(result.forwardPath).toBe(`/p/a${left}`);
    expect(result.key.split(" ")[1]).toBe(`https://h.example/p/a${left}`);
  });

  test.each([
    ["all", "?w=1200&h=630&s=abc", "?w=1200&h=630&s=abc"],
    [
      "all",
      "?u%5B%5D%5Bn%5D=a&u%5B%5D%5Bg%5D=1&u%5B%5D%5Bn%5D=b",
      "?u%5B%5D%5Bn%5D=a&u%5B%5D%5Bg%5D=1&u%5B%5D%5Bn%5D=b",
    ],
    ["all", "?u[][n]=a&u[][g]=1&u[][n]=b", "?u[][n]=a&u[][g]=1&u[][n]=b"],
    [{ only: ["f[]"] }, "?f[]=1&f%5B%5D=2&g=1", "?f[]=1&f%5B%5D=2"],
    ["all", "?b&&a&", "?b&a"],
    [{ except: ["utm_*"] }, "?b=1&utm_a=1&a=2", "?b=1&a=2"],
    [{ only: ["a", "b"] }, "?b=1&c=3&a=2", "?b=1&a=2"],
  ] as const)("%j leaves of %s, in the order in which it was asked: %s", (query, given, left) => {
    const result = key(`https://h.example/p/a${given}`, keyed({ query }));
    expect(result.forwardPath).toBe(`/p/a${left}`);
    expect(result.key.split(" ")[1]).toBe(`https://h.example/p/a${left}`);
  });

  test("two orders are two keys unless the route sorts, whatever it forwards, and one for purges", () => {
    for (const forward of ["key", "all"]) {
      const ask = (order: string, queryOrder: "keep" | "sort") =>
        key(`https://h.example/p${order}`, route({ forward, key: { queryOrder } }));
      const [one, other] = [ask("?a=1&b=2", "keep"), ask("?b=2&a=1", "keep")];
      expect(one.key).not.toBe(other.key);
      expect(one.url).toBe(other.url);
      expect(ask("?a=1&b=2", "sort")).toEqual(ask("?b=2&a=1", "sort"));
    }
  });

  test.each([
    ["keep", "all", "/p?b=2&utm_x=1&a=1"],
    ["sort", "all", "/p?a=1&b=2&utm_x=1"],
  ] as const)("with queryOrder %s a route that forwards %s asks for %s", (queryOrder, forward, asked) => {
    const rule = route({ forward, key: { query: { except: ["utm_*"] }, queryOrder } });
    expect(wholeTarget("https://h.example/p?b=2&utm_x=1&a=1", rule)).toBe(asked);
  });

  test("a long query of one name keeps its order", () => {
    const query = Array.from({ length: 500 }, (_, index) => `a=${index}`).join("&");
    expect(key(`https://h.example/?${query}`, route()).forwardPath).toBe(`/?${query}`);
  });

  test.each(["keep", "sort"])("with queryOrder %s what is forwarded has the same key", (queryOrder) => {
    const rule = keyed({ query: { except: ["utm_*"] }, queryOrder });
    const part = fc.stringMatching(/^[a-z%=+&?5]{0,8}$/);
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const once = key(`https://h.example/?${parts.join("&")}`, rule);
        expect(key(`https://h.example${once.forwardPath}`, rule)).toEqual(once);
      }),
    );
  });
});

describe("the key", () => {
  const url = "https://h.example/a";

  test("is the same whatever fields the route does not name", () => {
    const fields: [string, string][] = [
      ["accept", "text/html"],
      ["x-forwarded-host", "evil.example"],
      ["cookie", "session=1"],
      ["authorization", "Basic x"],
    ];
    expect(key(url, route(), fields, "DE").key).toBe(key(url, route()).key);
  });

  test.each([
    ["the path", key(url, route()), key(`${url}b`, route())],
    ["the scheme", key(url, route()), key("http://h.example/a", route())],
    ["the port", key(url, route()), key("https://h.example:8443/a", route())],
    [
      "a key field",
      key(url, keyed({ headers: ["X-A"] }), [["x-a", "1"]]),
      key(url, keyed({ headers: ["X-A"] }), [["x-a", "2"]]),
    ],
    [
      "an absent and an empty key field",
      key(url, keyed({ headers: ["x-a"] }), [["x-a", ""]]),
      key(url, keyed({ headers: ["x-a"] })),
    ],
    [
      "which of two key fields has the value",
      key(url, keyed({ headers: ["x-a", "x-b"] }), [["x-a", "1"]]),
      key(url, keyed({ headers: ["x-a", "x-b"] }), [["x-b", "1"]]),
    ],
    [
      "a value that imitates the parts of a key",
      key(url, keyed({ headers: ["x-a", "x-b"] }), [
        ["x-a", '1","2'],
        ["x-b", ""],
      ]),
      key(url, keyed({ headers: ["x-a", "x-b"] }), [
        ["x-a", "1"],
        ["x-b", "2"],
      ]),
    ],
    [
      "a key cookie",
      key(url, keyed({ cookies: ["c"] }), [["cookie", "c=1"]]),
      key(url, keyed({ cookies: ["c"] }), [["cookie", "c=2"]]),
    ],
    [
      "the number of key cookies of one name",
      key(url, keyed({ cookies: ["c"] }), [["cookie", "c=1"]]),
      key(url, keyed({ cookies: ["c"] }), [["cookie", "c=1; c=1"]]),
    ],
    ["the country", key(url, keyed({ country: true }), [], "DE"), key(url, keyed({ country: true }), [], "FR")],
    [
      "the device class",
      key(url, keyed({ device: true }), [["user-agent", "Googlebot"]]),
      key(url, keyed({ device: true })),
    ],
    ["an unknown country", key(url, keyed({ country: true }), [], "DE"), key(url, keyed({ country: true }))],
  ])("differs by %s", (_, one, other) => {
    expect(one.key).not.toBe(other.key);
  });

  test("takes key cookies from among others, wherever they stand", () => {
    const rule = keyed({ cookies: ["c"] });
    const alone = key(url, rule, [["cookie", "c=1"]]).key;
    expect(key(url, rule, [["cookie", "a=0;  c=1 ; cc=2"]]).key).toBe(alone);
    expect(
      key(url, rule, [
        ["cookie", "a=0"],
        ["cookie", "c=1"],
      ]).key,
    ).toBe(alone);
  });

  test.each([
    ["the query rule", keyed({ query: "none" })],
    ["the key fields", keyed({ headers: ["x-a"] })],
    ["the forwarding", route({ forward: "all" })],
    ["the variant fields", route({ variantHeaders: ["x-a"] })],
    ["the name", route({ name: "other" })],
    ["a rewrite", route({ actions: { rewrite: [{ from: "/a", to: "/b" }] } })],
    ["a field for the origin", route({ actions: { request: { set: { "X-A": "1" } } } })],
  ])("lies in another namespace when %s of the route changes", (_, changed) => {
    expect(key(url, changed).key.split(" ")[0]).not.toBe(key(url, route()).key.split(" ")[0]);
  });

  test("has one value for all browsers of a class", () => {
    const rule = keyed({ device: true });
    const firefox = key(url, rule, [["user-agent", "Mozilla/5.0 (X11) Firefox/140"]]).key;
    expect(key(url, rule, [["user-agent", "Mozilla/5.0 (Macintosh) Safari/605"]]).key).toBe(firefox);
  });

  test("stays where it is when times, preferences or what clients are told change", () => {
    const actions = { response: { set: { "X-A": "1" } }, cors: { origins: "any" } };
    const changed = route({ ttl: { edgeSeconds: 5 }, prefer: { DE: ["weur"] }, whenCutOff: "refuse", actions });
    expect(key(url, changed).key).toBe(key(url, route()).key);
  });
});

describe("a purge of a URL", () => {
  const routes = [
    route({ name: "images", match: { paths: ["*.jpg"] }, key: { query: { only: ["v"] } } }),
    route({ name: "posts", match: { methods: ["POST"] }, key: { query: "none" } }),
    route({ name: "heads", match: { methods: ["HEAD"], paths: ["/odd"] }, key: { query: "none" } }),
    route({ name: "pages", key: { query: { except: ["utm_*"] } } }),
  ];
  const purged = canonicalUrls(routes);

  test.each([
    ["https://h.example/a.jpg?w=1&v=2", ["https://h.example/a.jpg?v=2"]],
    ["HTTPS://H.example:443/x/../b?b=1&utm_x=1&a=2", ["https://h.example/b?a=2&b=1"]],
    ["//h.example/b?utm_x=1", ["http://h.example/b", "https://h.example/b"]],
    ["https://h.example/odd?a=1", ["https://h.example/odd?a=1", "https://h.example/odd"]],
    ["/b", []],
    ["https://h.example/b#c", []],
  ])("%s covers %j", (url, expected) => {
    expect(purged(url)).toEqual(expected);
  });

  test("a signed URL means the bare one, where URLs are signed at all", () => {
    const url = "https://h.example/a?b=1&meridian-expires=1&meridian-key=k&meridian-prefix=/&meridian-signature=s";
    const signed = route({ actions: { signed: { keys: { k: "URL_KEY" } } } });
    expect(canonicalUrls([signed])(url)).toEqual(["https://h.example/a?b=1"]);
    expect(canonicalUrls([route()])(url)).toEqual([url]);
  });

  test("a URL that no route takes is itself, in the spelling of purges", () => {
    expect(canonicalUrls([])("http://h.example/?b&a")).toEqual(["http://h.example/?a&b"]);
  });

  test.each([
    ["/a|b", "/a%7Cb"],
    ["/x/[slug]/p.js", "/x/%5bslug%5D/p.js"],
    ["/q?f={a}", "/q?f=%7ba%7D"],
    ["/r?f[]=1&g[]=2", "/r?g%5B%5D=2&f%5B%5D=1"],
    ["/s?x=a^b`", "/s?x=a%5Eb%60"],
    ["/it's(a)", "/it%27s%28a%29"],
    ["/c?d='1'", "/c?d=%271%27"],
    ["/e\\f?g\\h", "/e%5Cf?g%5Ch"],
    ["/100%", "/100%25"],
    ["/k?q=a+b", "/k?q=a%20b"],
    ["/l?", "/l"],
    ["//m//n", "/m/n"],
    ["/é", "/%c3%a9"],
  ])("what %s stored is purged as %s, and the other way round, by URL and by prefix", (one, other) => {
    for (const [asked, named] of [
      [one, other],
      [other, one],
    ] as const) {
      const normal = normaliseUrl(`https://h.example${asked}`);
      if (normal.kind === "invalid") throw new Error(normal.detail);
      const target = purgeTarget(key(normal.url, route()).url, []);
      expect(purged(`https://h.example${named}`)).toContain(target.url);
      const prefix = parsePrefixScope(`https://h.example${named.split("?")[0]}`);
      if (prefix.kind === "invalid") throw new Error(prefix.detail);
      expect(target.prefixes).toEqual(expect.arrayContaining([...probesOf(prefix.scope, purged)]));
    }
  });

  test("covers every order and any re-spelling of what a client asked for", () => {
    const text = fc
      .array(fc.constantFrom(..."aA.~/-_!$'()*,;:@|[]{}^`\\é".split("")), { maxLength: 8 })
      .map((all) => all.join(""));
    const hex = (character: string) =>
      encodeURIComponent(character).replace(/^[^%]$/, (plain) => `%${plain.charCodeAt(0).toString(16)}`);
    const input = fc.tuple(
      text,
      fc.array(fc.tuple(fc.constantFrom("v", "w", "utm_a", "b[]"), text), { maxLength: 4 }),
      fc.infiniteStream(fc.nat(3)),
    );
    fc.assert(
      fc.property(input, ([path, query, choices]) => {
        const respelt = (part: string) =>
          [...part]
            .map((character) => {
              const choice = choices.next().value;
              if (choice === 0 || character === "/" || character === ".") return character;
              return choice === 1 ? hex(character).toLowerCase() : choice === 2 ? hex(character) : character;
            })
            .join("");
        const write = (parts: typeof query, spell: (part: string) => string) =>
          `https://h.example/${spell(path)}?${parts.map(([name, value]) => `${spell(name)}=${spell(value)}`).join("&")}`;
        const normal = normaliseUrl(write(query, (part) => part));
        if (normal.kind === "invalid") throw new Error(normal.detail);
        const { host, pathname } = new URL(normal.url);
        const rule = matchRoute(routes, { host, path: pathname, method: "GET" }) as Route;
        const shuffled = query
          .map((part) => [choices.next().value, part] as const)
          .sort(([a], [b]) => (a ?? 0) - (b ?? 0));
        const named = write(
          shuffled.map(([, part]) => part),
          respelt,
        );
        expect([named, purged(named)]).toEqual([named, expect.arrayContaining([key(normal.url, rule).url])]);
      }),
      { numRuns: 3000 },
    );
  });

  test("covers what a client of that URL stored, for any URL and either spelling", () => {
    const url = fc.tuple(
      fc.constantFrom("/", "/a.jpg", "/A%2fb", "/%7Ea/./b", "/odd"),
      fc.array(fc.constantFrom("v=1", "w=2", "utm_a=3", "%76=4", "b", ""), { maxLength: 5 }),
    );
    fc.assert(
      fc.property(url, fc.constantFrom("http:", "https:"), ([path, query], scheme) => {
        const asked = `//h.example${path}?${query.join("&")}`;
        const normal = normaliseUrl(scheme + asked);
        if (normal.kind === "invalid") throw new Error(normal.detail);
        const rule = path === "/a.jpg" ? routes[0] : routes[3];
        const stored = key(normal.url, rule as Route).url;
        expect(purged(asked)).toContain(stored);
        expect(purged(scheme + asked)).toContain(stored);
      }),
    );
  });
});
