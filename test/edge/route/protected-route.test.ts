// A protected path has no unprotected spelling, and a plain site loses nothing.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Route, routeSchema } from "../../../config/schema/schema.ts";
import { normaliseUrl } from "../../../config/spelling/normal-url.ts";
import { readingsOf } from "../../../edge/route/folded-path.ts";
import { chooseRoute } from "../../../edge/route/protected-route.ts";

const route = (name: string, paths: readonly string[] | undefined, rules: object = {}): Route =>
  routeSchema.parse({ name, origin: "shop", match: paths === undefined ? {} : { paths }, ...rules });

const pathOf = (path: string): string => {
  const normal = normaliseUrl(`https://h.example${path}`);
  if (normal.kind === "invalid") throw new Error(normal.detail);
  return new URL(normal.url).pathname;
};
const choose = (routes: readonly Route[], path: string, paths: "strict" | "as-written" = "strict"): string => {
  const choice = chooseRoute(routes, { host: "h.example", path: pathOf(path), method: "GET" }, paths);
  return choice.kind === "route" ? choice.route.name : choice.kind;
};

const PROTECTIONS: readonly [string, object][] = [
  ["signed", { actions: { signed: { keys: { k: "URL_KEY" } } } }],
  ["access", { actions: { access: { deny: { countries: ["KP"] } } } }],
  ["rateLimit", { actions: { rateLimit: { requests: 1, perSeconds: 1 } } }],
  ["bypass", { mode: "bypass" }],
  ["residency", { residency: ["weur"] }],
];
const SPELLINGS = [
  "//vip/a",
  "/vip//a",
  "/vip%2Fa",
  "/vip%2fa",
  "/vip%5Ca",
  "/vip\\a",
  "/x/..%2fvip/a",
  "/x/..%5cvip/a",
  "/x%2f..%2fvip/a",
  "/VIP/a",
  "/Vip/a",
  "/.;/vip/a",
  "/x/..;/vip/a",
  "/x/..;a=b/vip/a",
  "/vip;a=b/a",
  "/%2576ip/a",
  "/x/%252e%252e%252fvip/a",
  "/x/%25252e%25252e%25252fvip/a",
  "/x/..%c0%afvip/a",
  "/x/..%e0%80%afvip/a",
  "/%c1%b6ip/a",
  "/%u0076ip/a",
  "/x/..%u2215..%2f..%2fvip/a",
  "/vip./a",
  "/vip%20/a",
  "/x%2f%2f../vip/a",
  "/%EF%BD%96ip/a",
  "/vip%2Fa%252F..%252F..%252Fopen",
  "/vip%00/a",
  "/vip%09/a",
  "/v%0Aip/a",
  "/vip%7F/a",
  "/%20vip/a",
  "/x/..%2Fvip%2Fa%3F%2F..%2F..%2F..%2Fc",
  "/v%C4%B1p/a",
  "/v%C4%B0p/a",
];

describe.each(PROTECTIONS)("a route with %s", (_, rules) => {
  const routes = [route("vip", ["/vip/*"], rules), route("rest", undefined)];
  test.each(SPELLINGS)("answers %s", (path) => {
    expect(choose(routes, path, "as-written")).toBe(path === "/vip//a" ? "vip" : "rest");
    expect(choose(routes, path)).toBe("vip");
  });
});

test.each([
  "/a",
  "//a",
  "/a%2Fb",
  "/api/v4/projects/group%2Fproject",
  "/a;v=1/b",
  "/vi/p",
  "/Products/VIP.html",
  "/x/vip/a",
  "/vipers/a",
  "/a%25vip",
  "/files/vip%2Fa",
  "/100%",
  "/what%3F",
  "/c%23/a",
  "/a%20b/vip",
])("%s is answered by its own route", (path) => {
  for (const [, rules] of PROTECTIONS) {
    const routes = [route("vip", ["/vip/*"], rules), route("rest", undefined)];
    expect(choose(routes, path)).toBe("rest");
  }
});

