// The target of a request in all its forms (RFC 9112 section 3.2), and what a door makes of it.

import { expect, test } from "vitest";
import { requestTarget } from "../../../../control-plane/local/door/request-target.ts";

test.each([
  ["/x?y", { kind: "target", path: "/x?y" }],
  ["*", { kind: "server" }],
  ["//other.example/x", { kind: "target", path: "//other.example/x" }],
  ["http://one.example/x?y", { kind: "target", path: "/x?y", host: "one.example" }],
  ["HTTP://one.example:8080", { kind: "target", path: "/", host: "one.example:8080" }],
  ["http://one.example?y", { kind: "target", path: "/?y", host: "one.example" }],
  ["http://[::1]:80/x", { kind: "target", path: "/x", host: "[::1]:80" }],
])("the target %s is asked for as its host and path say", (target, expected) => {
  expect(requestTarget(target, ["two.example"], 8080)).toEqual(expected);
});

test.each([
  "ftp://one.example/x",
  "https://one.example/x",
  "http://user@one.example/x",
  "http://user:secret@one.example/x",
  "http:///x",
  "http://",
  "http://one.example:8081/x",
  "http://[::1]:8081/x",
  "http://one.example\\x",
  "http://one.example#f",
  "one.example:80",
  "x",
  "",
])("the target %j is refused", (target) => {
  expect(requestTarget(target, ["two.example"], 8080).kind).toBe("bad");
});

test("two Host fields are refused, whatever they say, and so is none", () => {
  expect(requestTarget("/x", ["one.example", "one.example"], 8080).kind).toBe("bad");
  expect(requestTarget("/x", [], 8080).kind).toBe("bad");
});

test.each(["[::1", "::1]", "a b", "user@one.example", "one.example/x", "one.example:80:80", "one.example:x", "a\\b"])(
  "a Host of %j is refused",
  (host) => {
    expect(requestTarget("/x", [host], 8787).kind).toBe("bad");
  },
);

test.each(["one.example", "ONE.example:8787", "[::1]", "[::1]:80", "127.0.0.1:", "b\u00fccher.example"])(
  "a Host of %j passes",
  (host) => {
    expect(requestTarget("/x", [host], 8787).kind).toBe("target");
  },
);
