// The body of a purge: what is read from it, and for each thing that can be wrong with it where and why.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../../config/limits.ts";
import { readPurgeBody } from "../../../../control-plane/api/purges/purge-body.ts";

const read = (body: unknown) => readPurgeBody(JSON.stringify(body), { "www.shop.example": "shop.example" });
const purgeOf = (body: unknown) => {
  const result = read(body);
  if (result.kind !== "purge") throw new Error(JSON.stringify(result.problem));
  return result.request;
};
const pointersOf = (body: unknown) => {
  const result = read(body);
  if (result.kind !== "problem") throw new Error("this was taken for a purge");
  return { code: result.problem.code, pointers: result.problem.errors?.map(({ pointer }) => pointer) };
};

test("a purge may mix scopes, and fields that are left out have their defaults", () => {
  const request = purgeOf({
    urls: ["HTTPS://Shop.Example:443/a/../b?x=1"],
    prefixes: ["//shop.example/img"],
    tags: ["product-7"],
    hosts: ["*.Shop.Example"],
  });
  expect(request.scopes).toEqual([
    { scope: { kind: "url", url: "https://shop.example/b?x=1" }, pointer: "/urls/0" },
    { scope: { kind: "prefix", prefix: "//shop.example/img" }, pointer: "/prefixes/0" },
    { scope: { kind: "tag", tag: "product-7" }, pointer: "/tags/0" },
    { scope: { kind: "host", host: "*.shop.example" }, pointer: "/hosts/0" },
  ]);
  expect(request.dryRun).toBe(false);
  expect(request.command).toEqual({ v: 1, severity: "hard", wait: "accepted", timeoutSeconds: 30 });
});

test("everything that may be said is passed on", () => {
  const said = { reason: "new price", idempotencyKey: "k1", wait: "complete", timeoutSeconds: 60 };
  expect(purgeOf({ everything: true, soft: true, dryRun: true, ...said })).toEqual({
    scopes: [{ scope: { kind: "everything" }, pointer: "/everything" }],
    dryRun: true,
    command: { v: 1, severity: "soft", ...said },
  });
});

test("scopes that are the same in their one spelling are purged once", () => {
  const request = purgeOf({ urls: ["https://a.example/", "https://A.example:443"], tags: ["x", "x"] });
  expect(request.scopes.map(({ pointer }) => pointer)).toEqual(["/urls/0", "/tags/0"]);
});

