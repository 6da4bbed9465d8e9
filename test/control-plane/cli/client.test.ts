// The API client: which answers it takes, what it says to do after a failure, and whose token it sends where. The invariant
// that matters most: the local admin token never leaves this machine.

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type ApiRoute, json } from "../../../control-plane/api/route.ts";
import { ROUTES } from "../../../control-plane/api/routes.ts";
import { ApiClient } from "../../../control-plane/cli/client.node.ts";
import { connect, isLoopback } from "../../../control-plane/cli/common-options.node.ts";
import { type CommandFailure, describeFailure } from "../../../control-plane/cli/failure.ts";
import { processTerminal } from "../../../control-plane/cli/terminal.node.ts";
import { FakeApi, problemReply } from "./fake-api.ts";

const schema = z.strictObject({ n: z.number(), inner: z.strictObject({ m: z.number() }).optional() });
const route = {
  method: "get",
  path: "/v1/x",
  summary: "",
  access: "public",
  responses: { 200: json(schema, ""), 202: json(schema, "") },
  problems: [],
} as const satisfies ApiRoute;
let api: FakeApi;
beforeEach(() => {
  api = new FakeApi();
});
afterEach(() => api.stop());

const ask = async (answering: Parameters<FakeApi["start"]>[0], token?: string) => {
  const client = new ApiClient(await api.start(answering), token);
  const answer = await client.ask(route, {});
  await client.close();
  return answer;
};

describe("an answer", () => {
  it("is the checked value with its status", async () => {
    expect(await ask(() => ({ status: 202, body: { n: 1 } }))).toEqual({
      kind: "answer",
      value: { n: 1 },
      status: 202,
    });
  });
  it("may have fields of a later version, at any depth", async () => {
    const body = { n: 1, more: true, inner: { m: 2, more: [] } };
    expect(await ask(() => ({ status: 200, body }))).toMatchObject({
      kind: "answer",
      value: { n: 1, inner: { m: 2 } },
    });
  });
  it.each([
    ["lacks a field", { status: 200, body: { more: true } }],
    ["has a field of another type", { status: 200, body: { n: "1" } }],
    ["is no JSON", { status: 200, body: "<html>" }],
    ["is an error that is no problem", { status: 502, body: { error: "bad gateway" } }],
  ])("that %s is not the API's", async (_name, reply) => {
    expect(await ask(() => reply)).toMatchObject({ kind: "failed", failure: { kind: "not-the-api" } });
  });
  it("with a status that the route does not have is not the API's", async () => {
    expect(await ask(() => ({ status: 201, body: { n: 1 } }))).toMatchObject({
      failure: { kind: "not-the-api", status: 201 },
    });
  });
  it("is asked for without a token when there is none", async () => {
    await ask(() => ({ status: 200, body: { n: 1 } }));
    expect(api.asked[0]?.token).toBeUndefined();
  });
});

describe("a call", () => {
  it("writes the route's parameters into the path and the query values that are given behind it", async () => {
    const client = new ApiClient(await api.start(() => ({ status: 200, body: {} })), "t");
    await client.ask(ROUTES.receipt, { parameters: { id: "a/b?c" } });
    await client.ask(ROUTES.purges, { query: { limit: "5", state: "partial", cursor: undefined } });
    await client.ask(ROUTES.purge, { query: { via: "weur" }, body: { tags: ["a"] } });
    await client.close();
    expect(api.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "GET /v1/purges/a%2Fb%3Fc",
      "GET /v1/purges?limit=5&state=partial",
      "POST /v1/purges?via=weur",
    ]);
    expect(api.asked.map(({ body }) => body)).toEqual([undefined, undefined, { tags: ["a"] }]);
  });

  it("does not compile where it misses what the route takes, or gives what it does not take", () => {
    const client = new ApiClient("http://127.0.0.1:1", undefined);
    const wrong = () => [
      // @ts-expect-error the route has a parameter
      client.ask(ROUTES.receipt, {}),
      // @ts-expect-error the route has no such state
      client.ask(ROUTES.purges, { query: { state: "done" } }),
      // @ts-expect-error a purge has no such member
      client.ask(ROUTES.purge, { query: {}, body: { tag: "a" } }),
      // @ts-expect-error the route answers with a region
      client.ask(ROUTES.drain, { parameters: { id: "weur" } }, { as: schema }),
      // @ts-expect-error the route answers with one value, not with lines
      client.follow(ROUTES.stats, {}, 1, () => "more"),
    ];
    expect(wrong).toBeTypeOf("function");
  });

  it.each(Object.values(ROUTES))("has a parameter for each that is in the path $path", (route: ApiRoute) => {
    const named = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(Object.keys(route.parameters?.shape ?? {})).toEqual(named);
  });
});

