// What a configuration may say: each rule with the case that breaks it, the field that the error names, and a neighbour that is right.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import example from "../../../config/meridian.config.ts";
import { validate } from "../../../config/schema/validate.ts";

const base = {
  origins: { shop: { url: "https://shop.example" } },
  regions: { weur: {}, eeur: {}, enam: {} },
  routes: [{ name: "pages", origin: "shop" }],
};
const withOrigin = (origin: object) => ({ ...base, origins: { shop: { ...base.origins.shop, ...origin } } });
const withRoute = (route: object) => ({ ...base, routes: [{ name: "pages", origin: "shop", ...route }] });
const withRoutes = (...routes: object[]) => ({
  ...base,
  routes: routes.map((route, index) => ({ name: `r${index}`, origin: "shop", ...route })),
});

/** The errors as "path: detail". */
const errorsOf = (input: unknown): string[] => {
  const result = validate(input);
  return result.kind === "valid" ? [] : result.errors.map((error) => `${error.path}: ${error.detail}`);
};

test("the configuration that comes along is valid, and its defaults are filled in", () => {
  const result = validate(example);
  if (result.kind === "invalid") throw new Error(JSON.stringify(result.errors));
  expect(result.config.routes[0]?.forward).toBe("key");
  expect(result.config.regions.weur?.shards).toBe(4);
});

test("a valid configuration stays the same when it is validated again, as it is after its way as JSON", () => {
  const once = validate(example);
  if (once.kind === "invalid") throw new Error("invalid");
  expect(validate(JSON.parse(JSON.stringify(once.config)))).toEqual(once);
});

describe("valid", () => {
  test.each([
    ["the smallest", base],
    ["a shield list", withOrigin({ shield: ["enam", "weur"] })],
    ["an origin with a port and its own Host", withOrigin({ url: "http://10.0.0.1:8080", host: "shop.example:81" })],
    ["the client's Host", withOrigin({ host: "client" })],
    ["an origin in a region that takes no part", withOrigin({ place: "oc" })],
    ["a secret field", withOrigin({ secretHeader: { name: "X-Secret", secret: "S" } })],
    [
      "a residency without the configured shield",
      {
        ...withRoute({ residency: ["weur"] }),
        ...withOrigin({ shield: "enam" }),
        routes: [{ name: "a", origin: "shop", residency: ["weur"] }],
      },
    ],
    ["preferences", withRoute({ prefer: { DE: ["weur"], SA: ["enam"], "country:SA": ["eeur"], XK: ["eeur"] } })],
    [
      "times up to the retention",
      { ...withRoute({ ttl: { edgeSeconds: 60, byStatus: { 404: 60 } } }), maxRetentionSeconds: 60 },
    ],
    [
      "key rules",
      withRoute({ key: { headers: ["X-A"], cookies: ["a"], query: { except: ["utm_*"] } }, variantHeaders: ["X-B"] }),
    ],
    [
      "hosts",
      withRoute({ match: { hosts: ["h.example", "*.h.example", "127.0.0.1", "[::1]", "xn--caf-dma.example"] } }),
    ],
    ["a shard taken out", { ...base, regions: { weur: { shards: [1, 0, 2] } } }],
    [
      "a jurisdiction where it is",
      { ...base, regions: { weur: { jurisdiction: "eu" }, enam: { jurisdiction: "fedramp" } } },
    ],
    ["a control host", { ...base, controlHost: "control.example" }],
    ["routes from narrow to wide", withRoutes({ match: { paths: ["/a/b/*"] } }, { match: { paths: ["/a/*"] } }, {})],
    ["a route for other methods before", withRoutes({ match: { methods: ["POST"] } }, {})],
    ["a route for one host before", withRoutes({ match: { hosts: ["a.example"] } }, { match: { paths: ["/x"] } })],
    [
      "hidden files and well-known ones",
      withRoutes({ match: { paths: ["/.well-known/*"] } }, { match: { paths: ["/.*"] } }),
    ],
    ["an ending and a beginning", withRoutes({ match: { paths: ["*.jpg"] } }, { match: { paths: ["/a/*"] } })],
    [
      "a host before its subdomains",
      withRoutes({ match: { hosts: ["a.example"] } }, { match: { hosts: ["*.a.example"] } }),
    ],
  ])("%s", (_, input) => {
    expect(errorsOf(input)).toEqual([]);
  });
});

