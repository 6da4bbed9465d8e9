// A Next.js-like site before real processes and sockets: right with its preset in every region, and right and told without it; and
// requests whose content is empty.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Fields } from "../../edge/http/fields.ts";
import { cacheStatusOf, type Running, startCdn } from "../fixtures/cluster.node.ts";
import { SITES } from "../fixtures/framework-sites.ts";

const { answer, visits } = SITES.next;
const plain = (path: string): string => path.replace(/^\/plain/, "");

/** The site; under /plain, where the route has no preset, it is there once more. */
const origin = createServer((asked, response) => {
  if (asked.method === "POST") {
    const { "content-length": length, "transfer-encoding": coding } = asked.headers;
    return void response.end(JSON.stringify({ length, coding }));
  }
  const lines = Object.entries(asked.headers).map(([name, value]) => [name, String(value)] as const);
  const said = answer({ method: "GET", path: plain(asked.url ?? ""), fields: Fields.from(lines) });
  response.writeHead(200, said.fields).end(said.body);
});
let cdn: Running;

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    origin.listen(0, "127.0.0.1", resolve);
  });
  cdn = await startCdn(28_387, {
    input: {
      origins: { site: { url: `http://127.0.0.1:${(origin.address() as AddressInfo).port}`, shield: "enam" } },
      regions: { weur: {}, enam: {}, apac: {} },
      routes: [
        { name: "plain", origin: "site", match: { paths: ["/plain/*"] } },
        { name: "posts", origin: "site", match: { paths: ["/posts/*"] }, mode: "bypass" },
        { name: "pages", origin: "site", framework: "next" },
      ],
    },
  });
});
afterAll(async () => {
  await cdn?.end();
  origin.close();
});

const get = (region: "weur" | "apac", path: string, headers: Record<string, string>) =>
  cdn.ask(`${cdn.cluster.edges[region]}${path}`, { headers });
const wanted = (path: string, fields: Record<string, string>) =>
  answer({ method: "GET", path, fields: Fields.from(Object.entries(fields)) }).body;

describe.each(["", "/plain"])("a Next.js site under %j", (prefix) => {
  test("gives each client what the site itself would, in every region, whoever came before", async () => {
    for (const region of ["weur", "apac", "weur"] as const) {
      for (const { path, fields } of visits) {
        const isPreview = fields.cookie?.includes("__prerender_bypass") === true;
        // Without the preset nobody has said that this cookie is a preview's.
        if (isPreview && prefix !== "") continue;
        expect((await get(region, `${prefix}${path}`, fields)).text).toBe(wanted(path, fields));
      }
    }
  });
});

test("with its preset its data are answered from the cache; without it, Cache-Status, explain and the metric say why not", async () => {
  const fields = { rsc: "1", "next-router-state-tree": "tree" };
  for (const path of ["/told", "/plain/told"]) await get("weur", path, fields);
  expect(cacheStatusOf(await get("weur", "/told", fields))).toContain("meridian-shard;hit");
  expect(cacheStatusOf(await get("weur", "/plain/told", fields))).toContain("detail=vary-withheld");
  const explained = () => cdn.api(`/v1/explain?url=${encodeURIComponent(`${cdn.cluster.frontDoor}/plain/told`)}`);
  await expect
    .poll(async () => (await explained()).json, { timeout: 20_000 })
    .toMatchObject({ varyWithheld: expect.arrayContaining(["next-router-state-tree", "rsc"]) });
});

test.each([
  ["no length", {}],
  ["a length of 0", { "content-length": "0" }],
])("a POST without content, with %s, reaches the origin with a length of 0", async (_, headers) => {
  const { body } = await request(`${cdn.cluster.frontDoor}/posts/a`, { method: "POST", headers });
  expect(await body.json()).toEqual({ length: "0" });
});

test("a GET whose content is empty is an ordinary one where nothing is cached; one that has content is refused", async () => {
  const ask = (body: string) => cdn.ask(`${cdn.cluster.frontDoor}/posts/a`, { body });
  expect((await ask("")).status).toBe(200);
  expect((await ask("hello")).status).toBe(400);
});
