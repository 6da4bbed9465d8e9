// Where requests go: only to configured origins, whatever a path or a client's Host says.

import fc from "fast-check";
import { expect, test } from "vitest";
import { LIMITS } from "../../config/limits.ts";
import { type Origin, originSchema } from "../../config/schema/schema.ts";
import { resolveOrigin } from "../../origin/resolve-origin.ts";

const originOf = (url: string, host?: string): Origin => originSchema.parse({ url, host });
const shop = originOf("https://shop.example:8443");

test.each([
  ["/", "https://shop.example:8443/"],
  ["/a/b?c=d&e", "https://shop.example:8443/a/b?c=d&e"],
  ["//evil.example/a", "https://shop.example:8443//evil.example/a"],
  ["/@evil.example/", "https://shop.example:8443/@evil.example/"],
  ["/?u=http://evil.example/", "https://shop.example:8443/?u=http://evil.example/"],
])("the path %s is asked of the origin as %s", (path, url) => {
  expect(resolveOrigin(shop, path, "global-fetch")).toEqual({ kind: "target", url });
});

test.each([
  "",
  "a",
  "http://evil.example/",
  "@evil.example/",
  ".evil.example/",
  ":80/",
  "/a b",
  "/a\tb",
  "/a\nb",
  "/a#b",
  "/\\evil",
  "/é",
  "/\u0000",
])("the path %j is refused", (path) => {
  expect(resolveOrigin(shop, path, "global-fetch")).toEqual({ kind: "refused", reason: "bad-path" });
});

test("a path is refused from one character beyond the limit", () => {
  const path = (length: number) => `/${"a".repeat(length - 1)}`;
  expect(resolveOrigin(shop, path(LIMITS.urlCharacters), "binding").kind).toBe("target");
  expect(resolveOrigin(shop, path(LIMITS.urlCharacters + 1), "binding").kind).toBe("refused");
});

test.each([
  "https://user@shop.example",
  "https://:p@shop.example",
  "https://shop.example/path",
  "https://shop.example/?q",
])("an origin of %s is refused", (url) => {
  const origin: Origin = { ...shop, url };
  expect(resolveOrigin(origin, "/", "global-fetch")).toEqual({ kind: "refused", reason: "bad-origin" });
});

test("without a binding a client's Host is never resolved", () => {
  const origin = originOf("https://shop.example", "client");
  expect(resolveOrigin(origin, "/", "global-fetch", "10.0.0.1")).toEqual({
    kind: "refused",
    reason: "client-host-needs-binding",
  });
  expect(resolveOrigin(origin, "/a", "binding", "www.example")).toEqual({
    kind: "target",
    url: "https://www.example/a",
  });
});

test.each(["evil.example/path", "user@evil.example", "a b", "", "[::1", "a:99999", "a?b", "a#b", "a\\b"])(
  "the client's Host %j is refused",
  (host) => {
    const origin = originOf("https://shop.example", "client");
    expect(resolveOrigin(origin, "/", "binding", host)).toEqual({ kind: "refused", reason: "bad-host" });
  },
);

test("a fixed host is what the origin sees, and the origin's own name is what is resolved", () => {
  const origin = originOf("https://shop.example:8443", "www.example");
  expect(resolveOrigin(origin, "/a", "global-fetch")).toEqual({
    kind: "target",
    url: "https://www.example:8443/a",
    resolveOverride: "shop.example",
  });
  expect(resolveOrigin(origin, "/a", "binding")).toEqual({ kind: "target", url: "https://www.example/a" });
});

test("whatever a client sends as path and Host, nothing but a configured host is resolved", () => {
  const hosts = ["own", "client", "fixed"] as const;
  const text = fc.oneof(fc.string(), fc.webPath(), fc.webUrl(), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(fc.constantFrom(...hosts), text, text, (kind, path, clientHost) => {
      const host = { own: undefined, client: "client", fixed: "www.example" }[kind];
      const target = resolveOrigin(originOf("http://shop.example", host), path, "global-fetch", clientHost);
      if (target.kind === "refused") return;
      const resolved = target.resolveOverride ?? new URL(target.url).hostname;
      expect(resolved).toBe("shop.example");
      expect(new URL(target.url).host).toBe(kind === "fixed" ? "www.example" : "shop.example");
      expect(new URL(target.url).username).toBe("");
    }),
  );
});
