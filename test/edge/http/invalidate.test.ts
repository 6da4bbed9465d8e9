// RFC 9111 section 4.4 and RFC 9110 section 9.2: what a change ends, and which methods change nothing.

import { describe, expect, it, test } from "vitest";
import { invalidatedGroups, invalidatedUrls, isIdempotent, isSafe } from "../../../edge/http/invalidate.ts";
import { fieldsOf } from "./exchange.ts";

const URL_ = "https://shop.example/a/b?x=1";

describe("RFC 9111 section 4.4: what a change ends", () => {
  test.each<[string, number, string[]]>([
    ["POST", 200, [URL_]],
    ["PUT", 201, [URL_]],
    ["DELETE", 204, [URL_]],
    ["M-SEARCH", 200, [URL_]],
    ["post", 303, [URL_]],
    ["POST", 399, [URL_]],
    ["POST", 400, []],
    ["POST", 500, []],
    ["POST", 103, []],
    ["GET", 200, []],
    ["HEAD", 200, []],
    ["OPTIONS", 200, []],
    ["QUERY", 200, []],
  ])("%s with %d", (method, status, expected) => {
    expect(invalidatedUrls(method, status, URL_, fieldsOf({}))).toEqual(expected);
  });

  test.each<[string, Record<string, string>, string[]]>([
    ["a relative Location", { location: "c" }, ["https://shop.example/a/c"]],
    ["a Content-Location", { "content-location": "/d?y=2" }, ["https://shop.example/d?y=2"]],
    ["both", { location: "c", "content-location": "d" }, ["https://shop.example/a/c", "https://shop.example/a/d"]],
    ["one without its fragment", { location: "c#top" }, ["https://shop.example/a/c"]],
    ["the URL itself, once", { location: URL_ }, []],
    ["another host, not", { location: "https://other.example/c" }, []],
    ["another scheme, not", { location: "http://shop.example/c" }, []],
    ["another port, not", { location: "https://shop.example:8443/c" }, []],
    ["no URL, not", { location: "https://[" }, []],
  ])("it also ends %s", (_name, response, expected) => {
    expect(invalidatedUrls("POST", 201, URL_, fieldsOf(response))).toEqual([URL_, ...expected]);
  });
});

describe("RFC 9875: which groups a change ends", () => {
  const LIST = '"prices", "stock"';
  test.each<[string, string, number, string, string[]]>([
    ["an unsafe method's", "POST", 200, LIST, ["prices", "stock"]],
    ["each once", "PUT", 204, '"a", "a"', ["a"]],
    ["none of a safe method", "GET", 200, LIST, []],
    ["none of a failed request", "POST", 500, LIST, []],
    ["none of a refused request", "POST", 403, LIST, []],
    ["none of a list that does not parse", "POST", 200, '"a", "b', []],
    ["only the strings of a list", "POST", 200, '"a", b, 3', ["a"]],
    ["none of a list beyond the limit", "POST", 200, Array.from({ length: 33 }, (_, n) => `"${n}"`).join(", "), []],
  ])("%s", (_name, method, status, value, expected) => {
    expect(invalidatedGroups(method, status, fieldsOf({ "cache-group-invalidation": value }))).toEqual(expected);
  });
});

describe("RFC 9110 section 9.2: methods", () => {
  it("are safe or idempotent only if they are known to be", () => {
    expect(
      ["GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "DELETE", "PATCH", "PURGE", "get"].filter(isSafe),
    ).toEqual(["GET", "HEAD", "OPTIONS", "TRACE"]);
    expect(["GET", "PUT", "DELETE", "POST", "PATCH", "put"].filter(isIdempotent)).toEqual(["GET", "PUT", "DELETE"]);
  });
});
