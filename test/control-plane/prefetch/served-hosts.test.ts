// Which URLs somebody can ask a deployment for, by their host.

import { expect, test } from "vitest";
import type { ConfigInput } from "../../../config/schema/schema.ts";
import { validate } from "../../../config/schema/validate.ts";
import { readPrefetchBody } from "../../../control-plane/prefetch/body.ts";
import { whyNotServed } from "../../../control-plane/prefetch/served-hosts.ts";

const configOf = (more: Partial<ConfigInput> = {}) => {
  const result = validate({
    origins: { shop: { url: "https://shop.internal.example" } },
    regions: { weur: {} },
    routes: [{ name: "all", origin: "shop" }],
    aliases: { "127.0.0.1:8801": "127.0.0.1:8787", "localhost:8787": "127.0.0.1:8787" },
    ...more,
  });
  if (result.kind === "invalid") throw new Error(JSON.stringify(result.errors));
  return result.config;
};
const route = (name: string, hosts?: string[]) => ({
  name,
  origin: "shop",
  match: hosts === undefined ? {} : { hosts },
});
const named = [route("shop", ["shop.example", "*.cdn.example"]), route("all")];

test.each([
  ["the front door", "http://127.0.0.1:8787/", {}, true],
  ["another of its ports", "http://127.0.0.1:8801/", {}, true],
  ["another name on one of its ports", "http://shop.test:8787/", {}, true],
  ["a host elsewhere", "http://other.example/", {}, false],
  ["a host on another port", "http://127.0.0.1:9999/", {}, false],
  ["a host that a route names", "https://shop.example/", { routes: named }, true],
  ["a subdomain that a route names", "https://a.cdn.example/", { routes: named }, true],
  ["a host beside those that routes name", "https://cdn.example/", { routes: named }, false],
  ["a member of every object", "http://constructor/", {}, false],
] as const)("a local run serves %s: %s", (_, url, more, served) => {
  expect(whyNotServed(configOf(more as Partial<ConfigInput>), url, "local") === undefined).toBe(served);
});

test("a deployment with a route for every host serves every host, since the platform decides which come", () => {
  expect(whyNotServed(configOf(), "https://other.example/", "production")).toBeUndefined();
});

test("a deployment whose routes all name hosts serves no other", () => {
  const config = configOf({ routes: [route("shop", ["shop.example"])] });
  expect(whyNotServed(config, "https://other.example/", "production")).toBe("other.example is the host of no route");
  expect(whyNotServed(config, "https://shop.example/", "production")).toBeUndefined();
});

test("a prefetch names each URL that nobody can ask for, and warms nothing of it", () => {
  const urls = ["http://127.0.0.1:8787/a", "http://other.example/b", "http://third.example/c"];
  const body = readPrefetchBody(JSON.stringify({ urls }), configOf(), "local");
  if (body.kind !== "problem") throw new Error("it was taken");
  expect(body.problem.errors?.map(({ pointer }) => pointer)).toEqual(["/urls/1", "/urls/2"]);
  expect(body.problem.errors?.[0]?.detail).toContain("other.example is no host of this run");
});

test.each([
  ["local", {}, "other.example is no host of this run"],
  ["production", { routes: [route("shop", ["shop.example"])] }, "other.example is the host of no route"],
] as const)("a sitemap of a host that nobody can ask for is refused and named: %s", (mode, more, detail) => {
  const text = JSON.stringify({ sitemap: "https://other.example/sitemap.xml" });
  const body = readPrefetchBody(text, configOf(more as Partial<ConfigInput>), mode);
  if (body.kind !== "problem") throw new Error("it was taken");
  expect(body.problem.code).toBe("invalid-body");
  expect(body.problem.errors).toEqual([{ pointer: "/sitemap", detail: expect.stringContaining(detail) }]);
});

test("a sitemap of a served host is read by the host's one name", () => {
  const text = JSON.stringify({ sitemap: "http://localhost:8787/sitemap.xml" });
  const body = readPrefetchBody(text, configOf(), "local");
  if (body.kind !== "prefetch") throw new Error(body.problem.detail);
  expect(body.prefetch.sitemap).toBe("http://127.0.0.1:8787/sitemap.xml");
});
