// What the door lets in: each line is one request, and what becomes of it.

import { expect, test } from "vitest";
import { validate } from "../../../config/validate.ts";
import { Fields } from "../../../edge/http/fields.ts";
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

const arrive = (method: string, fields: Record<string, string> = {}, path = "/a"): string => {
  const admitted = admit({
    method,
    url: `http://site.test${path}`,
    fields: Fields.from(Object.entries(fields)),
    cf: undefined,
    assertedAddress: undefined,
    local: true,
    region: "weur",
    countryOf: () => undefined,
    config: checked.config,
  });
  return admitted.kind === "admitted" ? admitted.passage : `${admitted.status} ${admitted.code}`;
};

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
  ["GET", HANDSHAKE, "connection"],
  // An Upgrade alone leads nobody past cache and gate, and takes no POST's method and content away.
  ["GET", { upgrade: "websocket" }, "cached"],
  ["GET", { upgrade: "h2c" }, "cached"],
  ["POST", HANDSHAKE, "passed"],
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
  expect(arrive("GET", HANDSHAKE, "/own/page")).toBe("connection");
});
