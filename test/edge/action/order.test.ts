// The fixed order of a route's actions on a request and on an answer, and what each leaves alone.

import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Route, routeSchema } from "../../../config/schema/schema.ts";
import { signatureParameters, signedUrlText } from "../../../config/spelling/signed-url.ts";
import { epochMillis } from "../../../config/units.ts";
import { actAfterwards } from "../../../edge/action/afterwards.ts";
import { actBefore } from "../../../edge/action/before.ts";
import { RateTable } from "../../../edge/action/rate-limit.ts";
import { actionsOf, type RouteActions } from "../../../edge/action/route-actions.ts";
import { Fields } from "../../../edge/http/fields.ts";
import type { Admitted } from "../../../edge/request/admit.ts";

const SECRETS: Readonly<Record<string, string>> = { URL_KEY_1: "one", URL_KEY_2: "two" };
const ALL = {
  access: { deny: { countries: ["KP"] } },
  rateLimit: { requests: 2, perSeconds: 10 },
  redirect: { paths: [{ from: "/old", to: "/new" }] },
  cors: { origins: ["https://app.example"] },
  signed: { keys: { k1: "URL_KEY_1", k2: "URL_KEY_2", k3: "URL_KEY_3" } },
  request: { remove: ["Cookie"] },
};
const routeOf = (actions: object): Route => routeSchema.parse({ name: "pages", origin: "shop", actions });
const actionsFor = (route: Route): RouteActions => {
  const actions = actionsOf(route);
  if (actions === undefined) throw new Error("no actions");
  return actions;
};

interface Visit {
  readonly path?: string;
  readonly method?: string;
  readonly country?: string;
  readonly fields?: [string, string][];
  readonly host?: string;
}

/** A route whose clients come one after the other, all at one instant. */
function world(actions: object) {
  const route = routeOf(actions);
  const rates = new RateTable();
  return async ({ path = "/a", method = "GET", country = "DE", fields = [], host = "h.example" }: Visit = {}) => {
    const admitted: Admitted = {
      kind: "admitted",
      url: `https://h.example${path}`,
      host: "h.example",
      route,
      client: { address: "192.0.2.1", scheme: "https" },
      place: { coordinates: { latitude: 0, longitude: 0 }, country, source: "database" },
      demanded: {},
      passage: "cached",
    };
    const before = await actBefore(
      actionsFor(route),
      { admitted, method, fields: Fields.from(fields), askedHost: host, local: false, now: epochMillis(1_000_000) },
      {
        rates,
        verify: async (name, text, signature) => {
          const secret = SECRETS[name];
          if (secret === undefined) return "no-key";
          return createHmac("sha256", secret).update(text).digest("base64url") === signature ? "right" : "wrong";
        },
      },
    );
    return { before, outcome: outcomeOf(before) };
  };
}

function outcomeOf(before: Awaited<ReturnType<typeof actBefore>>): string {
  if (before.kind === "refused") return `${before.refusal.status} ${before.refusal.code}`;
  return before.kind === "answered" ? `${before.status} ${before.what}` : "on";
}

function signed(path: string, { key = "k1", secret = "one", host = "h.example" } = {}): string {
  const grant = { host, scope: { kind: "url", target: path } as const, expires: 2_000 };
  const signature = createHmac("sha256", secret).update(signedUrlText(grant)).digest("base64url");
  return `${path}${path.includes("?") ? "&" : "?"}${signatureParameters(grant, key, signature)}`;
}

const PREFLIGHT: Visit = {
  method: "OPTIONS",
  fields: [
    ["origin", "https://app.example"],
    ["access-control-request-method", "GET"],
  ],
};

