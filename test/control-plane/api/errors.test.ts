// Every error class of the control API: which request gets it, with which code, and what must not be in it.

import { describe, expect, test } from "vitest";
import { API_LIMITS } from "../../../control-plane/api/limits.ts";
import type { ApiProblem } from "../../../control-plane/api/problems.ts";
import { Deployment, type Mood, REGIONS_OF_TEST, TOKENS } from "./deployment.ts";

async function problemOf(response: Response): Promise<ApiProblem> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await response.json()) as ApiProblem;
  expect(problem.status).toBe(response.status);
  expect(problem.type).toBe(`urn:meridian:problem:${problem.code}`);
  expect(problem.title).not.toBe("");
  expect(problem.detail).not.toBe("");
  return problem;
}

const JSON_TYPE = { "content-type": "application/json" };
const GUARDED = [
  ["POST", "/v1/purges", ["purge", "admin"]],
  ["POST", "/v1/prefetch", ["prefetch", "purge", "admin"]],
  ["GET", "/v1/purges", ["read", "purge", "admin"]],
  ["GET", "/v1/purges/weur.abcd12.1", ["read", "purge", "admin"]],
  ["GET", "/v1/regions", ["read", "admin"]],
  ["GET", "/v1/regions/weur", ["read", "admin"]],
  ["POST", "/v1/regions/weur/drain", ["regions", "admin"]],
  ["POST", "/v1/regions/weur/undrain", ["regions", "admin"]],
  ["GET", "/v1/stats", ["read", "admin"]],
  ["GET", "/v1/explain?url=https://shop.example/", ["read", "admin"]],
  ["GET", "/metrics", ["read", "admin"]],
] as const;

describe.each(GUARDED)("%s %s", (method, path, scopes) => {
  test("without a token is 401, and says that one is needed", async () => {
    const world = await Deployment.start();
    for (const authorization of [undefined, "Basic dXNlcjpwYXNz", "Bearer", `Token ${TOKENS.admin}`]) {
      const headers = authorization === undefined ? {} : { authorization };
      const response = await world.request(path, { method, headers });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="meridian"');
      expect((await problemOf(response)).code).toBe("token-missing");
    }
    expect([...world.hubs.values()].flatMap(({ asked }) => asked)).toEqual([]);
  });

  test("with an unknown token is 401", async () => {
    const world = await Deployment.start();
    const response = await world.request(path, { method, headers: { authorization: `Bearer ${TOKENS.admin}x` } });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect((await problemOf(response)).code).toBe("token-unknown");
  });

  test(`is for ${scopes.join(", ")}; any other token is 403, and the missing scope is named`, async () => {
    for (const as of ["purge", "read", "regions", "prefetch", "admin"] as const) {
      const world = await Deployment.start();
      const response = await world.request(path, { method, as });
      if ((scopes as readonly string[]).includes(as)) {
        expect(response.status).not.toBe(401);
        expect(response.status).not.toBe(403);
        continue;
      }
      expect(response.status).toBe(403);
      expect(response.headers.get("www-authenticate")).toContain(`scope="${scopes[0]}"`);
      const problem = await problemOf(response);
      expect(problem.code).toBe("scope-missing");
      expect(problem.detail).toContain(scopes[0]);
    }
  });
});

test.each(["/v1/health", "/v1/openapi.json", "/"])("%s needs no token", async (path) => {
  expect((await (await Deployment.start()).request(path)).status).toBe(200);
});

test("a deployment without tokens lets nobody in, and says why", async () => {
  const world = await Deployment.start({ tokens: [] });
  expect((await problemOf(await world.request("/v1/stats"))).detail).toContain("API_TOKENS");
  expect((await world.request("/v1/stats", { as: "admin" })).status).toBe(401);
});

test("a token limited to hosts purges there, and elsewhere gets 403 with every scope that is too much", async () => {
  const world = await Deployment.start();
  expect((await world.purge({ urls: ["https://shop.example/a"], hosts: ["*.shop.example"] }, "shop")).status).toBe(200);
  const refused = await world.purge({ urls: ["https://shop.example/", "https://other.example/"], tags: ["a"] }, "shop");
  expect(refused.status).toBe(403);
  const problem = await problemOf(refused);
  expect(problem.code).toBe("host-not-allowed");
  expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(["/urls/1", "/tags/0"]);
  for (const body of [{ everything: true }, { everything: true, dryRun: true }]) {
    expect((await world.purge(body, "shop")).status).toBe(403);
  }
  expect(world.hub("weur").commands).toHaveLength(1);
  expect(world.hub("weur").asked).toHaveLength(1);
});

