// How a stored response becomes an answer: the client's own conditions and range, HEAD, and errors of our own.

import { describe, expect, test } from "vitest";
import { epochMillis, millis } from "../../../../config/units.ts";
import type { Body } from "../../../../edge/body/source.ts";
import { Fields } from "../../../../edge/http/fields.ts";
import { FAILURES } from "../../../../edge/shard/answer/failures.ts";
import { answerFrom, releaseFailure } from "../../../../edge/shard/answer/release.ts";
import type { TierRequest } from "../../../../edge/tier/tier.ts";

const none = millis(0);
const STORED = {
  status: 200,
  fields: Fields.from([
    ["etag", '"v1"'],
    ["last-modified", "Mon, 01 Jan 2024 00:00:00 GMT"],
    ["content-type", "text/plain"],
  ]),
  terms: {
    bornAt: epochMillis(0),
    freshFor: none,
    staleWhileRevalidateFor: none,
    staleIfErrorFor: none,
    mustRevalidate: false,
    alwaysRevalidate: false,
    heuristic: false,
  },
};
const BYTES = new TextEncoder().encode("0123456789");

function answer(method: string, fields: Record<string, string>, body: Body = { kind: "bytes", bytes: BYTES }) {
  const given = answerFrom({ method, fields: Fields.from(Object.entries(fields)), requestId: "r" }, STORED, body);
  const text = given.body.kind === "bytes" ? new TextDecoder().decode(given.body.bytes) : given.body.kind;
  return { status: given.status, text, fields: given.fields };
}

describe("a stored response", () => {
  test.each([
    ["a plain request", {}, 200, "0123456789"],
    ["a tag that matches", { "if-none-match": '"v1"' }, 304, "none"],
    ["a weak tag that matches", { "if-none-match": 'W/"v1"' }, 304, "none"],
    ["a tag that does not match", { "if-none-match": '"v2"' }, 200, "0123456789"],
    ["a date that has not passed", { "if-modified-since": "Mon, 01 Jan 2024 00:00:00 GMT" }, 304, "none"],
    [
      "a tag before a date",
      { "if-none-match": '"v2"', "if-modified-since": "Mon, 01 Jan 2024 00:00:00 GMT" },
      200,
      "0123456789",
    ],
    ["a precondition that fails", { "if-match": '"v2"' }, 412, "none"],
    ["a range", { range: "bytes=2-4" }, 206, "234"],
    ["a range of the end", { range: "bytes=-3" }, 206, "789"],
    ["a range beyond the end", { range: "bytes=10-" }, 416, "none"],
    ["a range under a tag that holds", { range: "bytes=0-0", "if-range": '"v1"' }, 206, "0"],
    ["a range under a tag that does not hold", { range: "bytes=0-0", "if-range": '"v2"' }, 200, "0123456789"],
    ["a range that is none", { range: "lines=1-2" }, 200, "0123456789"],
  ] as const)("answers %s", (_what, fields, status, text) => {
    expect(answer("GET", fields)).toMatchObject({ status, text });
  });

  test("says where a range lies, and how long the whole is where there is none such", () => {
    expect(answer("GET", { range: "bytes=2-4" }).fields.get("content-range")).toBe("bytes 2-4/10");
    expect(answer("GET", { range: "bytes=2-4" }).fields.get("content-length")).toBe("3");
    expect(answer("GET", { range: "bytes=10-" }).fields.get("content-range")).toBe("bytes */10");
  });

  test("answers HEAD without a body, with the length of GET's, and ignores its range", () => {
    const head = answer("HEAD", { range: "bytes=2-4" });
    expect([head.status, head.text, head.fields.get("content-length")]).toEqual([200, "none", "10"]);
  });

  test("cancels the body of an answer that has none", () => {
    let isCancelled = false;
    const cancel = (): void => {
      isCancelled = true;
    };
    const open = () => ({ read: async () => undefined, cancel });
    expect(answer("GET", { "if-none-match": '"v1"' }, { kind: "stream", length: 10, open }).status).toBe(304);
    expect(isCancelled).toBe(true);
  });
});

test("an error of our own is a problem document that no tier below stores", () => {
  const context = { tier: "shard", requestId: "r" };
  const request = { method: "GET", fields: new Fields(), context } as unknown as TierRequest;
  const outcome = { kind: "failed", detail: "cut-off" } as const;
  const given = releaseFailure(request, FAILURES.cutOff, { outcome, vector: {}, drained: [], timings: {} });
  expect(given.status).toBe(503);
  expect(given.fields.get("content-type")).toBe("application/problem+json");
  expect(given.fields.get("retry-after")).toBe("1");
  expect(given.fields.get("proxy-status")).toContain("proxy_internal_error");
  expect(given.facts.personal).toBe(true);
});
