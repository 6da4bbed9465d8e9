// What a route's actions may say: each rule with the case that breaks it and the field that the error names, and neighbours that
// are right. Above all: nothing that one client decides reaches the origin of an answer that others share.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { validate } from "../../../config/schema/validate.ts";

const withRoute = (route: object, more: object = {}) => ({
  origins: { shop: { url: "https://shop.example", secretHeader: { name: "X-Secret", secret: "SHOP_KEY" } } },
  regions: { weur: {} },
  routes: [{ name: "pages", origin: "shop", ...route }],
  ...more,
});
const withActions = (actions: object, route: object = {}) => withRoute({ ...route, actions });
const errorsOf = (input: unknown): string[] => {
  const result = validate(input);
  return result.kind === "valid" ? [] : result.errors.map((error) => `${error.path}: ${error.detail}`);
};

describe("valid", () => {
  test.each([
    ["no actions at all", {}],
    [
      "access lists",
      { access: { allow: { countries: ["DE", "XX"] }, deny: { addresses: ["10.0.0.0/8", "2001:db8::1"] } } },
    ],
    ["a rate", { rateLimit: { requests: 10, perSeconds: 1 } }],
    ["a redirect to https alone", { redirect: { https: true } }],
    ["a canonical host", { redirect: { hosts: { from: ["shop.example"], to: "www.shop.example" } } }],
    [
      "redirects of paths",
      {
        redirect: {
          paths: [
            { from: "/a/*", to: "/b/*" },
            { from: "/c", to: "https://d.example/*".slice(0, -1) },
          ],
        },
      },
    ],
    [
      "a beginning that leads to one page",
      { redirect: { paths: [{ from: "/old/*", to: "/new", status: 301, query: "drop" }] } },
    ],
    ["rewrites", { rewrite: [{ from: "/*", to: "/site/*" }] }],
    ["CORS for any site", { cors: { origins: "any" } }],
    [
      "CORS with credentials for some",
      { cors: { origins: ["https://*.example.com", "http://localhost:3000"], credentials: true } },
    ],
    ["two signing keys", { signed: { keys: { "2025": "URL_KEY_2025", "2026": "URL_KEY_2026" } } }],
    ["constants for the origin", { request: { set: { "X-Site": "shop", "User-Agent": "Shop" }, add: { "X-A": "1" } } }],
    [
      "what the key holds anyway",
      { request: { set: { "X-Host": { client: "host" }, "X-Scheme": { client: "scheme" } } } },
    ],
    ["cookies that are not sent", { request: { remove: ["Cookie", "Authorization", "Accept-Language"] } }],
    [
      "response fields",
      { response: { set: { "X-Frame-Options": "DENY" }, add: { Vary: "X-A" }, remove: ["ETag", "Server"] } },
    ],
    [
      "error pages",
      {
        errorPages: [
          { statuses: [404], body: "gone" },
          { statuses: ["5xx", "4xx"], body: "sorry" },
        ],
      },
    ],
  ])("%s", (_, actions) => {
    expect(errorsOf(withActions(actions))).toEqual([]);
  });

  test("a configuration with actions stays the same when it is validated again, as it is after its way as JSON", () => {
    const once = validate(withActions({ cors: { origins: "any" }, redirect: { paths: [{ from: "/a", to: "/b" }] } }));
    if (once.kind === "invalid") throw new Error(JSON.stringify(once.errors));
    expect(validate(JSON.parse(JSON.stringify(once.config)))).toEqual(once);
  });
});

