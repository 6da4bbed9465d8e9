// Preflights and permissions: who gets them, what they say, and what of the origin's own is taken back.

import { describe, expect, test } from "vitest";
import { actionsSchema } from "../../../config/schema/action-schema.ts";
import { addVary, type CorsRules, isPreflight, permit, preflightFields } from "../../../edge/action/cors.ts";
import { Fields } from "../../../edge/http/fields.ts";

const rules = (cors: object): CorsRules => {
  const parsed = actionsSchema.parse({ cors }).cors;
  if (parsed === undefined) throw new Error("no rules");
  return parsed;
};
const SOME = rules({
  origins: ["https://app.example", "https://*.example.com", "http://localhost:3000"],
  methods: ["GET", "PUT"],
  headers: ["X-Plan", "Content-Type"],
  expose: ["Meridian-Region"],
  credentials: true,
  maxAgeSeconds: 60,
});
const ANY = rules({ origins: "any" });
const request = (origin?: string) => Fields.from(origin === undefined ? [] : [["origin", origin]]);
const named = (fields: Fields) => Object.fromEntries(fields);

describe("a site may read", () => {
  test.each([
    ["https://app.example", true],
    ["http://app.example", false],
    ["https://app.example:444", false],
    ["https://a.example.com", true],
    ["https://a.b.example.com", true],
    ["https://example.com", false],
    ["https://.example.com", false],
    ["https://evilexample.com", false],
    ["https://evil.example/.example.com", false],
    ["https://evil.example@a.example.com", false],
    ["https://a.example.com.evil.example", false],
    ["http://localhost:3000", true],
    ["null", false],
    ["", false],
  ])("%s: %s", (origin, expected) => {
    const answer = new Fields();
    permit(SOME, request(origin), answer);
    expect(named(answer)).toEqual({
      vary: "Origin",
      ...(expected && {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "Meridian-Region",
      }),
    });
  });

  test("any site, in one answer for all that needs no Vary", () => {
    const answer = new Fields();
    permit(ANY, request("https://app.example"), answer);
    expect(named(answer)).toEqual({ "access-control-allow-origin": "*" });
  });
});

test("with a list, an answer to a request without Origin varies by it too", () => {
  const answer = Fields.from([["vary", "Accept-Language"]]);
  permit(SOME, request(), answer);
  expect(named(answer)).toEqual({ vary: "Accept-Language, Origin" });
});

test("what the origin said to whoever filled the cache is taken back", () => {
  const answer = Fields.from([
    ["access-control-allow-origin", "https://other.example"],
    ["access-control-allow-credentials", "true"],
    ["content-type", "text/plain"],
  ]);
  permit(SOME, request("https://evil.example"), answer);
  expect(named(answer)).toEqual({ "content-type": "text/plain", vary: "Origin" });
});

describe("preflights", () => {
  const asking: [string, string][] = [
    ["origin", "https://app.example"],
    ["access-control-request-method", "PUT"],
  ];
  test.each([
    ["OPTIONS", asking, true],
    ["GET", asking, false],
    ["OPTIONS", asking.slice(0, 1), false],
    ["OPTIONS", asking.slice(1), false],
  ] as const)("%s with %j is one: %s", (method, lines, expected) => {
    expect(isPreflight(method, Fields.from(lines))).toBe(expected);
  });

  test("are told all that the configuration allows", () => {
    expect(named(preflightFields(SOME, Fields.from(asking)))).toEqual({
      vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
      "cache-control": "no-store",
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET, PUT",
      "access-control-allow-headers": "X-Plan, Content-Type",
      "access-control-max-age": "60",
    });
  });

  test("of other sites are told nothing", () => {
    const fields = named(preflightFields(SOME, request("https://evil.example")));
    expect(Object.keys(fields).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

test.each([
  [undefined, "Origin"],
  ["", "Origin"],
  ["Accept", "Accept, Origin"],
  ["origin, Accept", "origin, Accept"],
  ["*", "*"],
])("Vary of %j becomes %j", (before, after) => {
  const fields = Fields.from(before === undefined ? [] : [["vary", before]]);
  addVary(fields, "Origin");
  expect(fields.get("vary")).toBe(after);
});
