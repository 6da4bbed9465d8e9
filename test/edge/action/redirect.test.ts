// Where redirects and rewrites lead: patterns, captured remainders, queries, hosts and schemes; never to a host that a client chose.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actionsSchema } from "../../../config/schema/action-schema.ts";
import { routeSchema } from "../../../config/schema/schema.ts";
import { redirectOf, redirectRules } from "../../../edge/action/redirect.ts";
import { originPath } from "../../../edge/action/rewrite.ts";

const rules = (redirect: object) => {
  const parsed = actionsSchema.parse({ redirect }).redirect;
  if (parsed === undefined) throw new Error("no rules");
  return redirectRules(parsed);
};
const go = (redirect: object, url: string, method = "GET", secure: "yes" | "no" | "unknown" = "yes") => {
  const found = redirectOf(rules(redirect), { url, method, secure });
  return found && `${found.status} ${found.location}`;
};
const paths = (...list: object[]) => ({ paths: list });

describe("paths", () => {
  const MOVED = paths(
    { from: "/old", to: "/new", status: 301 },
    { from: "/old/*", to: "/new/*", status: 308 },
    { from: "/shop/*", to: "https://shop.example/*", query: "drop" },
    { from: "/gone/*", to: "/", status: 303 },
    { from: "/café/*", to: "/caffè/*", status: 307 },
  );
  test.each([
    ["/old", "301 https://h.example/new"],
    ["/old?a=1", "301 https://h.example/new?a=1"],
    ["/old/", "308 https://h.example/new/"],
    ["/old/a/b?c=%2F", "308 https://h.example/new/a/b?c=%2F"],
    ["/older", undefined],
    ["/shop/a?b=1", "302 https://shop.example/a"],
    ["/shop//evil.example", "302 https://shop.example//evil.example"],
    ["/gone/a/b", "303 https://h.example/"],
    ["/caf%C3%A9/x", "307 https://h.example/caff%C3%A8/x"],
    ["/", undefined],
  ])("%s: %s", (path, expected) => {
    expect(go(MOVED, `https://h.example${path}`)).toBe(expected);
  });

  test("the first rule that matches is used", () => {
    const two = paths({ from: "/a/*", to: "/b" }, { from: "/a/c", to: "/d" });
    expect(go(two, "https://h.example/a/c")).toBe("302 https://h.example/b");
  });

  test("whatever is asked for, a path rule stays on the host", () => {
    const open = paths({ from: "/go/*", to: "/*" });
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const location = redirectOf(rules(open), { url: `https://h.example/go/${path}`, method: "GET", secure: "yes" });
        expect(new URL(location?.location ?? "").host).toBe("h.example");
      }),
    );
  });
});

describe("scheme and host", () => {
  const SITE = { https: true, hosts: { from: ["shop.example", "old.example"], to: "www.shop.example" } };
  test.each([
    ["http://shop.example/a?b=1", "GET", "no", "301 https://www.shop.example/a?b=1"],
    ["https://shop.example/", "HEAD", "yes", "301 https://www.shop.example/"],
    ["http://www.shop.example/a", "GET", "no", "301 https://www.shop.example/a"],
    ["http://www.shop.example/a", "POST", "no", "308 https://www.shop.example/a"],
    ["https://www.shop.example/a", "GET", "yes", undefined],
    ["https://other.example/a", "GET", "yes", undefined],
    ["http://127.0.0.1:8787/a", "GET", "unknown", undefined],
    ["https://shop.example:8443/a", "GET", "yes", "301 https://www.shop.example/a"],
  ] as const)("%s %s over TLS %s: %s", (url, method, secure, expected) => {
    expect(go(SITE, url, method, secure)).toBe(expected);
  });

  test("scheme, host and path change in one step", () => {
    const all = { ...SITE, ...paths({ from: "/a/*", to: "/b/*", status: 308 }) };
    expect(go(all, "http://old.example/a/c?d", "GET", "no")).toBe("308 https://www.shop.example/b/c?d");
  });
});

describe("rewrites", () => {
  const route = routeSchema.parse({
    name: "pages",
    origin: "shop",
    actions: {
      rewrite: [
        { from: "/api", to: "/v1" },
        { from: "/api/*", to: "/v1/*" },
        { from: "/x/*", to: "/fixed" },
      ],
    },
  });
  test.each([
    ["/api", "/v1"],
    ["/api/a?b=/api/", "/v1/a?b=/api/"],
    ["/api?a", "/v1?a"],
    ["/apis", "/apis"],
    ["/x/y?z", "/fixed?z"],
    ["/a/api/b", "/a/api/b"],
    ["/api/api/b", "/v1/api/b"],
  ])("%s is asked of the origin as %s", (path, expected) => {
    expect(originPath(route, path)).toBe(expected);
  });

  test("a route without rewrites asks for what it was asked for", () => {
    expect(originPath(routeSchema.parse({ name: "a", origin: "b" }), "/api/a?b")).toBe("/api/a?b");
  });
});