describe("a shape that is wrong", () => {
  test.each([
    [undefined, /^: is missing; it must be an object/],
    [[], /^: must be an object/],
    [{ ...base, rotues: [] }, /^rotues: is unknown; did you mean routes\?$/],
    [{ ...base, extra: 1 }, /^extra: is unknown; known fields are origins, regions, routes/],
    [withRoute({ ttl: { edgeSecond: 1 } }), /^routes\[0\]\.ttl\.edgeSecond: .*did you mean edgeSeconds\?/],
    [withRoute({ ttl: { edgeSeconds: "1" } }), /^routes\[0\]\.ttl\.edgeSeconds: must be a number$/],
    [withRoute({ ttl: { edgeSeconds: -1 } }), /^routes\[0\]\.ttl\.edgeSeconds: must be 0 or more$/],
    [withRoute({ ttl: { byStatus: { 99: 1 } } }), /^routes\[0\]\.ttl\.byStatus\["99"\]: .*200 to 599/],
    [withRoute({ mode: "cach" }), /^routes\[0\]\.mode: must be one of "cache", "bypass"$/],
    [
      withRoute({ key: { query: { onyl: [] } } }),
      /^routes\[0\]\.key\.query: must be one of "all", "none" or an object with only or/,
    ],
    [withRoute({ key: { query: { only: "v" } } }), /^routes\[0\]\.key\.query\.only: must be a list/],
    [withRoute({ residency: [] }), /^routes\[0\]\.residency: must be a list of 1 or more$/],
    [
      withRoute({ match: { methods: ["get"] } }),
      /^routes\[0\]\.match\.methods\[0\]: must be a method in capital letters/,
    ],
    [withRoute({ prefer: { Germany: ["weur"] } }), /^routes\[0\]\.prefer\.Germany: .*two capital letters/],
    [{ ...base, routes: [{ origin: "shop" }] }, /^routes\[0\]\.name: is missing; it must be a text$/],
    [{ ...base, routes: [] }, /^routes: must be a list of 1 or more$/],
    [{ ...base, regions: { mars: {} } }, /^regions\.mars: is unknown; known fields are wnam, enam/],
    [{ ...base, regions: { weur: { shards: 0.5 } } }, /^regions\.weur\.shards: must be/],
    [withOrigin({ url: "shop.example" }), /^origins\.shop\.url: must be an http or https URL/],
    [withOrigin({ place: { latitude: 91, longitude: 0 } }), /^origins\.shop\.place\.latitude: must be 90 or less$/],
    [{ ...base, origins: { "My Shop": { url: "https://a.example" } } }, /^origins\["My Shop"\]: .*lower-case letter/],
  ])("%j", (input, expected) => {
    const errors = errorsOf(input);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(expected);
  });
});

