// What origins see: on shared fills only what key and variants determine, elsewhere everything but what a client could forge.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Route, routeSchema } from "../../../config/schema/schema.ts";
import { withoutRemoved } from "../../../edge/action/fields.ts";
import { originPath } from "../../../edge/action/rewrite.ts";
import { actionsOf } from "../../../edge/action/route-actions.ts";
import { Fields } from "../../../edge/http/fields.ts";
import { candidateNames, variantKey } from "../../../edge/http/vary.ts";
import { cacheKey } from "../../../edge/request/cache-key.ts";
import { type ForwardInput, forwardedFields, isPersonal } from "../../../edge/request/forwarded.ts";

const route = (rules: object = {}): Route => routeSchema.parse({ name: "pages", origin: "shop", ...rules });
type Lines = readonly (readonly [string, string])[];

const forward = (lines: Lines, rule: Route, changes: Partial<ForwardInput> = {}): [string, string][] =>
  [
    ...forwardedFields({
      request: Fields.from(lines),
      route: rule,
      client: { address: "203.0.113.9", country: "DE", scheme: "https", host: "shop.example" },
      requestId: "request-1",
      originHost: "origin.example",
      loop: "meridian",
      ...changes,
    }),
  ] as [string, string][];
const named = (lines: [string, string][]): Record<string, string> => Object.fromEntries(lines);