describe("bodies", () => {
  const post = (init: RequestInit) => async () =>
    (await Deployment.start()).request("/v1/purges", { as: "purge", method: "POST", ...init });
  const large = `{"reason":"${"x".repeat(API_LIMITS.apiBodyBytes)}"}`;
  const stream = (text: string): RequestInit => ({
    body: new Blob([text]).stream(),
    duplex: "half",
    headers: JSON_TYPE,
  });
  test.each<[string, () => Promise<Response>, number, string]>([
    ["no content type", post({ body: "{}", headers: { "content-type": "" } }), 415, "unsupported-media-type"],
    ["a form", post({ body: new URLSearchParams({ tags: "a" }) }), 415, "unsupported-media-type"],
    ["text", post({ body: '{"tags":["a"]}' }), 415, "unsupported-media-type"],
    ["no body", post({ headers: JSON_TYPE }), 400, "malformed-body"],
    ["half a body", post({ headers: JSON_TYPE, body: '{"tags":["a"' }), 400, "malformed-body"],
    [
      "bytes that are no UTF-8",
      post({ headers: JSON_TYPE, body: new Uint8Array([34, 255, 34]) }),
      400,
      "malformed-body",
    ],
    ["JSON that is no purge", post({ headers: JSON_TYPE, body: "{}" }), 422, "invalid-body"],
    ["more than 1 MiB, announced", post({ headers: JSON_TYPE, body: large }), 413, "body-too-large"],
    ["more than 1 MiB, as a stream", post(stream(large)), 413, "body-too-large"],
    [
      "too many scopes",
      post({ headers: JSON_TYPE, body: JSON.stringify({ tags: new Array(5001).fill("a") }) }),
      413,
      "too-many-scopes",
    ],
  ])("%s", async (_, request, status, code) => {
    const response = await request();
    expect(response.status).toBe(status);
    expect((await problemOf(response)).code).toBe(code);
  });

  test("of exactly 1 MiB are read, and a charset parameter does not matter", async () => {
    const frame = '{"tags":["a"],"reason":""}'.length;
    const pad = " ".repeat(API_LIMITS.apiBodyBytes - frame);
    const body = `{"tags":["a"],${pad}"reason":""}`;
    const headers = { "content-type": "Application/JSON; charset=utf-8" };
    expect((await post({ headers, body })()).status).toBe(200);
    expect((await post({ headers, body: `${body} ` })()).status).toBe(413);
  });
});

describe("queries", () => {
  test.each([
    ["read", "/v1/purges?limit=0"],
    ["read", "/v1/purges?limit=101"],
    ["read", "/v1/purges?limit=ten"],
    ["read", "/v1/purges?state=done"],
    ["read", "/v1/purges?cursor="],
    ["read", "/v1/purges?cursor=17"],
    ["read", "/v1/explain"],
    ["read", "/v1/explain?url=https://a.example/&method=get"],
    ["read", "/v1/explain?url=https://a.example/&from="],
  ] as const)("as %s, %s is 400 and names the parameter", async (as, path) => {
    const response = await (await Deployment.start()).request(path, { as });
    expect(response.status).toBe(400);
    const { code, detail } = await problemOf(response);
    expect(code).toBe("malformed-query");
    expect(detail).toMatch(/^(limit|state|cursor|url|method|from): /);
  });

  test.each([
    ["/v1/purges?limit=5&limit=6", "limit: given more than once"],
    ["/v1/explain?url=https://a.example/&from=JP&from=DE", "from: given more than once"],
  ])("%s is 400: either value might be meant", async (path, detail) => {
    const response = await (await Deployment.start()).request(path, { as: "read" });
    expect(await problemOf(response)).toMatchObject({ status: 400, code: "malformed-query", detail });
  });

  test.each(["oc", "nowhere"])("?via=%s is 400: no such region here", async (via) => {
    const world = await Deployment.start();
    const response = await world.purge({ tags: ["a"] }, "purge", `?via=${via}`);
    expect((await problemOf(response)).code).toBe("malformed-query");
    expect(world.hub("weur").commands).toEqual([]);
  });

  test("what the edge cannot explain is 400, with its reason", async () => {
    const world = await Deployment.start();
    world.explained = { kind: "invalid", parameter: "from", detail: "no country XX" };
    const response = await world.request("/v1/explain?url=https://a.example/&from=XX", { as: "read" });
    expect(await problemOf(response)).toMatchObject({ code: "malformed-query", detail: "from: no country XX" });
  });
});

