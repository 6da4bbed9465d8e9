// The OpenAPI document is true: each documented route answers, each answer has a documented status and type, and its body
// fits the documented schema, read from the document itself. And what is mounted is documented: no other path answers.

import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { CODES } from "../../../control-plane/api/problems.ts";
import { Deployment, type TOKENS } from "./deployment.ts";

interface Operation {
  readonly summary: string;
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Record<string, { readonly content: Record<string, { readonly schema: object }> }>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, { readonly example?: unknown }> };
}

let document: Document;
beforeAll(async () => {
  document = (await (await (await Deployment.start()).request("/v1/openapi.json")).json()) as Document;
});

/** A schema of the document as a checker, with references to components resolved. */
function checker(schema: object): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas });
  return z.fromJSONSchema(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")));
}

interface Case {
  readonly method: "get" | "post";
  /** The path as documented, and as asked. */
  readonly path: string;
  readonly ask: string;
  readonly status: number;
  readonly as?: keyof typeof TOKENS;
  readonly body?: unknown;
  readonly before?: (world: Deployment) => unknown;
}

const purge = { method: "post", path: "/v1/purges", ask: "/v1/purges", as: "purge" } as const;
const prefetch = { method: "post", path: "/v1/prefetch", ask: "/v1/prefetch", as: "prefetch" } as const;
const explain = { method: "get", path: "/v1/explain", ask: "/v1/explain?url=https://a.example/", as: "read" } as const;
const noHub = (world: Deployment) => [...world.hubs.values()].map((hub) => (hub.mood = "down"));
const explanation = {
  url: "https://a.example/",
  method: "GET",
  route: "all",
  mode: "bypass" as const,
  client: { coordinates: { latitude: 1, longitude: 2 }, source: "region" },
  regions: [],
  origin: { name: "shop", url: "https://origin.example" },
  rules: { ttl: {}, key: {}, whenCutOff: "serve" as const },
};

const CASES: readonly Case[] = [
  { ...purge, status: 200, body: { tags: ["a"], reason: "r" } },
  {
    ...purge,
    status: 200,
    body: { everything: true, dryRun: true },
    before: (world) => (world.hub("apac").mood = "down"),
  },
  { ...purge, status: 202, body: { tags: ["a"], wait: "applied" } },
  {
    ...purge,
    status: 202,
    body: { tags: ["a"], wait: "complete" },
    before: (world) => (world.hub("weur").state = "applied"),
  },
  { ...purge, status: 400, ask: "/v1/purges?via=x", body: {} },
  { ...purge, status: 401, as: undefined, body: {} },
  { ...purge, status: 403, as: "read", body: {} },
  { ...purge, status: 409, body: { tags: ["a"] }, before: (world) => (world.hub("weur").mood = "conflict") },
  { ...purge, status: 413, body: { tags: new Array(5001).fill("a") } },
  { ...purge, status: 415 },
  { ...purge, status: 422, body: { tags: ["a b"] } },
  { ...purge, status: 503, body: { tags: ["a"] }, before: noHub },
  { ...prefetch, status: 200, body: { urls: ["https://a.example/"] } },
  { ...prefetch, status: 415 },
  { ...prefetch, status: 403, as: "shop", body: { urls: ["https://a.example/"] } },
  { ...prefetch, status: 422, body: {} },
  {
    method: "get",
    path: "/v1/purges",
    ask: "/v1/purges",
    as: "read",
    status: 200,
    before: (world) => world.purge({ tags: ["a"] }),
  },
  { method: "get", path: "/v1/purges", ask: "/v1/purges?limit=x", as: "read", status: 400 },
  { method: "get", path: "/v1/purges", ask: "/v1/purges", as: "read", status: 503, before: noHub },
  {
    method: "get",
    path: "/v1/purges/{id}",
    ask: "/v1/purges/weur.abcd12.1",
    as: "read",
    status: 200,
    before: (world) => world.purge({ urls: ["https://a.example/"] }),
  },
  { method: "get", path: "/v1/purges/{id}", ask: "/v1/purges/x", as: "read", status: 404 },
  { method: "get", path: "/v1/purges/{id}", ask: "/v1/purges/weur.abcd12.1", as: "read", status: 503, before: noHub },
  {
    method: "get",
    path: "/v1/regions",
    ask: "/v1/regions",
    as: "read",
    status: 200,
    before: (world) => (world.hub("apac").mood = "down"),
  },
  { method: "get", path: "/v1/regions/{id}", ask: "/v1/regions/weur", as: "read", status: 200 },
  { method: "get", path: "/v1/regions/{id}", ask: "/v1/regions/me", as: "read", status: 404 },
  { method: "post", path: "/v1/regions/{id}/drain", ask: "/v1/regions/weur/drain", as: "regions", status: 200 },
  {
    method: "post",
    path: "/v1/regions/{id}/drain",
    ask: "/v1/regions/weur/drain",
    as: "regions",
    status: 503,
    before: noHub,
  },
  { method: "post", path: "/v1/regions/{id}/undrain", ask: "/v1/regions/weur/undrain", as: "admin", status: 200 },
  {
    method: "get",
    path: "/v1/stats",
    ask: "/v1/stats",
    as: "read",
    status: 200,
    before: (world) => (world.meter("apac").reachable = false),
  },
  { ...explain, status: 200, before: (world) => (world.explained = { kind: "explained", explanation }) },
  { ...explain, status: 400 },
  { ...explain, status: 500, before: (world) => (world.explained = new Error("no")) },
  { method: "get", path: "/v1/keys", ask: "/v1/keys", status: 200 },
  { method: "get", path: "/v1/health", ask: "/v1/health", status: 200 },
  { method: "get", path: "/metrics", ask: "/metrics", as: "read", status: 200 },
  { method: "get", path: "/v1/openapi.json", ask: "/v1/openapi.json", status: 200 },
  { method: "get", path: "/", ask: "/", status: 200 },
];

