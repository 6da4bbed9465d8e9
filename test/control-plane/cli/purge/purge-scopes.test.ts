// How lists of scopes are read: every kind, every refusal with its line, and the limit with its neighbour.

import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../../config/limits.ts";
import { describeScopes, gatherScopes } from "../../../../control-plane/cli/purge/purge-scopes.ts";

describe("a list of scopes", () => {
  it.each([
    ["https://h/a", "urls", "https://h/a"],
    ["//h/a", "urls", "//h/a"],
    ["url: https://h/a", "urls", "https://h/a"],
    ["PREFIX:https://h/a", "prefixes", "https://h/a"],
    ["tag:a:b", "tags", "a:b"],
    ["host:*.h", "hosts", "*.h"],
  ])("takes %s", (line, field, value) => {
    expect(gatherScopes({}, line)).toMatchObject({ kind: "scopes", scopes: { [field]: [value] }, count: 1 });
  });

  it.each(["example.com", "everything", "everything: true", "tag:", "/a"])("refuses %s and names its line", (line) => {
    const gathered = gatherScopes({}, `https://h/a\n${line}`);
    expect(gathered).toMatchObject({ kind: "invalid", detail: expect.stringContaining("line 2") });
  });

  it("has as many scopes as one purge may have, and not one more", () => {
    const lines = (count: number) => Array.from({ length: count }, (_, index) => `tag:t${index}`).join("\n");
    expect(gatherScopes({}, lines(LIMITS.purgeScopes)).kind).toBe("scopes");
    expect(gatherScopes({}, lines(LIMITS.purgeScopes + 1)).kind).toBe("invalid");
  });
});

it("describes scopes in one line", () => {
  const none = { urls: [], prefixes: [], tags: [], hosts: [], everything: false };
  expect(describeScopes({ ...none, urls: ["a", "b"], tags: ["t"] })).toBe("2 URLs, tag t");
  expect(describeScopes({ ...none, everything: true })).toBe("everything");
});
