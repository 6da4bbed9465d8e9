// Which errors get a page, who keeps the problem, and what of the answer stays.

import { describe, expect, test } from "vitest";
import { actionsSchema } from "../../../config/schema/action-schema.ts";
import { errorPages, pageFor } from "../../../edge/action/error-page.ts";
import { Fields } from "../../../edge/http/fields.ts";

const PAGES = errorPages(
  actionsSchema.parse({
    errorPages: [
      { statuses: [404], body: "no such page ({{request-id}})" },
      { statuses: ["5xx", 429], body: "sorry: {{status}} {{status}}", contentType: "text/plain" },
    ],
  }).errorPages ?? [],
);
const page = (status: number, accept?: string, fields = new Fields()) =>
  pageFor(PAGES, Fields.from(accept === undefined ? [] : [["accept", accept]]), { status, fields, requestId: "abc" });

test.each([
  [404, "no such page (abc)"],
  [429, "sorry: 429 429"],
  [500, "sorry: 500 500"],
  [599, "sorry: 599 599"],
  [403, undefined],
  [399, undefined],
  [200, undefined],
])("the page for %i is %j", (status, expected) => {
  expect(page(status)).toBe(expected);
});

test("a page for one status comes before that for its class", () => {
  const pages = errorPages([
    { statuses: ["4xx"], contentType: "text/html", body: "class" },
    { statuses: [404], contentType: "text/html", body: "exact" },
  ]);
  const of = (status: number) => pageFor(pages, new Fields(), { status, fields: new Fields(), requestId: "" });
  expect([of(404), of(410)]).toEqual(["exact", "class"]);
});

describe("who asks for", () => {
  test.each([
    ["text/html,application/xhtml+xml,*/*;q=0.8", "page"],
    ["*/*", "page"],
    [undefined, "page"],
    ["application/json", "problem"],
    ["application/problem+json", "problem"],
    ["application/vnd.api+json; q=0.9, */*;q=0.1", "problem"],
    ["APPLICATION/JSON", "problem"],
    ["application/json, text/html", "page"],
  ])("%s gets the %s", (accept, expected) => {
    const fields = new Fields();
    expect(page(404, accept, fields) === undefined ? "problem" : "page").toBe(expected);
    expect(fields.get("vary")).toBe("Accept");
  });
});

test("what went wrong stays, what described the other body goes", () => {
  const fields = Fields.from([
    ["content-type", "application/problem+json"],
    ["content-length", "100"],
    ["content-encoding", "br"],
    ["etag", '"a"'],
    ["last-modified", "x"],
    ["accept-ranges", "bytes"],
    ["cache-control", "no-store"],
    ["retry-after", "5"],
    ["proxy-status", "meridian;error=connection_refused"],
    ["cache-status", "meridian-shard;fwd=miss"],
    ["meridian-request-id", "abc"],
  ]);
  page(502, undefined, fields);
  expect(Object.fromEntries(fields)).toEqual({
    "content-type": "text/plain",
    "cache-control": "no-store",
    "retry-after": "5",
    "proxy-status": "meridian;error=connection_refused",
    "cache-status": "meridian-shard;fwd=miss",
    "meridian-request-id": "abc",
    vary: "Accept",
  });
});