describe("fields that contradict each other", () => {
  test.each([
    [{ ...base, regions: {} }, /^regions: must have at least one region/],
    [{ ...base, regions: { weur: { shards: [0, 0] } } }, /^regions\.weur\.shards: must have a weight above 0/],
    [
      { ...base, regions: { enam: { jurisdiction: "eu" } } },
      /^regions\.enam\.jurisdiction: "eu" must be on one of weur, eeur$/,
    ],
    [withOrigin({ url: "https://shop.example/path" }), /^origins\.shop\.url: .*"https:\/\/shop\.example"$/],
    [withOrigin({ url: "https://shop.example/?a" }), /^origins\.shop\.url: /],
    [withOrigin({ url: "https://me:secret@shop.example" }), /^origins\.shop\.url: /],
    [withOrigin({ host: "https://shop.example" }), /^origins\.shop\.host: must be a host/],
    [withOrigin({ shield: "oc" }), /^origins\.shop\.shield: must be one of the configured regions: enam, weur, eeur$/],
    [withOrigin({ shield: ["weur", "weur"] }), /^origins\.shop\.shield\[1\]: must not name weur twice$/],
    [withOrigin({ secretHeader: { name: "Via", secret: "S" } }), /^origins\.shop\.secretHeader\.name: /],
    [withRoute({ origin: "shp" }), /^routes\[0\]\.origin: must be an origin of this configuration: shop$/],
    [withRoute({ residency: ["weur"], edgeCopies: true }), /^routes\[0\]\.edgeCopies: must be false with residency/],
    [withRoute({ residency: ["weur", "oc"] }), /^routes\[0\]\.residency\[1\]: must be one of the configured regions/],
    [withRoute({ prefer: { DE: ["oc"] } }), /^routes\[0\]\.prefer\.DE\[0\]: must be one of the configured regions/],
    [withRoute({ prefer: { ZZ: ["weur"] } }), /^routes\[0\]\.prefer\.ZZ: must be a country's code/],
    [
      withRoute({ residency: ["weur"], prefer: { US: ["enam"] } }),
      /^routes\[0\]\.prefer\.US\[0\]: must be a region of this route's residency/,
    ],
    [
      withRoute({ key: { headers: ["Cookie"] } }),
      /^routes\[0\]\.key\.headers\[0\]: must not be cookie: .*key\.cookies/,
    ],
    [
      withRoute({ key: { headers: ["X-Forwarded-Host"] } }),
      /^routes\[0\]\.key\.headers\[0\]: must not be x-forwarded-host/,
    ],
    [withRoute({ key: { headers: ["x-a", "X-A"] } }), /^routes\[0\]\.key\.headers\[1\]: must not name x-a twice$/],
    [withRoute({ key: { cookies: ["a=b"] } }), /^routes\[0\]\.key\.cookies\[0\]: must be a cookie's name/],
    [withRoute({ key: { cookies: ["a", "a"] } }), /^routes\[0\]\.key\.cookies\[1\]: must not name a twice/],
    [withRoute({ key: { query: { only: ["a*b"] } } }), /^routes\[0\]\.key\.query\.only\[0\]: /],
    [withRoute({ key: { query: { except: ["*"] } } }), /^routes\[0\]\.key\.query\.except\[0\]: /],
    [
      withRoute({ variantHeaders: ["Meridian-Internal-Facts"] }),
      /^routes\[0\]\.variantHeaders\[0\]: must not be meridian-internal-facts/,
    ],
    [withRoute({ variantHeaders: ["Range"] }), /^routes\[0\]\.variantHeaders\[0\]: must not be range/],
    [withRoute({ variantHeaders: ["Connection"] }), /^routes\[0\]\.variantHeaders\[0\]: must not be connection/],
    [withRoute({ match: { hosts: ["https://h.example"] } }), /^routes\[0\]\.match\.hosts\[0\]: /],
    [withRoute({ match: { hosts: ["h.example:80"] } }), /^routes\[0\]\.match\.hosts\[0\]: /],
    [withRoute({ match: { hosts: ["H.example"] } }), /^routes\[0\]\.match\.hosts\[0\]: /],
    [withRoute({ match: { hosts: ["a.*.example"] } }), /^routes\[0\]\.match\.hosts\[0\]: /],
    [withRoute({ match: { paths: ["a"] } }), /^routes\[0\]\.match\.paths\[0\]: /],
    [withRoute({ match: { paths: ["/a/../b/*"] } }), /^routes\[0\]\.match\.paths\[0\]: must have no segment/],
    [withRoute({ match: { paths: ["/a/%2e"] } }), /^routes\[0\]\.match\.paths\[0\]: must have no segment/],
    [withRoute({ match: { paths: ["/a\ud800"] } }), /^routes\[0\]\.match\.paths\[0\]: /],
    [withRoute({ match: { paths: ["/a/*/b"] } }), /^routes\[0\]\.match\.paths\[0\]: /],
    [withRoute({ match: { paths: ["*/a/*"] } }), /^routes\[0\]\.match\.paths\[0\]: /],
    [withRoute({ match: { paths: ["/a?b"] } }), /^routes\[0\]\.match\.paths\[0\]: /],
    [
      { ...withRoute({ ttl: { edgeSeconds: 61 } }), maxRetentionSeconds: 60 },
      /^routes\[0\]\.ttl\.edgeSeconds: .*which is 60/,
    ],
    [{ ...withRoute({ ttl: { defaultSeconds: 61 } }), maxRetentionSeconds: 60 }, /^routes\[0\]\.ttl\.defaultSeconds: /],
    [
      { ...withRoute({ ttl: { byStatus: { 404: 61 } } }), maxRetentionSeconds: 60 },
      /^routes\[0\]\.ttl\.byStatus\["404"\]: /,
    ],
    [withRoute({ ttl: { byStatus: { 206: 1 } } }), /^routes\[0\]\.ttl\.byStatus\["206"\]: .*complete response/],
    [withRoute({ ttl: { byStatus: { 304: 1 } } }), /^routes\[0\]\.ttl\.byStatus\["304"\]: .*complete response/],
    [withRoute({ targets: ["Cache-Control"] }), /^routes\[0\]\.targets\[0\]: must be a targeted field/],
    [withRoute({ targets: ["Meridian-CDN-Cache-Control"] }), /^routes\[0\]\.targets\[0\]: must not be Meridian's own/],
    [withRoute({ targets: ["A", "a"] }), /^routes\[0\]\.targets\[1\]: must not name a twice/],
    [{ ...base, controlHost: "https://c.example" }, /^controlHost: must be only a host/],
    [{ ...base, controlHost: "c.example:8443" }, /^controlHost: must be only a host/],
    [{ ...base, controlHost: "*.c.example" }, /^controlHost: must be only a host/],
    [{ ...base, aliases: { "https://www.h.example": "h.example" } }, /^aliases\["https:.*must be a host/],
    [{ ...base, aliases: { "w.example": "h.example/a" } }, /^aliases\["w\.example"\]: must be a host/],
    [{ ...base, controlHost: "Control.Example.com" }, /^controlHost: must be written "control\.example\.com"/],
    [{ ...base, controlHost: "control.example.com." }, /^controlHost: must be written "control\.example\.com"/],
    [{ ...base, controlHost: "bücher.example" }, /^controlHost: must be written "xn--bcher-kva\.example"/],
    [{ ...base, aliases: { "WWW.h.example": "h.example" } }, /must be named "www\.h\.example"/],
    [{ ...base, aliases: { "www.h.example:443": "h.example" } }, /must be named "www\.h\.example"/],
    [{ ...base, aliases: { "www.h.example": "H.example." } }, /must be written "h\.example"/],
    [{ ...base, aliases: { "h.example": "h.example" } }, /must not be its own alias/],
    [{ ...base, aliases: { "a.example": "b.example", "b.example": "c.example" } }, /"b\.example" is itself an alias/],
    [{ ...base, controlHost: "c.example", aliases: { "w.example": "c.example" } }, /must not involve controlHost/],
    [{ ...base, controlHost: "c.example", aliases: { "c.example": "w.example" } }, /must not involve controlHost/],
    [
      { ...withRoute({ match: { hosts: ["c.example"] } }), controlHost: "c.example" },
      /^controlHost: must not be a host of the route pages/,
    ],
  ])("%j", (input, expected) => {
    const errors = errorsOf(input);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(expected);
  });

  test("aliases in a circle", () => {
    expect(errorsOf({ ...base, aliases: { "a.test": "b.test", "b.test": "a.test" } })).toHaveLength(2);
  });

  test("two routes of one name", () => {
    const routes = [
      { name: "a", origin: "shop", match: { paths: ["/x"] } },
      { name: "a", origin: "shop" },
    ];
    expect(errorsOf({ ...base, routes })).toEqual([expect.stringMatching(/^routes\[1\]\.name: .*"a" is another/)]);
  });

  test("all are found at once", () => {
    const errors = errorsOf({ ...withRoute({ origin: "no", residency: ["oc"] }), regions: { weur: { shards: [0] } } });
    expect(errors.map((error) => error.split(":")[0])).toEqual([
      "regions.weur.shards",
      "routes[0].origin",
      "routes[0].residency[0]",
    ]);
  });
});

describe("a route that can never be used", () => {
  test.each([
    ["after a route for everything", [{}, { match: { paths: ["/a"] } }]],
    [
      "after a route that spells its path in another way",
      [{ match: { paths: ["/café/*"] } }, { match: { paths: ["/caf%c3%a9/[a]"] } }],
    ],
    ["after a route for every path", [{ match: { paths: ["/*"] } }, { match: { paths: ["*.jpg"] } }]],
    ["after the same", [{ match: { paths: ["/a"] } }, { match: { paths: ["/a"] } }]],
    ["below an earlier one", [{ match: { paths: ["/a/*"] } }, { match: { paths: ["/a/b/*", "/a/c"] } }]],
    ["of a longer ending", [{ match: { paths: ["*.jpg"] } }, { match: { paths: ["*.tiny.jpg", "/a.jpg"] } }]],
    [
      "for a subdomain",
      [{ match: { hosts: ["*.a.example"] } }, { match: { hosts: ["b.a.example", "*.b.a.example"] } }],
    ],
    ["for fewer methods", [{ match: { methods: ["GET", "POST"] } }, { match: { methods: ["HEAD"], paths: ["/a"] } }]],
  ])("%s", (_, routes) => {
    expect(errorsOf(withRoutes(...routes))).toEqual([
      expect.stringMatching(/^routes\[1\]\.match: .*the earlier route r0/),
    ]);
  });
});

test("nothing that it is given makes it throw", () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), (origins, regions, routes) => {
      expect(["valid", "invalid"]).toContain(validate({ origins, regions, routes }).kind);
      expect(["valid", "invalid"]).toContain(validate(routes).kind);
    }),
  );
});