describe("a failure says what to do next", () => {
  const told = (failure: CommandFailure) => describeFailure(failure).join("\n");

  it.each([
    ["ECONNREFUSED", "npm start"],
    ["UND_ERR_HEADERS_TIMEOUT", "another region's API"],
    ["ENOTFOUND", "Check --api"],
    ["EPIPE", "broken (EPIPE)"],
  ])("after %s", (code, hint) => {
    expect(told({ kind: "unreachable", api: "http://h", code, detail: "broken" })).toContain(hint);
  });

  it("after 401, with and without a token", async () => {
    const refuse = () => problemReply("token-missing", "send one");
    const without = await ask(refuse);
    if (without.kind !== "failed") throw new Error("it should have failed");
    expect(told(without.failure)).toContain("--token or MERIDIAN_TOKEN");
    api.stop();
    const given = await ask(refuse, "wrong");
    if (given.kind !== "failed") throw new Error("it should have failed");
    expect(told(given.failure)).toContain("not one of this deployment's");
  });

  it("after 403, naming the scope", async () => {
    const answer = await ask(() => problemReply("scope-missing", "this needs the scope regions"));
    if (answer.kind !== "failed") throw new Error("it should have failed");
    expect(told(answer.failure)).toContain("the scope regions");
  });
});

describe("a local file that is damaged", () => {
  const at = (name: string, text: string) => {
    const folder = mkdtempSync(join(tmpdir(), "meridian-"));
    mkdirSync(join(folder, ".meridian"));
    writeFileSync(join(folder, ".meridian", name), text);
    return () => connect(new Command(), {}, { ...processTerminal(), folder, environment: {} });
  };

  it.each([
    ["run.json", "", "run.json is empty. Restart Meridian (npm start), which replaces it"],
    ["run.json", '{"v":1,', "run.json is damaged (it is not valid JSON). Restart Meridian"],
    ["token", "\n", "token is empty: restart Meridian (npm start), which creates a new one"],
  ])("is named with what to do: %s holding %j", (name, text, words) => {
    expect(at(name, text)).toThrow(words);
  });
});

describe("where the token comes from", () => {
  const inFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), "meridian-"));
    mkdirSync(join(folder, ".meridian"));
    writeFileSync(join(folder, ".meridian", "token"), "local-admin\n");
    return folder;
  };
  const tokenFor = async (address: string, folder: string, environment: Record<string, string> = {}) => {
    const client = connect(new Command(), { api: address }, { ...processTerminal(), folder, environment });
    await client.ask(route, {});
    await client.close();
    return api.asked.at(-1)?.token;
  };

  it("is the local admin's for an API on this machine, found from a folder below", async () => {
    const address = await api.start(() => ({ status: 200, body: { n: 1 } }));
    const folder = inFolder();
    mkdirSync(join(folder, "below"));
    expect(await tokenFor(address, join(folder, "below"))).toBe("Bearer local-admin");
  });

  it("is the environment's before the local admin's", async () => {
    const address = await api.start(() => ({ status: 200, body: { n: 1 } }));
    expect(await tokenFor(address, inFolder(), { MERIDIAN_TOKEN: "mine" })).toBe("Bearer mine");
  });

  it.each(["mine\n", "mine\r\n", " mine "])("is the same with white space around it: %j", async (token) => {
    const address = await api.start(() => ({ status: 200, body: { n: 1 } }));
    expect(await tokenFor(address, inFolder(), { MERIDIAN_TOKEN: token })).toBe("Bearer mine");
  });

  it.each([
    ["", "MERIDIAN_TOKEN is empty"],
    [" \n", "MERIDIAN_TOKEN is empty"],
    ["mi ne", "MERIDIAN_TOKEN contains characters that no token has"],
    ["mine\nmine", "MERIDIAN_TOKEN contains characters that no token has"],
    ["schlüssel", "MERIDIAN_TOKEN contains characters that no token has"],
  ])("is named as what is wrong when it is %j, and nothing is sent", async (token, words) => {
    const address = await api.start(() => ({ status: 200, body: { n: 1 } }));
    const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    const connecting = () =>
      connect(
        command,
        { api: address },
        { ...processTerminal(), folder: inFolder(), environment: { MERIDIAN_TOKEN: token } },
      );
    expect(connecting).toThrow(words);
    expect(() => connect(command, { api: address, token }, { ...processTerminal(), environment: {} })).toThrow(
      words.replace("MERIDIAN_TOKEN", "--token"),
    );
    expect(api.asked).toEqual([]);
  });

  it("is asked for at the address that a variable gives, which must not be empty either", () => {
    const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    const at = (MERIDIAN_API: string) =>
      connect(command, {}, { ...processTerminal(), environment: { MERIDIAN_API } }).api;
    expect(at("http://127.0.0.1:1\n")).toBe("http://127.0.0.1:1");
    expect(() => at("")).toThrow("MERIDIAN_API is empty");
    expect(() => at("cdn.example")).toThrow('MERIDIAN_API takes an http or https URL, not "cdn.example"');
  });

  it("is nobody's for an API elsewhere, though there is a local installation", async () => {
    const address = await api.start(() => ({ status: 200, body: { n: 1 } }));
    // This address leads here as well, but does not say so.
    expect(await tokenFor(address.replace("127.0.0.1", "0.0.0.0"), inFolder())).toBeUndefined();
    expect(api.asked).toHaveLength(1);
  });

  it.each([
    ["127.0.0.1", true],
    ["127.9.9.9", true],
    ["localhost", true],
    ["[::1]", true],
    ["127.0.0.1.example.com", false],
    ["localhost.example.com", false],
    ["cdn.example", false],
  ])("the local admin's goes to this machine alone: %s is it %s", (host, local) => {
    expect(isLoopback(host)).toBe(local);
  });
});
