// What the door lets in: each line is one request, and what becomes of it.

import { expect, test } from "vitest";
import { validate } from "../../../config/schema/validate.ts";
import { Fields } from "../../../edge/http/fields.ts";
import { EDGE_LIMITS } from "../../../edge/limits.ts";
import { admit } from "../../../edge/request/admit.ts";

const checked = validate({
  origins: { shop: { url: "http://origin.test" } },
  regions: { weur: {} },
  routes: [
    { name: "own", match: { paths: ["/own/*"] }, origin: "shop", mode: "bypass" },
    { name: "all", origin: "shop" },
  ],
});
if (checked.kind === "invalid") throw new Error("the test's configuration is invalid");

const arrive = (
  method: string,
  fields: Record<string, string> = {},
  path = "/a",
  { config = checked.config, host = "site.test" } = {},
): string => {
  const admitted = admit({
    method,
    url: `http://${host}${path}`,
    fields: Fields.from(Object.entries(fields)),
    cf: undefined,
    assertedAddress: undefined,
    local: true,
    region: "weur",
    countryOf: () => undefined,
    config,
  });
  return admitted.kind === "admitted" ? admitted.passage : `${admitted.status} ${admitted.code}`;
};

const LONGEST = "v".repeat(EDGE_LIMITS.selectingCharacters);

test.each([
  ["a variant field", "x-brand", LONGEST, "cached"],
  ["a variant field", "x-brand", `${LONGEST}v`, "passed"],
  ["a key field", "x-tenant", `${LONGEST}v`, "passed"],
  ["key cookies", "cookie", `lang=${"v".repeat(EDGE_LIMITS.selectingCharacters - 5)}`, "cached"],
  ["key cookies", "cookie", `lang=${LONGEST}; other=1`, "passed"],
  ["cookies that no route lists", "cookie", `session=${LONGEST}`, "cached"],
  ["a field that selects nothing", "referer", `https://site.test/${LONGEST}`, "cached"],
])("%s of this length: no cache takes part if it is too long to select by (%s)", (_what, name, value, expected) => {
  const selecting = validate({
    origins: { shop: { url: "http://origin.test" } },
    regions: { weur: {} },
    routes: [
      { name: "all", origin: "shop", key: { headers: ["X-Tenant"], cookies: ["lang"] }, variantHeaders: ["X-Brand"] },
    ],
  });
  if (selecting.kind === "invalid") throw new Error("the test's configuration is invalid");
  expect(arrive("GET", { [name]: value }, "/a", { config: selecting.config })).toBe(expected);
});

const HANDSHAKE = { upgrade: "WebSocket", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" };

test.each([
  ["GET", {}, "cached"],
  ["HEAD", {}, "cached"],
  ["POST", {}, "passed"],
  ["GET", { accept: "text/event-stream" }, "passed"],
  // What an origin says back to TRACE holds the secret that proves us to it.
  ["TRACE", {}, "405 method-not-here"],
  ["CONNECT", {}, "405 method-not-here"],
  ["PURGE", {}, "405 purge-not-here"],
  // Without the route's leave a handshake is a request like any other.
  ["GET", HANDSHAKE, "cached"],
  // An Upgrade alone leads nobody past cache and gate, and takes no POST's method and content away.
  ["GET", { upgrade: "websocket" }, "cached"],
  ["GET", { upgrade: "h2c" }, "cached"],
  ["POST", HANDSHAKE, "passed"],
  ["GET", { "x-odd": "a\u0001b" }, "400 bad-field"],
  ["GET", { "user-agent": "a\u007fb" }, "400 bad-field"],
  ["GET", { "x-odd": "a\tb\u0080\u00e9" }, "cached"],
  ["GET", { host: "site.test" }, "cached"],
  ["GET", { host: "[::1]:8080" }, "cached"],
  ["GET", { host: "site.test/x?y=" }, "400 bad-host"],
  ["GET", { host: "site.test, other.test" }, "400 bad-host"],
  ["GET", { host: "user@site.test" }, "400 bad-host"],
  ["GET", { "cdn-loop": "meridian" }, "cached"],
  ["GET", { "cdn-loop": "other, meridian, Meridian; v=1" }, "508 loop"],
  ["GET", { "meridian-min-purge": "nonsense" }, "400 bad-min-purge"],
])("%s with %j: %s", (method, fields, outcome) => {
  expect(arrive(method, fields as Record<string, string>)).toBe(outcome);
});

test("a bypass route passes everything on", () => {
  expect(arrive("GET", {}, "/own/page")).toBe("passed");
  expect(arrive("GET", HANDSHAKE, "/own/page")).toBe("passed");
});

test("a WebSocket is opened only where the route says so, and by a handshake alone", () => {
  const talk = validate({
    origins: { shop: { url: "http://shop.test" } },
    regions: { weur: {} },
    routes: [{ name: "talk", origin: "shop", websocket: true }],
  });
  if (talk.kind === "invalid") throw new Error("the test's configuration is invalid");
  const options = { config: talk.config };
  expect(arrive("GET", HANDSHAKE, "/a", options)).toBe("connection");
  expect(arrive("GET", { upgrade: "websocket" }, "/a", options)).toBe("cached");
  expect(arrive("GET", { ...HANDSHAKE, upgrade: "h2c" }, "/a", options)).toBe("cached");
  expect(arrive("POST", HANDSHAKE, "/a", options)).toBe("passed");
});

test("a route whose answers are bound to regions may have no WebSockets", () => {
  const bound = validate({
    origins: { shop: { url: "http://shop.test" } },
    regions: { weur: {} },
    routes: [{ name: "bound", origin: "shop", websocket: true, residency: ["weur"] }],
  });
  expect(bound.kind).toBe("invalid");
});

const NAMES = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", "__defineGetter__"];

test.each(NAMES)("the name %s is nothing special as a host, a path, a parameter, a field or a place", (name) => {
  expect(arrive("GET", { host: name }, "/a", { host: name })).toBe("cached");
  expect(arrive("GET", { [`x-${name}`]: name, accept: name, "cdn-loop": name }, `/${name}?${name}=${name}`)).toBe(
    "cached",
  );
  expect(arrive("GET", { "meridian-from": name })).toBe("400 bad-meridian-from");
  expect(arrive("GET", { "meridian-min-purge": `${name}.1` })).toBe("400 bad-min-purge");
  expect(arrive(name)).toBe("passed");
});

test.each([
  ["/files?path=C:\\dir", "cached"],
  ["/a|b", "cached"],
  ["/x\\..\\own/a", "passed"],
  ["/x/..%2Fown/a", "passed"],
  ["//own/a", "passed"],
  ["/OWN/a", "passed"],
  ["/a%2Fb;c=1", "cached"],
])("the path %s is %s, whichever spelling of it an origin reads", (path, outcome) => {
  expect(arrive("GET", {}, path)).toBe(outcome);
});

test("a path is taken as it is written where the configuration says so", () => {
  const config = { ...checked.config, strictPaths: false };
  expect(arrive("GET", {}, "//own/a", { config })).toBe("cached");
  expect(arrive("GET", {}, "/own/a", { config })).toBe("passed");
});

test.each(["site.test..", "a..b", "a,b", "*.site.test"])("the host %s is refused", (host) => {
  expect(arrive("GET", {}, "/a", { host })).toBe("400 bad-url");
});