describe("what the key does not hold does not reach a shared fill", () => {
  const sets = (client: string) => ({ request: { set: { "X-A": { client } } } });
  test.each([
    ["country", {}, /^routes\[0\]\.actions\.request\.set\["X-A"\]: needs key\.country: true/],
    ["device", {}, /needs key\.device: true/],
    ["address", {}, /must not be the client's address where answers are shared/],
    ["address", { key: { country: true, device: true } }, /must not be the client's address/],
    ["country", { key: { device: true } }, /needs key\.country/],
  ])("%s with %j", (client, route, expected) => {
    expect(errorsOf(withActions(sets(client), route))).toEqual([expect.stringMatching(expected)]);
    expect(errorsOf(withActions({ request: { add: { "X-A": { client } } } }, route))).toHaveLength(1);
  });

  test.each([
    ["country", { key: { country: true } }],
    ["device", { key: { device: true } }],
    ["address", { mode: "bypass" }],
    ["address", { forward: "all" }],
    ["country", { forward: "all" }],
  ])("%s may with %j", (client, route) => {
    expect(errorsOf(withActions(sets(client), route))).toEqual([]);
  });
});

describe("wrong", () => {
  const cors = (more: object) => ({ cors: { origins: "any", ...more } });
  const redirects = (from: string, to: string) => ({ redirect: { paths: [{ from, to }] } });
  const long = "x".repeat(LIMITS.errorPageCharacters);
  test.each([
    [{ acess: {} }, /actions\.acess: is unknown; did you mean access\?/],
    [{ access: { deny: {} } }, /access\.deny: must have countries or addresses/],
    [{ access: { deny: { countries: [] } } }, /access\.deny\.countries: must be a list of 1 or more/],
    [{ access: { deny: { countries: ["de"] } } }, /access\.deny\.countries\[0\]: must be a country in two capital/],
    [{ access: { allow: { countries: ["ZZ"] } } }, /access\.allow\.countries\[0\]: must be a country's code/],
    [{ access: { allow: { addresses: ["10.0.0.1/8"] } } }, /access\.allow\.addresses\[0\]: .*"10\.0\.0\.0\/8"/],
    [{ rateLimit: { requests: 0, perSeconds: 1 } }, /rateLimit\.requests: must be 1 or more/],
    [{ rateLimit: { requests: 1 } }, /rateLimit\.perSeconds: is missing; it must be a number/],
    [redirects("a", "/b"), /redirect\.paths\[0\]\.from: must be a path/],
    [redirects("/a/*/b", "/b"), /redirect\.paths\[0\]\.from: must be a path/],
    [redirects("/a?b", "/b"), /redirect\.paths\[0\]\.from: must be a path/],
    [redirects("/a", "/b/*"), /redirect\.paths\[0\]\.to: must have no "\*"/],
    [redirects("/a/*", "https://h.example*"), /redirect\.paths\[0\]\.to: must be a path .* or a URL/],
    [redirects("/a/*", "https://*.example/"), /redirect\.paths\[0\]\.to: must be a path .* or a URL/],
    [redirects("/a/*", "https://h.example@evil.example/*"), /redirect\.paths\[0\]\.to: must be/],
    [redirects("/a/*", "javascript:alert(1)"), /redirect\.paths\[0\]\.to: must be/],
    [redirects("/a/*", "/b?c=*"), /redirect\.paths\[0\]\.to: must be/],
    [redirects("/a", "/a"), /redirect\.paths\[0\]\.to: must lead away from \/a/],
    [redirects("/a/*", "/a/b/*"), /redirect\.paths\[0\]\.to: must lead away/],
    [
      { redirect: { paths: [{ from: "/a", to: "/b", status: 300 }] } },
      /redirect\.paths\[0\]\.status: must be 301 or 302/,
    ],
    [
      { redirect: { hosts: { from: ["https://a.example"], to: "b.example" } } },
      /redirect\.hosts\.from\[0\]: must be a lower-case host/,
    ],
    [
      { redirect: { hosts: { from: ["a.example"], to: "a.example" } } },
      /redirect\.hosts\.from\[0\]: must not be the redirect's target/,
    ],
    [
      { redirect: { hosts: { from: ["a.example"], to: "b.example/x" } } },
      /redirect\.hosts\.to: must be a lower-case host/,
    ],
    [{ rewrite: [{ from: "/a", to: "https://h.example/" }] }, /rewrite\[0\]\.to: must be a path/],
    [{ rewrite: [{ from: "/a", to: "/b*" }] }, /rewrite\[0\]\.to: must have no "\*"/],
    [cors({ credentials: true }), /cors\.credentials: must be false with origins: "any"/],
    [cors({ origins: ["https://a.example/"] }), /cors\.origins\[0\]: must be a scheme, a host/],
    [cors({ origins: ["*"] }), /cors\.origins\[0\]: must be a scheme, a host/],
    [cors({ origins: ["null"] }), /cors\.origins\[0\]: must be a scheme, a host/],
    [cors({ origins: ["https://a.*.example"] }), /cors\.origins\[0\]: must be a scheme, a host/],
    [cors({ methods: ["get"] }), /cors\.methods\[0\]: must be a method/],
    [{ signed: { keys: {} } }, /signed\.keys: must have at least one key/],
    [{ signed: { keys: { a: "CLUSTER_KEY" } } }, /signed\.keys\.a: must be the name of a separate secret/],
    [{ signed: { keys: { a: "PEER_WEUR" } } }, /signed\.keys\.a: must be the name of a separate secret/],
    [{ signed: { keys: { a: "the secret itself" } } }, /signed\.keys\.a: must be the name of a separate/],
    [{ signed: { keys: { "a.b": "URL_KEY" } } }, /signed\.keys\["a\.b"\]: .*1 to 32 letters/],
    [{ request: { set: { Host: "a" } } }, /request\.set\.Host: must not be host: .*`host`/],
    [{ request: { set: { Cookie: "a=b" } } }, /request\.set\.Cookie: must not be cookie/],
    [{ request: { set: { "Accept-Encoding": "br" } } }, /must not be accept-encoding/],
    [{ request: { add: { "X-Forwarded-For": "1.2.3.4" } } }, /must not be x-forwarded-for/],
    [{ request: { add: { "Meridian-Country": "DE" } } }, /must not be meridian-country/],
    [{ request: { add: { Range: "bytes=0-1" } } }, /must not be range/],
    [{ request: { add: { Connection: "close" } } }, /must not be connection/],
    [{ request: { set: { "X-Secret": "a" } } }, /must not be x-secret: it is the origin's secretHeader/],
    [{ request: { add: { X_Secret: "a" } } }, /must not be x_secret: it is the origin's secretHeader/],
    [{ request: { set: { "x-a": "1", "X-A": "2" } } }, /request\.set\["X-A"\]: must not name x-a twice/],
    [{ request: { set: { "X-A": "a\nb" } } }, /request\.set\["X-A"\]: must be visible ASCII/],
    [{ request: { set: { "X-A": { client: "cookie" } } } }, /request\.set\["X-A"\]\.client: must be one of "country"/],
    [{ request: { remove: ["Connection"] } }, /request\.remove\[0\]: must not be connection/],
    [{ request: { remove: ["Meridian-Min-Purge"] } }, /request\.remove\[0\]: must not be meridian-min-purge/],
    [{ response: { set: { Age: "0" } } }, /response\.set\.Age: must not be age: Meridian uses it to explain/],
    [{ response: { remove: ["Cache-Status"] } }, /response\.remove\[0\]: must not be cache-status/],
    [{ response: { add: { "Meridian-Region": "x" } } }, /must not be meridian-region/],
    [{ response: { set: { "Content-Length": "1" } } }, /must not be content-length/],
    [{ response: { set: { ETag: '"a"' } } }, /must not be etag: .*can only be removed/],
    [{ response: { set: { Vary: "*" } } }, /must not be vary: .*can only be added to/],
    [{ cors: { origins: "any" }, response: { set: { "Access-Control-Allow-Origin": "*" } } }, /`cors` writes it/],
    [{ errorPages: [{ statuses: [200], body: "x" }] }, /errorPages\[0\]\.statuses\[0\]: must be/],
    [{ errorPages: [{ statuses: [404, 404], body: "x" }] }, /errorPages\[0\]\.statuses\[1\]: must not name 404 twice/],
    [{ errorPages: [{ statuses: [404], body: `${long}x` }] }, /errorPages\[0\]\.body: must be a text of 16384 or less/],
    [{ errorPages: [{ statuses: [404], body: "x", contentType: "html" }] }, /contentType: must be a media type/],
  ])("%j", (actions, expected) => {
    const errors = errorsOf(withActions(actions));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^routes\[0\]\.actions/);
    expect(errors[0]).toMatch(expected);
  });

  test.each([
    [{ key: { headers: ["X-Plan"] } }, "X-Plan", /must not be x-plan: key\.headers is made of it/],
    [{ variantHeaders: ["X-Kind"] }, "x-kind", /must not be x-kind: variantHeaders is made of it/],
    [{ key: { cookies: ["lang"] } }, "Cookie", /must not be cookie: key\.cookies is made of it/],
    [{ key: { device: true } }, "User-Agent", /must not be user-agent: key\.device is made of it/],
  ])("with %j the request's %s cannot be removed", (route, name, expected) => {
    expect(errorsOf(withActions({ request: { remove: [name] } }, route))).toEqual([expect.stringMatching(expected)]);
  });

  test("preflights must be able to reach the route", () => {
    const actions = { cors: { origins: "any" } };
    expect(errorsOf(withActions(actions, { match: { methods: ["GET"] } }))).toEqual([
      expect.stringMatching(/^routes\[0\]\.actions\.cors: needs "OPTIONS" among match\.methods/),
    ]);
    expect(errorsOf(withActions(actions, { match: { methods: ["GET", "OPTIONS"] } }))).toEqual([]);
  });

  test("an alias cannot be redirected as well", () => {
    const redirect = { hosts: { from: ["a.example"], to: "b.example" } };
    const errors = errorsOf(withRoute({ actions: { redirect } }, { aliases: { "a.example": "b.example" } }));
    expect(errors).toEqual([expect.stringMatching(/from\[0\]: is an alias of b\.example/)]);
  });

  test("error pages of all routes together have a limit", () => {
    const body = "x".repeat(LIMITS.errorPageCharacters);
    const pages = (count: number) => Array.from({ length: count }, (_, index) => ({ statuses: [400 + index], body }));
    const most = LIMITS.errorPagesCharacters / LIMITS.errorPageCharacters;
    expect(errorsOf(withActions({ errorPages: pages(most) }))).toEqual([]);
    expect(errorsOf(withActions({ errorPages: pages(most + 1) }))).toEqual([
      expect.stringMatching(/^routes: have error pages of .* at most 131072/),
    ]);
  });
});