test("a page that is not stored is not stored as a file beside it", () => {
  const routes = [route("files", ["/static/*", "*.css"]), route("pages", undefined, { mode: "bypass" })];
  for (const path of ["/static/..%2Faccount", "/account;a.css", "/static/%252e%252e/account"]) {
    expect([path, choose(routes, path)]).toEqual([path, "pages"]);
  }
  for (const path of ["/static/a%2Fb.js", "/static//a.js", "/static/a;v=1", "/static/A.js"]) {
    expect([path, choose(routes, path)]).toEqual([path, "files"]);
  }
});

test("what two protected routes claim is refused, and what one claims twice is not", () => {
  const [, signed] = PROTECTIONS[0] as [string, object];
  const routes = [route("vip", ["/vip/*"], signed), route("rest", undefined, { mode: "bypass" })];
  expect(choose(routes, "/vip/a")).toBe("vip");
  expect(choose(routes, "/a//b")).toBe("rest");
  expect(choose(routes, "//vip/a")).toBe("ambiguous");
  expect(choose(routes, "/vip/..%2Fa")).toBe("ambiguous");
});

test("a route before the protected one keeps what it takes from it", () => {
  const routes = [route("pictures", ["*.jpg"]), route("vip", ["/vip/*"], { mode: "bypass" }), route("rest", undefined)];
  expect(choose(routes, "/vip/a.jpg")).toBe("pictures");
  expect(choose(routes, "//vip/a.jpg")).toBe("pictures");
  expect(choose(routes, "//vip/a.png")).toBe("vip");
});

test("patterns are read as paths are", () => {
  for (const pattern of ["/Vip/*", "/caf%C3%A9/*", "/café/*", "/a b/*", "/it's/*"]) {
    const routes = [route("vip", [pattern], { mode: "bypass" }), route("rest", undefined)];
    const plain = pathOf(`${pattern.slice(0, -1).replaceAll(" ", "%20")}x`);
    expect(choose(routes, plain)).toBe("vip");
    expect(choose(routes, plain.toLowerCase())).toBe("vip");
    expect(choose(routes, `/${plain}`)).toBe("vip");
    expect(choose(routes, `/x/..%2F${plain.slice(1)}`)).toBe("vip");
  }
});

test("a path that no route takes stays without one", () => {
  expect(choose([route("vip", ["/vip/*"], { mode: "bypass" })], "//vip/a")).toBe("none");
});

test("however a protected path is escaped and folded, its route answers", () => {
  const routes = [route("vip", ["/vip/*"], { mode: "bypass" }), route("rest", undefined)];
  const hex = (character: string) => `%${character.charCodeAt(0).toString(16)}`;
  const spelling = fc.tuple(
    fc.constantFrom("/", "//", "/x/..%2f", "/x/..;/", "/x%2f..%2f", "/x/..%5c", "/.;/", "/x/%252e%252e/"),
    fc.tuple(
      ...["v", "i", "p"].map((letter) =>
        fc.constantFrom(letter, hex(letter), `%25${hex(letter).slice(1)}`, letter.toUpperCase()),
      ),
    ),
    fc.constantFrom("/", "//", "%2f", "%5C", "%252f", ";x/", "/./", "%2f/"),
  );
  fc.assert(
    fc.property(spelling, ([before, letters, after]) => {
      expect(choose(routes, `${before}${letters.join("")}${after}a`)).toBe("vip");
    }),
    { numRuns: 2000 },
  );
});

test("readings are few, whatever the path", () => {
  const piece = fc.constantFrom("/", "%2f", "%252f", "..", ";a", "\\", "%5c", "a", "%c0%af", "%u002f", ".", "%");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const path = pathOf(`/${pieces.join("")}`);
      const readings = readingsOf(path);
      expect(readings.has(path)).toBe(true);
      expect(readings.size).toBeLessThanOrEqual(1 + 4 * 12);
    }),
  );
});