describe("a body that is no purge names the field", () => {
  test.each<[string, unknown, readonly string[]]>([
    ["nothing to purge", {}, [""]],
    ["empty lists", { urls: [], tags: [] }, [""]],
    ["everything: false alone", { everything: false }, [""]],
    ["everything beside other scopes", { everything: true, tags: ["a"] }, ["/everything"]],
    ["a string for a list", { urls: "https://a.example/" }, ["/urls"]],
    ["a number in a list", { tags: ["a", 7] }, ["/tags/1"]],
    ["a path for a URL", { urls: ["https://a.example/", "/b"] }, ["/urls/1"]],
    ["a URL with a fragment", { urls: ["https://a.example/#b"] }, ["/urls/0"]],
    ["a prefix with a query", { prefixes: ["https://a.example/b?c"] }, ["/prefixes/0"]],
    ["a tag with a space", { tags: ["ok", "", "a b"] }, ["/tags/1", "/tags/2"]],
    ["a host with a port", { hosts: ["a.example:80"] }, ["/hosts/0"]],
    ["faults in several lists", { urls: ["x"], hosts: ["https://a.example"] }, ["/urls/0", "/hosts/0"]],
    ["a misspelt dryRun", { tags: ["a"], dryrun: true }, ["/dryrun"]],
    ["unknown members with odd names", { tags: ["a"], "a/b~c": 1 }, ["/a~1b~0c"]],
    ["a state that is none", { tags: ["a"], wait: "done" }, ["/wait"]],
    ["a wait that is too long", { tags: ["a"], timeoutSeconds: 61 }, ["/timeoutSeconds"]],
    ["a negative wait", { tags: ["a"], timeoutSeconds: -1 }, ["/timeoutSeconds"]],
    ["soft as a string", { tags: ["a"], soft: "yes" }, ["/soft"]],
    ["a reason that would write on a terminal", { tags: ["a"], reason: "a\u001b[2J" }, ["/reason"]],
    ["a reason with an escape of one byte", { tags: ["a"], reason: "a\u009b2J" }, ["/reason"]],
    ["a reason of two lines", { tags: ["a"], reason: "a\nb" }, ["/reason"]],
    ["a reason that turns its line round", { tags: ["a"], reason: "a\u202eb" }, ["/reason"]],
    ["a reason that is too long", { tags: ["a"], reason: "x".repeat(501) }, ["/reason"]],
    ["an idempotency key with a space", { tags: ["a"], idempotencyKey: "a b" }, ["/idempotencyKey"]],
    ["an empty idempotency key", { tags: ["a"], idempotencyKey: "" }, ["/idempotencyKey"]],
    ["a settle time beyond the limit", { tags: ["a"], settleSeconds: 601 }, ["/settleSeconds"]],
    ["a minimum version without a settle time", { tags: ["a"], minVersion: { notEtags: ['"v1"'] } }, ["/minVersion"]],
    ["a minimum version that says nothing", { tags: ["a"], settleSeconds: 5, minVersion: {} }, ["/minVersion"]],
    [
      "an entity tag without quotes",
      { tags: ["a"], settleSeconds: 5, minVersion: { notEtags: ['"v1"', "v2"] } },
      ["/minVersion/notEtags/1"],
    ],
    [
      "a date in words",
      { tags: ["a"], settleSeconds: 5, minVersion: { lastModified: "yesterday" } },
      ["/minVersion/lastModified"],
    ],
    ["a list", [], [""]],
    ["null", null, [""]],
    ["a string", "everything", [""]],
  ])("%s", (_, body, pointers) => {
    expect(pointersOf(body)).toEqual({ code: "invalid-body", pointers });
  });

  test("and lists no more faults than help, but says how many there are", () => {
    const result = read({ urls: new Array(500).fill("x") });
    expect(result.kind === "problem" && result.problem.errors).toHaveLength(LIMITS.problemErrors);
    expect(result.kind === "problem" && result.problem.detail).toContain("and 499 more");
  });
});

test("a settle time and a minimum version are passed on, dates in either spelling", () => {
  const at = Date.UTC(2026, 10, 20, 10, 15);
  for (const lastModified of ["2026-11-20T10:15:00Z", "Fri, 20 Nov 2026 10:15:00 GMT"]) {
    const { command } = purgeOf({ tags: ["a"], settleSeconds: 5, minVersion: { notEtags: ['W/"v1"'], lastModified } });
    expect(command).toMatchObject({ settleSeconds: 5, minVersion: { notEtags: ['W/"v1"'], lastModified: at } });
  }
  expect(purgeOf({ tags: ["a"] }).command).not.toHaveProperty("settleSeconds");
});

test("what is not JSON is malformed, whatever it may have meant", () => {
  for (const text of ["", "{", "urls=https://a.example/", "{'tags':['a']}"]) {
    const result = readPurgeBody(text, {});
    expect(result.kind === "problem" && result.problem.code).toBe("malformed-body");
  }
});

test("5,000 scopes over all lists are a purge, 5,001 are too many", () => {
  const tags = Array.from({ length: LIMITS.purgeScopes - 1 }, (_, index) => `t${index}`);
  expect(purgeOf({ tags, hosts: ["a.example"] }).scopes).toHaveLength(LIMITS.purgeScopes);
  expect(pointersOf({ tags, hosts: ["a.example", "b.example"] }).code).toBe("too-many-scopes");
});

test("what is purged under an alias is the site's, and once", () => {
  const { scopes } = purgeOf({
    urls: ["https://www.shop.example/a", "https://shop.example/a"],
    prefixes: ["//www.shop.example/img"],
    hosts: ["www.shop.example"],
  });
  expect(scopes.map(({ scope }) => Object.values(scope)[1])).toEqual([
    "https://shop.example/a",
    "//shop.example/img",
    "shop.example",
  ]);
});