describe("on a request", () => {
  test.each([
    ["access comes first", { path: "/old", country: "KP" }, "403 country-denied"],
    ["a redirect needs no signature", { path: "/old" }, "302 redirect"],
    ["a redirect comes before a preflight", { ...PREFLIGHT, path: "/old" }, "302 redirect"],
    ["a preflight needs no signature", PREFLIGHT, "204 preflight"],
    ["then the signature is wanted", {}, "403 signature-missing"],
    ["and with it the request goes on", { path: signed("/a") }, "on"],
  ] as [string, Visit, string][])("%s", async (_, visit, expected) => {
    expect((await world(ALL)(visit)).outcome).toBe(expected);
  });

  test("whoever is denied costs no bucket, everybody else does", async () => {
    const send = world(ALL);
    for (let count = 0; count < 5; count += 1) await send({ country: "KP" });
    expect((await send({ path: "/old" })).outcome).toBe("302 redirect");
    expect((await send(PREFLIGHT)).outcome).toBe("204 preflight");
    const { before, outcome } = await send({ path: signed("/a") });
    expect(outcome).toBe("429 too-many-requests");
    expect(Object.fromEntries(before.said)).toMatchObject({ "retry-after": "5", ratelimit: '"client";r=0;t=5' });
  });

  test("what goes on has neither signature nor removed fields", async () => {
    const { before } = await world(ALL)({
      path: signed("/a?b=1"),
      fields: [
        ["cookie", "session=1"],
        ["accept", "text/html"],
      ],
    });
    if (before.kind !== "on") throw new Error(before.kind);
    expect(before.admitted.url).toBe("https://h.example/a?b=1");
    expect([...before.fields]).toEqual([["accept", "text/html"]]);
  });

  test.each([
    ["another key that is known", { key: "k2", secret: "two" }, "on"],
    ["one key's signature under another's id", { key: "k2" }, "403 signature-wrong"],
    ["a key that is none of the route's", { key: "k9" }, "403 signature-key-unknown"],
    ["a key whose secret is not set", { key: "k3" }, "500 signing-secret-missing"],
    ["another host's signature", { host: "other.example" }, "403 signature-wrong"],
    ["the signature for the name that the client used", { host: "alias.example" }, "on"],
  ])("%s: %j is %s", async (_, how, expected) => {
    const { outcome } = await world({ signed: ALL.signed })({ path: signed("/a", how), host: "alias.example" });
    expect(outcome).toBe(expected);
  });
});

describe("on an answer", () => {
  const OUT = {
    cors: { origins: "any" },
    response: { set: { "Cache-Control": "max-age=5", "X-A": "1" }, add: { Link: "</b>" }, remove: ["Server"] },
    errorPages: [{ statuses: ["5xx"], body: "page" }],
  };
  const leave = (status: number, from: "origin" | "meridian" | "preflight", lines: [string, string][]) => {
    const fields = Fields.from(lines);
    const page = actAfterwards(actionsFor(routeOf(OUT)), {
      status,
      fields,
      from,
      request: new Fields(),
      said: [["ratelimit", "r"]],
      requestId: "abc",
    });
    return { page, fields: Object.fromEntries(fields) };
  };

  test("the origin's gets its fields removed, set and added, then what was said, then CORS", () => {
    const given: [string, string][] = [
      ["server", "x"],
      ["link", "</a>"],
      ["cache-control", "no-store"],
      ["access-control-allow-origin", "https://other.example"],
    ];
    expect(leave(200, "origin", given)).toEqual({
      page: undefined,
      fields: {
        link: "</b>",
        "cache-control": "max-age=5",
        "x-a": "1",
        ratelimit: "r",
        "access-control-allow-origin": "*",
      },
    });
  });

  test("added fields stand beside those that are there", () => {
    const fields = Fields.from([["link", "</a>"]]);
    const leaving = { status: 200, fields, from: "origin", request: new Fields(), said: [], requestId: "" } as const;
    actAfterwards(actionsFor(routeOf(OUT)), leaving);
    expect(fields.all("link")).toEqual(["</a>", "</b>"]);
  });

  test("an error of Meridian's own keeps its fields, and gets the page", () => {
    expect(leave(502, "meridian", [["cache-control", "no-store"]])).toEqual({
      page: "page",
      fields: {
        "cache-control": "no-store",
        ratelimit: "r",
        "access-control-allow-origin": "*",
        vary: "Accept",
        "content-type": "text/html; charset=utf-8",
      },
    });
  });

  test("an error of the origin gets both", () => {
    const { page, fields } = leave(500, "origin", []);
    expect(page).toBe("page");
    expect(fields).toMatchObject({ "x-a": "1", "cache-control": "max-age=5" });
  });

  test("the answer to a preflight keeps its permissions", () => {
    const permissions: [string, string][] = [["access-control-allow-methods", "GET"]];
    expect(leave(204, "preflight", permissions).fields).toMatchObject({ "access-control-allow-methods": "GET" });
  });
});

test("a route without actions has none to look at, and one with them is prepared once", () => {
  expect(actionsOf(routeSchema.parse({ name: "a", origin: "b" }))).toBeUndefined();
  const route = routeOf(ALL);
  expect(actionsOf(route)).toBe(actionsOf(route));
});