describe("on a cached route", () => {
  test("the origin sees this and nothing else", () => {
    const request: Lines = [
      ["host", "shop.example"],
      ["accept", "text/html"],
      ["accept-encoding", "GZIP , deflate,br;q=1"],
      ["user-agent", "curl"],
      ["x-forwarded-host", "evil.example"],
      ["x-forwarded-for", "6.6.6.6"],
      ["forwarded", "for=6.6.6.6"],
      ["cdn-loop", "other"],
      ["via", "1.1 other"],
      ["range", "bytes=0-1"],
      ["if-none-match", '"a"'],
      ["cache-control", "no-cache"],
      ["referer", "https://evil.example/"],
      ["x-original-url", "/admin"],
      ["meridian-internal-context", "{}"],
      ["meridian-country", "XX"],
      ["traceparent", "00-11111111111111111111111111111111-2222222222222222-01"],
    ];
    const seen = named(forward(request, route()));
    expect(seen.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect({ ...seen, traceparent: "" }).toEqual({
      host: "origin.example",
      "user-agent": "Meridian",
      "accept-encoding": "br, gzip",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.example",
      forwarded: "host=shop.example;proto=https",
      "cdn-loop": "meridian",
      "surrogate-capability": 'meridian="Surrogate/1.0"',
      via: "1.1 meridian",
      traceparent: "",
    });
  });

  test("an origin hears of Surrogate-Control only where the route obeys it", () => {
    for (const forwardAs of ["key", "all"] as const) {
      expect(named(forward([], route({ forward: forwardAs })))).toHaveProperty("surrogate-capability");
      expect(named(forward([], route({ forward: forwardAs, targets: [] })))).not.toHaveProperty("surrogate-capability");
    }
    expect(named(forward([], route({ mode: "bypass" })))).not.toHaveProperty("surrogate-capability");
  });

  test("key fields, key cookies, variant fields and the country reach the origin where the route names them", () => {
    const rule = route({
      key: { headers: ["X-Plan", "User-Agent"], cookies: ["lang"], country: true },
      variantHeaders: ["X-Device"],
    });
    const seen = named(
      forward(
        [
          ["x-plan", "gold"],
          ["x-device", "phone"],
          ["cookie", "lang=de"],
          ["x-other", "1"],
          ["user-agent", "curl"],
        ],
        rule,
      ),
    );
    expect(seen).toMatchObject({
      "x-plan": "gold",
      "x-device": "phone",
      cookie: "lang=de",
      "meridian-country": "DE",
      "user-agent": "curl",
    });
    expect(seen).not.toHaveProperty("x-other");
  });

  test("the device class reaches the origin only where the key has it", () => {
    const lines: Lines = [
      ["user-agent", "Googlebot/2.1"],
      ["meridian-device", "tablet"],
    ];
    expect(named(forward(lines, route({ key: { device: true } })))["meridian-device"]).toBe("bot");
    expect(named(forward(lines, route({ key: { device: true }, mode: "bypass" })))["meridian-device"]).toBe("bot");
    expect(named(forward(lines, route()))).not.toHaveProperty("meridian-device");
    expect(named(forward(lines, route({ mode: "bypass" })))).not.toHaveProperty("meridian-device");
  });

  test("the route's own fields reach the origin, with what the key holds of the client", () => {
    const set = { "X-Site": "shop", "User-Agent": "Shop", "X-Country": { client: "country" } };
    const rule = route({ key: { country: true }, actions: { request: { set, add: { "X-Site": "2" } } } });
    const seen = forward([["x-site", "forged"]], rule);
    expect(seen.filter(([name]) => name === "x-site").map(([, value]) => value)).toEqual(["shop", "2"]);
    expect(named(seen)).toMatchObject({ "user-agent": "Shop", "x-country": "DE" });
  });

  test("a personal request brings its credentials and nothing more", () => {
    const seen = named(
      forward(
        [
          ["cookie", "lang=de; session=1"],
          ["authorization", "Bearer t"],
          ["x-other", "1"],
        ],
        route({ key: { cookies: ["lang"] } }),
      ),
    );
    expect(seen).toMatchObject({ cookie: "lang=de; session=1", authorization: "Bearer t" });
    expect(seen).not.toHaveProperty("x-forwarded-for");
    expect(seen).not.toHaveProperty("x-other");
  });

  test("without an Accept-Encoding the origin is told not to encode", () => {
    expect(named(forward([], route()))["accept-encoding"]).toBe("identity");
    expect(named(forward([["accept-encoding", ""]], route()))["accept-encoding"]).toBe("identity");
  });

  test("a request that no cache takes part in is forwarded whole if the caller says so", () => {
    const seen = named(
      forward(
        [
          ["content-type", "text/plain"],
          ["x-a", "1"],
        ],
        route(),
        { extent: "everything" },
      ),
    );
    expect(seen).toMatchObject({ "content-type": "text/plain", "x-a": "1", "x-forwarded-for": "203.0.113.9" });
  });
});

describe("poisoning through unkeyed input is impossible", () => {
  const rules = [
    route(),
    route({ key: { headers: ["X-Plan", "Accept-Encoding"], cookies: ["lang", "plan"], country: true } }),
    route({ variantHeaders: ["X-Device", "User-Agent"], key: { query: "none" } }),
    route({
      key: { country: true, device: true },
      actions: {
        request: {
          remove: ["Cookie", "X-Plan"],
          set: { "X-Country": { client: "country" }, "X-Class": { client: "device" }, "User-Agent": "Shop" },
          add: { "X-Site": { client: "host" }, "Accept-Language": "en" },
        },
        rewrite: [{ from: "/a*", to: "/shop*" }],
      },
    }),
    // The configuration's check refuses these; should they come through all the same, the origin is told nothing.
    route({
      actions: {
        request: {
          set: { "X-C": { client: "country" }, "X-D": { client: "device" } },
          add: { "X-A": { client: "address" } },
        },
      },
    }),
  ];
  const name = fc.oneof(
    fc.constantFrom("accept", "accept-encoding", "accept-language", "x-plan", "x-device", "user-agent", "cookie"),
    fc.constantFrom("host", "x-forwarded-host", "x-forwarded-for", "x-forwarded-proto", "forwarded", "via", "cdn-loop"),
    fc.constantFrom("sec-ch-ua-mobile", "x-country", "x-class", "meridian-device"),
    fc.constantFrom("traceparent", "tracestate", "range", "connection", "x-original-url", "origin", "meridian-country"),
    fc.stringMatching(/^[a-z][a-z-]{0,9}$/).filter((text) => text !== "authorization"),
  );
  const value = fc.oneof(
    fc.constantFrom(
      "",
      "gzip",
      "br, gzip",
      "GZIP,br;q=0",
      "*",
      "de",
      "de, en;q=0.5",
      "text/html",
      "text/html ,*/*",
      "phone",
    ),
    fc.constantFrom("Googlebot/2.1", "Mozilla/5.0 (iPhone) Mobile", "?0", "?1"),
    fc.constantFrom("lang=de", "lang=de; plan=a", "plan=a;lang=de", "lang=de; lang=de", 'lang="de"', "lang=a,b"),
    fc.constantFrom(
      "bytes=0-1",
      "evil.example",
      "for=6.6.6.6",
      "00-11111111111111111111111111111111-2222222222222222-01",
    ),
    fc.string({ unit: "grapheme-ascii", maxLength: 12 }).map((text) => text.trim()),
  );
  const lines = fc.array(fc.tuple(name, value), { maxLength: 8 });
  const client = fc.record({
    address: fc.constantFrom(undefined, "192.0.2.1", "2001:db8::1"),
    country: fc.constantFrom(undefined, "DE", "FR"),
    scheme: fc.constantFrom("http" as const, "https" as const),
    host: fc.constantFrom("shop.example", "shop.example", "other.example:8080"),
  });
  // What answers of the URL have named in `Vary`.
  const named = fc.subarray(["accept", "accept-language", "origin", "x-original-url"]);

  test("two requests with equal keys and equal variants look the same to the origin, byte for byte", () => {
    let compared = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        lines,
        lines,
        lines,
        client,
        client,
        named,
        (rule, shared, mine, yours, me, you, selecting) => {
          // Half of what two requests have they have in common, so that equal keys come up often.
          const requests = [
            { lines: [...shared, ...mine], client: me },
            { lines: [...shared, ...yours], client: you },
          ].map((request) => {
            const fields = withoutRemoved(Fields.from(request.lines), actionsOf(rule)?.removed ?? []);
            const input = {
              url: `${request.client.scheme}://${request.client.host}/a?b=1`,
              fields,
              ...(request.client.country && { country: request.client.country }),
            };
            const { key, forwardPath } = cacheKey(input, rule);
            const { client } = request;
            const names = [...candidateNames(rule), ...selecting].sort();
            return {
              personal: isPersonal(fields, rule),
              class: `${key}\n${variantKey(names, fields)}`,
              seen: [["path", originPath(rule, forwardPath)], ...forward([...fields], rule, { client, selecting })] as [
                string,
                string,
              ][],
            };
          });
          const [one, other] = requests as [(typeof requests)[0], (typeof requests)[0]];
          if (one.class !== other.class) return;
          if (one.personal || other.personal) {
            const withoutCookie = (all: [string, string][]) => all.filter(([line]) => line !== "cookie");
            expect(withoutCookie(one.seen)).toEqual(withoutCookie(other.seen));
            return;
          }
          compared++;
          expect(one.seen).toEqual(other.seen);
        },
      ),
      { numRuns: 3_000 },
    );
    // The property would hold for no requests at all: see to it that many pairs had equal keys.
    expect(compared).toBeGreaterThan(200);
  });
});