const request = ({ method, as, body }: Case): RequestInit & { as?: keyof typeof TOKENS } => ({
  method: method.toUpperCase(),
  ...(as === undefined ? {} : { as }),
  ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
});

test.each(CASES)("$method $ask as $as gives $status as documented", async (one) => {
  const world = await Deployment.start();
  await one.before?.(world);
  const response = await world.request(one.ask, request(one));
  expect(response.status).toBe(one.status);
  const documented = document.paths[one.path]?.[one.method]?.responses[one.status];
  const type = (response.headers.get("content-type") ?? "").split(";")[0] as string;
  const schema = documented?.content[type]?.schema;
  if (schema === undefined) throw new Error(`${one.path} does not document ${one.status} as ${type}`);
  const body = type.endsWith("json") ? await response.json() : await response.text();
  expect(checker(schema).safeParse(body).error?.message).toBeUndefined();
});

test("every documented route answers above with every success it documents", () => {
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.keys(responses)
        .filter((status) => status.startsWith("2"))
        .map((status) => `${method} ${path} ${status}`),
    ),
  );
  const tried = new Set(CASES.map(({ method, path, status }) => `${method} ${path} ${status}`));
  expect(documented.length).toBeGreaterThanOrEqual(13);
  expect(documented.filter((one) => !tried.has(one))).toEqual([]);
});

test("a schema of the document can tell a wrong answer", () => {
  const schema = document.paths["/v1/regions"]?.get?.responses[200]?.content["application/json"]?.schema as object;
  expect(checker(schema).safeParse({ answeredBy: "weur", regions: [] }).success).toBe(true);
  expect(checker(schema).safeParse({ answeredBy: "atlantis", regions: [] }).success).toBe(false);
  expect(checker(schema).safeParse({ answeredBy: "weur" }).success).toBe(false);
  expect(checker(schema).safeParse({ answeredBy: "weur", regions: [], more: 1 }).success).toBe(false);
});

describe("the document", () => {
  test("is OpenAPI 3.1 and has exactly the routes of the interface", () => {
    expect(document.openapi).toBe("3.1.0");
    const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.sort()).toEqual([
      "GET /",
      "GET /metrics",
      "GET /v1/explain",
      "GET /v1/health",
      "GET /v1/keys",
      "GET /v1/openapi.json",
      "GET /v1/purges",
      "GET /v1/purges/{id}",
      "GET /v1/regions",
      "GET /v1/regions/{id}",
      "GET /v1/stats",
      "POST /v1/prefetch",
      "POST /v1/purges",
      "POST /v1/regions/{id}/drain",
      "POST /v1/regions/{id}/undrain",
    ]);
  });

  test("says of each route whether it needs a token, and documents 401 just there", () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const operation of Object.values(operations)) {
        const open = ["/", "/v1/health", "/v1/keys", "/v1/openapi.json"].includes(path);
        expect([path, operation.security]).toEqual([path, open ? [] : [{ token: [] }]]);
        expect([path, "401" in operation.responses]).toEqual([path, !open]);
        expect(operation.summary).not.toBe("");
      }
    }
  });

  test("names every error code, and its examples fit their schemas", () => {
    const text = JSON.stringify(document.paths);
    // `malformed-field` is for calls in other CDNs' shapes, which this document leaves to compat/README.md.
    const general = ["malformed-field", "not-found", "method-not-allowed"];
    expect(CODES.filter((code) => !text.includes(`\`${code}\``))).toEqual(general);
    const schemas = Object.entries(document.components.schemas);
    expect(schemas.map(([name]) => name).sort()).toEqual([
      "DryRun",
      "Explanation",
      "Health",
      "KeySet",
      "PrefetchRequest",
      "Problem",
      "PurgeRequest",
      "Receipt",
      "ReceiptPage",
      "Region",
      "RegionList",
      "Stats",
    ]);
    for (const [name, schema] of schemas) {
      expect([name, schema.example]).not.toEqual([name, undefined]);
      expect([name, checker(schema).safeParse(schema.example).error?.message]).toEqual([name, undefined]);
    }
  });

  test("describes path parameters as required and query parameters as they are", () => {
    const parameters = document.paths["/v1/explain"]?.get?.parameters ?? [];
    expect(parameters.map(({ name, required }) => [name, required])).toEqual([
      ["url", true],
      ["from", false],
      ["method", false],
    ]);
    expect(document.paths["/v1/regions/{id}"]?.get?.parameters).toMatchObject([
      { name: "id", in: "path", required: true },
    ]);
  });
});
