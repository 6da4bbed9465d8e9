// Which route a request follows: first match, exact where the pattern is, and no way around a pattern by spelling.

import { describe, expect, test } from "vitest";
import { type Route, routeSchema } from "../../../config/schema/schema.ts";
import { normaliseUrl } from "../../../config/spelling/normal-url.ts";
import { matchRoute } from "../../../edge/route/match-route.ts";

const route = (match: object, name = "r"): Route => routeSchema.parse({ name, origin: "shop", match });
const matches = (match: object, host: string, path: string, method = "GET"): boolean =>
  matchRoute([route(match)], { host, path, method }) !== undefined;

describe("paths", () => {
  test.each([
    ["/a", ["/a"], ["/a/", "/ab", "/A", "/"]],
    ["/a/*", ["/a/", "/a/b", "/a/b/c"], ["/a", "/ab"]],
    ["/a*", ["/a", "/ab", "/a/b"], ["/", "/b"]],
    ["*.jpg", ["/x.jpg", "/a/b.jpg"], ["/x.jpg/", "/x.jpeg", "/x.JPG", ".jpg"]],
    ["*", ["/", "/a"], []],
    ["/*", ["/", "/a"], []],
    ["/café/*", ["/caf%C3%A9/x"], ["/cafe/x"]],
    ["/a b", ["/a%20b"], ["/a+b"]],
    ["/%7ea%2fb", ["/~a%2Fb"], ["/~a/b"]],
    ["/me|you", ["/me%7Cyou"], ["/me%7cyou/x"]],
    ["/it's/*", ["/it's/a", "/it%27s/a"], ["/its/a"]],
    ["/a(b)", ["/a(b)", "/a%28b%29"], ["/ab"]],
    ["/[slug]/*", ["/%5Bslug%5D/a"], ["/slug/a"]],
    ["/toString", ["/toString"], ["/constructor"]],
  ])("%s", (pattern, yes, no) => {
    for (const path of yes) expect([path, matches({ paths: [pattern] }, "h", path)]).toEqual([path, true]);
    for (const path of no) expect([path, matches({ paths: [pattern] }, "h", path)]).toEqual([path, false]);
  });

  test.each(["/%61ccount/x", "/x/../account/x", "/./account/x", "/x/%2e%2e/account/x"])(
    "%s cannot slip past a rule for /account/*, once normalised",
    (path) => {
      const normal = normaliseUrl(`https://h.example${path}`);
      if (normal.kind === "invalid") throw new Error(normal.detail);
      expect(matches({ paths: ["/account/*"] }, "h.example", new URL(normal.url).pathname)).toBe(true);
    },
  );
});

describe("hosts", () => {
  test.each([
    ["h.example", ["h.example", "H.Example", "h.example:8787"], ["a.h.example", "example", "h.example.org"]],
    ["*.h.example", ["a.h.example", "a.b.h.example", "A.h.example:80"], ["h.example", "ah.example", ".h.example"]],
    ["[::1]", ["[::1]", "[::1]:8787"], ["::1"]],
    ["127.0.0.1", ["127.0.0.1:8801"], ["127.0.0.10"]],
  ])("%s", (pattern, yes, no) => {
    for (const host of yes) expect([host, matches({ hosts: [pattern] }, host, "/")]).toEqual([host, true]);
    for (const host of no) expect([host, matches({ hosts: [pattern] }, host, "/")]).toEqual([host, false]);
  });
});

test.each([
  [undefined, "DELETE", true],
  [["GET"], "GET", true],
  [["GET"], "HEAD", true],
  [["HEAD"], "GET", false],
  [["GET"], "POST", false],
  [["POST", "PUT"], "PUT", true],
])("methods %j and %s", (methods, method, expected) => {
  expect(matches(methods === undefined ? {} : { methods }, "h", "/", method)).toBe(expected);
});

test("every part that is given must match, and the first route that matches is used", () => {
  const routes = [
    route({ hosts: ["a.example"], paths: ["/x"], methods: ["POST"] }, "narrow"),
    route({ hosts: ["a.example"], paths: ["/x"] }, "path"),
    route({ hosts: ["a.example"] }, "host"),
    route({ paths: ["/x"] }, "anywhere"),
  ];
  const name = (host: string, path: string, method: string) => matchRoute(routes, { host, path, method })?.name;
  expect(name("a.example", "/x", "POST")).toBe("narrow");
  expect(name("a.example", "/x", "GET")).toBe("path");
  expect(name("a.example", "/y", "POST")).toBe("host");
  expect(name("b.example", "/x", "POST")).toBe("anywhere");
  expect(name("b.example", "/y", "GET")).toBeUndefined();
});