describe("where everything is forwarded", () => {
  const bypass = route({ mode: "bypass" });

  test("the client's own fields pass, in order and with duplicates", () => {
    const passed: Lines = [
      ["x-a", "1"],
      ["accept", "a"],
      ["x-a", "2"],
      ["cookie", "session=1"],
      ["authorization", "Bearer t"],
      ["range", "bytes=0-1"],
      ["cf-access-jwt-assertion", "signed"],
    ];
    expect(forward(passed, bypass).slice(1, 1 + passed.length)).toEqual(passed);
  });

  test("where the answer may be stored, fields that select it go in the spelling under which it is stored", () => {
    const asked: Lines = [
      ["x-a", "1"],
      ["accept-encoding", "zstd, gzip;q=0.5, br"],
    ];
    const seen = forward(asked, route({ forward: "all" }));
    expect(seen).toContainEqual(["x-a", "1"]);
    expect(seen).toContainEqual(["accept-encoding", "br, gzip"]);
    expect(forward([["x-a", "1"]], route({ forward: "all" }))).toContainEqual(["accept-encoding", "identity"]);
  });

  test.each([
    "connection",
    "keep-alive",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
    "x-named",
    "x-forwarded-port",
    "x-real-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "meridian-internal-context",
    "meridian-from",
    "meridian-min-purge",
    "meridian-country",
    "x_forwarded_for",
    "x_forwarded-host",
    "x.real.ip",
    "true_client-ip",
    "cf_connecting_ip",
    "cf_access_jwt_assertion",
    "meridian_country",
    "meridian-internal_context",
    "proxy",
  ])("%s does not pass", (name) => {
    const seen = forward(
      [
        ["connection", "close, X-Named"],
        [name, "close, X-Named"],
      ],
      bypass,
      {
        client: { scheme: "http", host: "h" },
      },
    );
    expect(named(seen)).not.toHaveProperty(name);
  });

  test("who the client is comes from facts, never from its own fields", () => {
    const forged: Lines = [
      ["x-forwarded-for", "6.6.6.6"],
      ["x-forwarded-proto", "ftp"],
      ["x-forwarded-host", "evil.example"],
      ["forwarded", "for=6.6.6.6;host=evil.example"],
      ["host", "evil.example"],
    ];
    const seen = forward(forged, bypass, {
      client: { address: "2001:db8::1", scheme: "http", host: "shop.example:8787" },
    });
    expect(named(seen)).toMatchObject({
      host: "origin.example",
      "x-forwarded-for": "2001:db8::1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "shop.example:8787",
      forwarded: 'for="[2001:db8::1]";host="shop.example:8787";proto=http',
    });
    expect(JSON.stringify(seen)).not.toMatch(/6\.6\.6\.6|evil|ftp/);
    expect(new Set(seen.map(([name]) => name)).size).toBe(seen.length);
  });

  test("the route's own fields are said by it alone, in every spelling that gateways read as one", () => {
    const rule = route({
      mode: "bypass",
      actions: { request: { set: { "X-Client-Address": { client: "address" } } } },
    });
    const forged: Lines = [
      ["x_client_address", "6.6.6.6"],
      ["x-client.address", "6.6.6.6"],
      ["x-client-addresses", "kept"],
    ];
    const seen = forward(forged, rule);
    expect(seen.filter(([name]) => /^x.client/.test(name))).toEqual([
      ["x-client-addresses", "kept"],
      ["x-client-address", "203.0.113.9"],
    ]);
  });

  test("a client cannot take its credentials from a request by naming them in Connection", () => {
    const seen = forward(
      [
        ["connection", "cookie, authorization"],
        ["cookie", "session=1"],
        ["authorization", "Bearer t"],
      ],
      bypass,
    );
    expect(named(seen)).toMatchObject({ cookie: "session=1", authorization: "Bearer t" });
  });

  test("a host that could break out of Forwarded is quoted", () => {
    const seen = named(forward([], bypass, { client: { scheme: "http", host: 'a";for="b\\' } }));
    expect(seen.forwarded).toBe('host="a\\";for=\\"b\\\\";proto=http');
  });

  test("Via and CDN-Loop grow, and a trace goes on under a span of ours", () => {
    const seen = named(
      forward(
        [
          ["via", "1.0 a"],
          ["cdn-loop", "other"],
          ["traceparent", "00-11111111111111111111111111111111-2222222222222222-00"],
          ["tracestate", "a=b"],
        ],
        bypass,
      ),
    );
    expect(seen).toMatchObject({ via: "1.0 a, 1.1 meridian", "cdn-loop": "other, meridian", tracestate: "a=b" });
    expect(seen.traceparent).toMatch(/^00-1{32}-(?!2{16})[0-9a-f]{16}-00$/);
  });

  test("the handshake of a WebSocket passes, other upgrades do not", () => {
    const handshake: Lines = [
      ["connection", "Upgrade"],
      ["upgrade", "WebSocket"],
      ["sec-websocket-key", "k"],
    ];
    expect(named(forward(handshake, bypass))).toMatchObject({ upgrade: "websocket", "sec-websocket-key": "k" });
    expect(
      named(
        forward(
          [
            ["connection", "Upgrade"],
            ["upgrade", "h2c"],
          ],
          bypass,
        ),
      ),
    ).not.toHaveProperty("upgrade");
  });
});

describe("a request is personal", () => {
  const rule = route({ key: { cookies: ["lang"] } });
  test.each([
    ["with Authorization", [["authorization", "Basic x"]], true],
    ["with a cookie that is not in the key", [["cookie", "session=1"]], true],
    ["with such a cookie beside a key cookie", [["cookie", "lang=de; session=1"]], true],
    [
      "with such a cookie in a second line",
      [
        ["cookie", "lang=de"],
        ["cookie", "session=1"],
      ],
      true,
    ],
    ["with a piece that has no name", [["cookie", "lang"]], true],
    ["with a name in other letters", [["cookie", "Lang=de"]], true],
    ["but not with key cookies alone", [["cookie", "lang=de; lang=fr;"]], false],
    ["nor with an empty Cookie", [["cookie", " ; "]], false],
    ["nor without either", [["x-a", "1"]], false],
  ] as [string, Lines, boolean][])("%s", (_, lines, personal) => {
    expect(isPersonal(Fields.from(lines), rule)).toBe(personal);
  });
});