describe("paths and methods", () => {
  test.each([
    ["GET", "/v2/purges"],
    ["GET", "/v1"],
    ["GET", "/v1/purges/"],
    ["GET", "/v1/purges/a/b"],
    ["POST", "/v1/regions/weur/explode"],
    ["GET", "/index.html"],
    ["GET", "/v1/openapiXjson"],
  ])("%s %s is 404", async (method, path) => {
    const response = await (await Deployment.start()).request(path, { method, as: "admin" });
    expect(response.status).toBe(404);
    expect((await problemOf(response)).code).toBe("not-found");
  });

  test.each([
    ["DELETE", "/v1/purges", "POST, GET, HEAD"],
    ["PUT", "/v1/purges/weur.abcd12.1", "GET, HEAD"],
    ["GET", "/v1/regions/weur/drain", "POST"],
    ["OPTIONS", "/v1/stats", "GET, HEAD"],
    ["POST", "/", "GET, HEAD"],
    ["POST", "/metrics", "GET, HEAD"],
    ["POST", "/v1/openapi.json", "GET, HEAD"],
  ])("%s %s is 405 and says what is allowed", async (method, path, allow) => {
    const response = await (await Deployment.start()).request(path, { method, as: "admin" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    expect((await problemOf(response)).code).toBe("method-not-allowed");
  });

  test.each(["weur.abcd12.7", "oc.abcd12.1", "no-dot", "weur.abcd12.0"])("no purge %s is 404", async (id) => {
    const response = await (await Deployment.start()).request(`/v1/purges/${id}`, { as: "read" });
    expect(response.status).toBe(404);
    expect((await problemOf(response)).code).toBe("no-such-purge");
  });

  test("a purge that no log reaches back to is 410, unless the hub that accepted it still keeps it", async () => {
    const world = await Deployment.start();
    for (const region of ["weur", "apac"] as const) world.hub(region).forgets = true;
    const forgotten = await world.request("/v1/purges/apac.abcd12.1", { as: "read" });
    expect(forgotten.status).toBe(410);
    expect((await problemOf(forgotten)).code).toBe("purge-forgotten");
    const regions = await (await world.request("/v1/regions", { as: "read" })).json();
    expect(JSON.stringify(regions)).toContain('"emptied":{"at":"2026-11-20T10:15:00.000Z","by":"apac"}');
    // The accepting hub lost its disk, or is silent: still it is known that there was one.
    world.hub("apac").forgets = false;
    expect((await world.request("/v1/purges/apac.abcd12.1", { as: "read" })).status).toBe(410);
    world.hub("apac").mood = "down";
    expect((await world.request("/v1/purges/apac.abcd12.1", { as: "read" })).status).toBe(410);
    world.hub("apac").mood = "up";
    await world.purge({ tags: ["a"] }, "purge", "?via=apac");
    expect((await world.request("/v1/purges/apac.abcd12.1", { as: "read" })).status).toBe(200);
  });

  test.each([
    ["GET", "/v1/regions/oc"],
    ["GET", "/v1/regions/atlantis"],
    ["POST", "/v1/regions/oc/drain"],
  ])("%s %s is 404: a region that takes no part", async (method, path) => {
    const response = await (await Deployment.start()).request(path, { method, as: "admin" });
    expect(response.status).toBe(404);
    expect((await problemOf(response)).code).toBe("no-such-region");
  });
});

test("HEAD answers like GET, without a body", async () => {
  const world = await Deployment.start();
  const response = await world.request("/v1/regions", { method: "HEAD", as: "read" });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.text()).toBe("");
  expect((await world.request("/v1/regions", { method: "HEAD" })).status).toBe(401);
});

describe("hubs that refuse", () => {
  const purgeWith = async (moods: Partial<Record<(typeof REGIONS_OF_TEST)[number], Mood>>) => {
    const world = await Deployment.start();
    for (const region of REGIONS_OF_TEST) world.hub(region).mood = moods[region] ?? "up";
    return problemOf(await world.purge({ tags: ["a"] }));
  };

  test("for a key that stands for another purge: 409, and no other hub is asked", async () => {
    expect(await purgeWith({ weur: "conflict" })).toMatchObject({ status: 409, code: "idempotency-conflict" });
  });

  test("because it is not durable: 503, with the id under which it may exist", async () => {
    const problem = await purgeWith({ weur: "not-durable" });
    expect(problem).toMatchObject({ status: 503, code: "not-durable" });
    expect(problem.detail).toContain("weur.abcd12.9");
  });

  test("because none has joined: 503, even if others are silent", async () => {
    const moods = { enam: "down", weur: "not-joined", apac: "silent" } as const;
    expect(await purgeWith(moods)).toMatchObject({ status: 503, code: "not-joined" });
  });

  test("because their disks are full, all of them: 507, with what to do about it", async () => {
    const problem = await purgeWith({ enam: "full", weur: "full", apac: "full" });
    expect(problem).toMatchObject({ status: 507, code: "storage-failed" });
    expect(problem.detail).toContain("free space where its state is stored, then retry");
    expect(problem.detail).not.toContain("SQLITE");
  });

  test("because the disk of one is full: the next takes the purge", async () => {
    const world = await Deployment.start();
    world.hub("weur").mood = "full";
    expect((await world.purge({ tags: ["a"] })).status).toBe(200);
    expect([...world.hubs.values()].flatMap(({ commands }) => commands)).toHaveLength(1);
  });

  test.each(["down", "silent", "broken"] as const)("by being %s, all of them: 503", async (mood) => {
    const problem = await purgeWith({ enam: mood, weur: mood, apac: mood });
    expect(problem).toMatchObject({ status: 503, code: "hub-unreachable" });
    expect(JSON.stringify(problem)).not.toMatch(/10\.1\.2\.3|stack|ECONN/);
  });
});

test("the address of a hub that is down goes to the log alone", async () => {
  const world = await Deployment.start();
  world.hub("weur").mood = "down";
  await world.purge({ tags: ["a"] });
  expect(world.log).toEqual(["weur/purges cannot be reached: TypeError: connect ECONNREFUSED 10.1.2.3:8801"]);
});

test("what fails unforeseen is a plain 500", async () => {
  const world = await Deployment.start();
  world.explained = new Error("secret inside");
  const response = await world.request("/v1/explain?url=https://a.example/", { as: "read" });
  expect(response.status).toBe(500);
  const problem = await problemOf(response);
  expect(problem.code).toBe("internal");
  expect(JSON.stringify(problem)).not.toContain("secret inside");
  expect(world.log).toEqual(["GET /v1/explain failed: Error: secret inside"]);
});

test("a token that asks too often is 429 with the time to wait, and other tokens are not held up", async () => {
  const world = await Deployment.start();
  for (let index = 0; index < API_LIMITS.apiRequestBurst; index++) {
    expect((await world.request("/v1/purges/none", { as: "read" })).status).toBe(404);
  }
  const refused = await world.request("/v1/purges/none", { as: "read" });
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect((await problemOf(refused)).code).toBe("too-many-requests");
  expect((await world.request("/v1/purges/none", { as: "admin" })).status).toBe(404);
  world.time = (world.time + 1000) as typeof world.time;
  expect((await world.request("/v1/purges/none", { as: "read" })).status).toBe(404);
});

test("every answer is stored nowhere, framed by nobody and open to no other origin", async () => {
  const world = await Deployment.start();
  for (const path of ["/v1/health", "/v1/stats", "/nowhere", "/"]) {
    const { headers } = await world.request(path, { headers: { origin: "https://elsewhere.example" } });
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("strict-transport-security")).toBeNull();
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  }
  const deployed = await Deployment.start({ localMode: false });
  expect((await deployed.request("/")).headers.get("strict-transport-security")).toBe("max-age=31536000");
});
