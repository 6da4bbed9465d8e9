// Other CDNs' purge calls: what each becomes here, and what its client hears when something is wrong. The clients themselves are
// run against a whole CDN in test/scenario/compat.test.ts.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { API_LIMITS } from "../../../control-plane/api/limits.ts";
import type { Scope } from "../../../control-plane/purge/event.ts";
import { Deployment, TOKENS } from "./deployment.ts";

type As = keyof typeof TOKENS;
interface Envelope {
  readonly success: boolean;
  readonly errors: readonly { readonly code: number; readonly message: string; readonly source?: object }[];
  readonly messages: readonly { readonly message: string }[];
  readonly result: { readonly id: string; readonly state: string } | null;
}

async function cloudflare(
  world: Deployment,
  body: unknown,
  { as = "purge", fields = {}, call = "purge_cache" }: { as?: As; fields?: Record<string, string>; call?: string } = {},
): Promise<{ readonly status: number; readonly answer: Envelope; readonly response: Response }> {
  const response = await world.request(`/client/v4/zones/023e105f4ecef8ad9ca31a8372d0c353/${call}`, {
    as,
    method: "POST",
    headers: { "content-type": "application/json", ...fields },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Envelope, response };
}

async function fastly(
  world: Deployment,
  path: string,
  {
    token = TOKENS.purge,
    fields = {},
    method = "POST",
    body,
  }: Partial<Record<"token" | "method" | "body", string>> & {
    fields?: Record<string, string>;
  } = {},
): Promise<{ readonly status: number; readonly answer: Record<string, string>; readonly response: Response }> {
  const response = await world.request(path, {
    method,
    headers: { ...(token === "" ? {} : { "fastly-key": token }), ...fields },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, string>, response };
}

const asked = (world: Deployment): { scopes: readonly Scope[]; severity: string } | undefined => {
  const command = world.hub("weur").commands[0];
  return command && { scopes: command.scopes, severity: command.severity };
};
const nobodyAsked = (world: Deployment): boolean => [...world.hubs.values()].every((hub) => hub.commands.length === 0);

describe("Cloudflare's purge_cache", () => {
  const url = (text: string): Scope => ({ kind: "url", url: text });
  const prefix = (text: string): Scope => ({ kind: "prefix", prefix: text });

  test.each<[string, object, readonly Scope[]]>([
    ["files", { files: ["https://shop.example/a?v=1"] }, [url("https://shop.example/a?v=1")]],
    [
      "files with fields, which choose one variant there and none here",
      { files: [{ url: "http://shop.example/a", headers: { "CF-Device-Type": "mobile" } }, "http://shop.example/b"] },
      [url("http://shop.example/a"), url("http://shop.example/b")],
    ],
    [
      "tags",
      { tags: ["a", "b"] },
      [
        { kind: "tag", tag: "a" },
        { kind: "tag", tag: "b" },
      ],
    ],
    ["prefixes, which stand for both schemes", { prefixes: ["shop.example/foo"] }, [prefix("//shop.example/foo")]],
    ["a prefix that is a host alone", { prefixes: ["shop.example"] }, [prefix("//shop.example/")]],
    [
      "a prefix that has a scheme after all",
      { prefixes: ["https://shop.example/a"] },
      [prefix("https://shop.example/a")],
    ],
    ["hosts", { hosts: ["shop.example"] }, [{ kind: "host", host: "shop.example" }]],
    ["everything", { purge_everything: true }, [{ kind: "everything" }]],
    [
      "lists together",
      { tags: ["a"], hosts: ["h.example"] },
      [
        { kind: "tag", tag: "a" },
        { kind: "host", host: "h.example" },
      ],
    ],
  ])("takes %s", async (_what, body, scopes) => {
    const world = await Deployment.start();
    const { status, answer, response } = await cloudflare(world, body);
    expect([status, answer]).toEqual([
      200,
      { success: true, errors: [], messages: [], result: { id: "weur.abcd12.1", state: "accepted" } },
    ]);
    expect(response.headers.get("location")).toBe("/v1/purges/weur.abcd12.1");
    const { scopes: got, severity } = asked(world) ?? {};
    expect([severity, new Set(got)]).toEqual(["hard", new Set(scopes)]);
  });

  test("has a receipt that our own API shows", async () => {
    const world = await Deployment.start();
    const { answer } = await cloudflare(world, { tags: ["a"] });
    const receipt = await world.request(`/v1/purges/${answer.result?.id}`, { as: "read" });
    expect(await receipt.json()).toMatchObject({ id: answer.result?.id, by: "purge", scopes: { tags: ["a"] } });
  });

  test("as invalidate_cache it is soft", async () => {
    const world = await Deployment.start();
    await cloudflare(world, { tags: ["a"] }, { call: "invalidate_cache" });
    expect(asked(world)?.severity).toBe("soft");
  });

  test.each<[string, unknown, number, number, object | undefined]>([
    ["no JSON", "{", 400, 6007, undefined],
    ["nothing to purge", {}, 400, 1012, undefined],
    ["nothing but a false", { purge_everything: false }, 400, 1012, undefined],
    ["an empty list", { files: [] }, 400, 1012, undefined],
    ["a text in place of a list", { files: "https://a.example/" }, 400, 400, { pointer: "/files" }],
    ["a path for a URL", { files: ["https://a.example/", "/b"] }, 400, 400, { pointer: "/files/1" }],
    [
      "a file without its URL",
      { files: [{ headers: {} }] },
      400,
      400,
      { pointer: expect.stringContaining("/files/0") },
    ],
    ["a prefix with a query", { prefixes: ["a.example/b?c"] }, 400, 400, { pointer: "/prefixes/0" }],
    ["a misspelt member", { tag: ["a"], hosts: ["a.example"] }, 400, 400, { pointer: "/tag" }],
    ["everything and more", { purge_everything: true, tags: ["a"] }, 400, 400, { pointer: "/purge_everything" }],
    ["too many scopes", { tags: new Array(LIMITS.purgeScopes + 1).fill("a") }, 413, 413, undefined],
  ])("refuses %s in its envelope, and purges nothing", async (_what, body, status, code, source) => {
    const world = await Deployment.start();
    const got = await cloudflare(world, body);
    expect([got.status, got.answer.success, got.answer.result]).toEqual([status, false, null]);
    const [first] = got.answer.errors;
    expect(first?.code).toBe(code);
    expect(first?.message).not.toBe("");
    if (code !== 1012) expect(first?.source).toEqual(source);
    expect(nobodyAsked(world)).toBe(true);
  });

  test.each<[string, As | undefined, Record<string, string>, number, number, RegExp]>([
    ["no token", undefined, {}, 401, 10000, /Bearer/],
    ["an unknown token", undefined, { authorization: "Bearer nobody" }, 401, 10000, /not one of this deployment's/],
    ["an account's key", undefined, { "x-auth-key": "k", "x-auth-email": "a@b.example" }, 401, 10000, /X-Auth-Key/],
    ["a token without the scope", "read", {}, 403, 9109, /purge/],
    ["a token of other hosts", "shop", {}, 403, 9109, /limited to/],
    ["an unknown state to wait for", "purge", { "meridian-wait": "done" }, 400, 6003, /Meridian-Wait/],
    ["a form", "purge", { "content-type": "application/x-www-form-urlencoded" }, 415, 415, /Content-Type/],
  ])("refuses %s", async (_what, as, fields, status, code, message) => {
    const world = await Deployment.start();
    const response = await world.request("/client/v4/zones/z/purge_cache", {
      ...(as === undefined ? {} : { as }),
      method: "POST",
      headers: { "content-type": "application/json", ...fields },
      body: JSON.stringify({ files: ["https://other.example/"] }),
    });
    const answer = (await response.json()) as Envelope;
    expect([response.status, answer.success, answer.errors[0]?.code]).toEqual([status, false, code]);
    expect(answer.errors[0]?.message).toMatch(message);
    expect(nobodyAsked(world)).toBe(true);
  });

  test("refuses a body beyond the limit of our own API", async () => {
    const world = await Deployment.start();
    const got = await cloudflare(world, { tags: ["a".repeat(API_LIMITS.apiBodyBytes)] });
    expect([got.status, got.answer.success]).toEqual([413, false]);
  });

  test("takes from the same bucket as our own API, and says when to come back", async () => {
    const world = await Deployment.start();
    for (let index = 0; index < API_LIMITS.apiRequestBurst; index++) await world.request("/v1/purges", { as: "purge" });
    const { status, answer, response } = await cloudflare(world, { tags: ["a"] });
    expect([status, answer.errors[0]?.code, response.headers.get("retry-after")]).toEqual([429, 1134, "1"]);
  });

  test("is no success when no hub takes it", async () => {
    const world = await Deployment.start();
    for (const hub of world.hubs.values()) hub.mood = "down";
    const { status, answer } = await cloudflare(world, { tags: ["a"] });
    expect([status, answer.success, answer.result]).toEqual([503, false, null]);
  });

  test("waits only where it is asked to, and says when the state is not reached", async () => {
    const world = await Deployment.start();
    const waiting = await cloudflare(world, { tags: ["a"] }, { fields: { "meridian-wait": "applied" } });
    expect(world.hub("weur").commands[0]?.wait).toBe("applied");
    expect([waiting.status, waiting.answer.result?.state]).toEqual([202, "accepted"]);
    expect(waiting.answer.messages[0]?.message).toContain("/v1/purges/weur.abcd12.1");
    world.hub("weur").state = "applied";
    const reached = await cloudflare(world, { tags: ["a"] }, { fields: { "meridian-wait": "Applied" } });
    expect([reached.status, reached.answer.result?.state, reached.answer.messages]).toEqual([200, "applied", []]);
  });

  test("answers for its other calls and methods in its envelope", async () => {
    const world = await Deployment.start();
    for (const [method, path, status, code] of [
      ["GET", "/client/v4/zones", 404, 7003],
      ["POST", "/client/v4/zones/z/environments/e/purge_cache", 404, 7003],
      ["DELETE", "/client/v4/zones/z/purge_cache", 405, 7001],
    ] as const) {
      const response = await world.request(path, { method, as: "admin" });
      const answer = (await response.json()) as Envelope;
      expect([path, response.status, answer.success, answer.errors[0]?.code]).toEqual([path, status, false, code]);
    }
  });
});

describe("Fastly's calls", () => {
  const tag = (text: string): Scope => ({ kind: "tag", tag: text });
  const json = { "content-type": "application/json" };

  test.each<[string, Parameters<typeof fastly>[2], readonly Scope[], object]>([
    ["/service/SU1Z/purge/product-7", {}, [tag("product-7")], { status: "ok", id: "weur.abcd12.1" }],
    ["/service/SU1Z/purge/a%2Fb", {}, [tag("a/b")], { status: "ok", id: "weur.abcd12.1" }],
    ["/service/SU1Z/purge/a/b:c", {}, [tag("a/b:c")], { status: "ok", id: "weur.abcd12.1" }],
    [
      "/service/SU1Z/purge",
      { fields: json, body: '{"surrogate_keys":["a","b","a"]}' },
      [tag("a"), tag("b")],
      { a: "weur.abcd12.1", b: "weur.abcd12.1" },
    ],
    [
      "/service/SU1Z/purge",
      { fields: { "surrogate-key": "a  b" } },
      [tag("a"), tag("b")],
      { a: "weur.abcd12.1", b: "weur.abcd12.1" },
    ],
    // How a POST without a body arrives: as one of no bytes, and no type.
    [
      "/service/SU1Z/purge",
      { fields: { "surrogate-key": "a b" }, body: "" },
      [tag("a"), tag("b")],
      { a: "weur.abcd12.1", b: "weur.abcd12.1" },
    ],
    ["/service/SU1Z/purge_all", {}, [{ kind: "everything" }], { status: "ok", id: "weur.abcd12.1" }],
    [
      "/purge/shop.example/a?v=2",
      {},
      [{ kind: "url", url: "//shop.example/a?v=2" }],
      { status: "ok", id: "weur.abcd12.1" },
    ],
    [
      "/purge/https://shop.example/a%20b",
      { method: "PURGE" },
      [{ kind: "url", url: "//shop.example/a%20b" }],
      { status: "ok", id: "weur.abcd12.1" },
    ],
  ])("%s %o", async (path, options, scopes, answer) => {
    const world = await Deployment.start();
    const got = await fastly(world, path, options);
    expect([got.status, got.answer]).toEqual([200, answer]);
    expect(got.response.headers.get("location")).toBe("/v1/purges/weur.abcd12.1");
    expect(asked(world)).toEqual({ scopes, severity: "hard" });
  });

  test("are soft with the field that says so, but for a purge of everything", async () => {
    for (const [path, severity] of [
      ["/service/s/purge/a", "soft"],
      ["/purge/shop.example/", "soft"],
      ["/service/s/purge_all", "hard"],
    ] as const) {
      const world = await Deployment.start();
      await fastly(world, path, { fields: { "fastly-soft-purge": "1" } });
      expect([path, asked(world)?.severity]).toEqual([path, severity]);
    }
  });

  test.each<[string, string, Parameters<typeof fastly>[2], number, string, RegExp]>([
    ["without a token", "/service/s/purge_all", { token: "" }, 401, "token-missing", /Fastly-Key/],
    ["with an unknown token", "/service/s/purge_all", { token: "x" }, 401, "token-unknown", /token/],
    ["without the scope", "/service/s/purge_all", { token: TOKENS.read }, 403, "scope-missing", /purge/],
    ["beyond the token's hosts", "/purge/other.example/", { token: TOKENS.shop }, 403, "host-not-allowed", /limited/],
    ["with a body that is no JSON", "/service/s/purge", { fields: json, body: "{" }, 400, "malformed-body", /JSON/],
    [
      "with another body",
      "/service/s/purge",
      { fields: json, body: '{"keys":[]}' },
      400,
      "invalid-body",
      /surrogate_keys/,
    ],
    ["without a key", "/service/s/purge", {}, 400, "invalid-body", /Surrogate-Key/],
    [
      "with a body of another type",
      "/service/s/purge",
      { fields: { "surrogate-key": "a" }, body: '{"surrogate_keys":["b"]}' },
      415,
      "unsupported-media-type",
      /Content-Type/,
    ],
    [
      "with a key that cannot be",
      "/service/s/purge",
      { fields: json, body: '{"surrogate_keys":["a","b c"]}' },
      400,
      "invalid-body",
      /^surrogate key 1: /,
    ],
    ["of no URL", "/purge/", {}, 400, "invalid-body", /URL/],
    [
      "with an unknown wait",
      "/service/s/purge_all",
      { fields: { "meridian-wait": "x" } },
      400,
      "malformed-field",
      /Wait/,
    ],
    ["by another method", "/purge/shop.example/", { method: "DELETE" }, 405, "method-not-allowed", /PURGE/],
    ["of another kind", "/service/s/version", {}, 404, "not-found", /purge/],
  ])("%s are refused in its shape, and purge nothing", async (_what, path, options, status, code, detail) => {
    const world = await Deployment.start();
    const got = await fastly(world, path, options);
    expect([got.status, got.answer.code]).toEqual([status, code]);
    expect(got.answer.msg).not.toBe("");
    expect(got.answer.detail).toMatch(detail);
    expect(nobodyAsked(world)).toBe(true);
  });

  test("wait where they are asked to, and are not ok before", async () => {
    const world = await Deployment.start();
    const fields = { "meridian-wait": "applied" };
    const waiting = await fastly(world, "/service/s/purge_all", { fields });
    expect([waiting.status, waiting.answer.status]).toEqual([202, "accepted"]);
    world.hub("weur").state = "applied";
    const reached = await fastly(world, "/service/s/purge_all", { fields });
    expect([reached.status, reached.answer.status]).toEqual([200, "ok"]);
  });

  test("are not ok when no hub takes them", async () => {
    const world = await Deployment.start();
    for (const hub of world.hubs.values()) hub.mood = "down";
    const { status, answer } = await fastly(world, "/service/s/purge/a");
    expect([status, answer.code, answer.status]).toEqual([503, "hub-unreachable", undefined]);
  });
});
