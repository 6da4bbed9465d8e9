// Settings of wrangler.toml with which a deployment would break its promises are refused, each with what to do.

import { describe, expect, test } from "vitest";
import { validate } from "../../../config/schema/validate.ts";
import { checkPlatform, type PlatformSettings } from "../../../control-plane/cli/platform-checks.ts";

const configOf = (origin: object = {}) => {
  const checked = validate({
    origins: { shop: { url: "https://shop.example.com", ...origin } },
    regions: { weur: {} },
    routes: [{ name: "all", origin: "shop" }],
  });
  return checked.kind === "valid" ? checked.config : expect.unreachable();
};
const pathsOf = (settings: PlatformSettings, origin?: object): string[] =>
  checkPlatform(settings, configOf(origin)).map(({ path }) => path);

describe("a deployment is refused", () => {
  test.each([
    [{ placement: { mode: "smart" } }, "wrangler.toml: placement"],
    [{ cache: { enabled: true } }, "wrangler.toml: cache.enabled"],
    [{ compatibility_flags: ["nodejs_compat", "global_fetch_strictly_public"] }, "wrangler.toml: compatibility_flags"],
    [{ routes: [{ pattern: "Shop.example.com", custom_domain: true }] }, "origins.shop.url"],
  ] as const)("for %o", (settings, path) => {
    expect(pathsOf(settings)).toEqual([path]);
  });

  test("for more concurrent requests than an object can wait for", () => {
    expect(pathsOf({}, { maxConcurrent: 5 })).toEqual(["origins.shop.maxConcurrent"]);
  });
});

test("nothing is wrong with the project's own settings, other routes, or an origin of its own name", () => {
  const routes = ["shop.example.com/*", { pattern: "www.example.com", custom_domain: true }];
  expect(pathsOf({ cache: { enabled: false }, compatibility_flags: ["nodejs_compat"], routes })).toEqual([]);
});
