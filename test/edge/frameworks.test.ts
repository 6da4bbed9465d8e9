// Sites of web frameworks behind a route with their preset: each client gets what the site itself would give it, whoever came
// before, and what can be stored is.

import { describe, expect, test } from "vitest";
import { FRAMEWORK_NAMES, FRAMEWORKS } from "../../config/schema/frameworks.ts";
import { validate } from "../../config/schema/validate.ts";
import { Fields } from "../../edge/http/fields.ts";
import { SITES, type Site, type Visit } from "../fixtures/framework-sites.ts";
import { type Got, TwoTiers } from "../fixtures/two-tiers.ts";

const bySite = ({ answer }: Site, { path, fields }: Visit): string | undefined =>
  answer({ method: "GET", path, fields: Fields.from(Object.entries(fields)) }).body;

/** All visits in every order of two, each then once more; what each got beside what the site says. */
async function everyPair(site: Site, route: object): Promise<{ got: Got; wanted: string | undefined }[]> {
  const all: { got: Got; wanted: string | undefined }[] = [];
  for (const one of site.visits) {
    for (const other of site.visits) {
      const world = new TwoTiers(route, site.answer);
      for (const each of [one, other, one, other]) {
        all.push({ got: await world.get(each.path, each.fields), wanted: bySite(site, each) });
      }
    }
  }
  return all;
}

describe.each(FRAMEWORK_NAMES)("a %s site", (framework) => {
  const site = SITES[framework];

  test("with its preset gives each client what the site itself would, without a warning", async () => {
    for (const { got, wanted } of await everyPair(site, { framework })) {
      expect(got.text).toBe(wanted);
      expect(got.cache).not.toContain("vary-withheld");
    }
  });

  test("with its preset is answered from the cache wherever that is right", async () => {
    for (const { path, fields } of site.visits) {
      const world = new TwoTiers({ framework }, site.answer);
      await world.get(path, fields);
      const { cache } = await world.get(path, fields);
      const passes = FRAMEWORKS[framework].bypassCookies.some((name) => fields.cookie?.includes(name.replace("*", "")));
      expect(cache).toContain(passes ? "detail=bypass-cookie" : "meridian-shard;hit");
    }
  });
});

test.each(["next", "inertia", "htmx"] as const)(
  "a %s site behind the default configuration is right, or the client is told",
  async (framework) => {
    const site = { ...SITES[framework], visits: SITES[framework].visits.filter(({ fields }) => !fields.cookie) };
    for (const { got, wanted } of await everyPair(site, {})) {
      const isTold = got.cache.includes("vary-withheld");
      expect(got.text === wanted || isTold).toBe(true);
    }
  },
);

describe("a preset", () => {
  const routeOf = (settings: object) => {
    const base = { origins: { shop: { url: "https://shop.example" } }, regions: { weur: {} } };
    const result = validate({ ...base, routes: [{ name: "pages", origin: "shop", ...settings }] });
    return result.kind === "valid" ? result.config.routes[0] : result.errors;
  };

  test("adds to what the route itself says, and each name once", () => {
    expect(
      routeOf({ framework: "next", variantHeaders: ["rsc", "X-Brand"], bypassCookies: ["preview"] }),
    ).toMatchObject({
      variantHeaders: ["rsc", "X-Brand", ...FRAMEWORKS.next.variantHeaders.filter((name) => name !== "RSC")],
      bypassCookies: ["preview", ...FRAMEWORKS.next.bypassCookies],
    });
    expect(routeOf({})).toMatchObject({ variantHeaders: [], bypassCookies: [] });
  });

  test("is the same after the configuration's way as JSON", () => {
    const once = routeOf({ framework: "wordpress", bypassCookies: ["preview"] });
    expect(routeOf(JSON.parse(JSON.stringify(once)))).toEqual(once);
  });

  test.each([
    [{ framework: "nextjs" }, "routes[0].framework"],
    [{ bypassCookies: ["a b"] }, "routes[0].bypassCookies[0]"],
    [{ bypassCookies: ["a*b"] }, "routes[0].bypassCookies[0]"],
    [{ bypassCookies: ["lang*"], key: { cookies: ["language"] } }, "routes[0].bypassCookies[0]"],
    [
      { framework: "next", variantHeaders: Array.from({ length: 12 }, (_, index) => `X-${index}`) },
      "routes[0].variantHeaders",
    ],
  ])("cannot be this, and the error says where: %j", (settings, path) => {
    expect(routeOf(settings)).toEqual([expect.objectContaining({ path })]);
  });
});
