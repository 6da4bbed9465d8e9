// What an unsafe request ends (RFC 9111 section 4.4, RFC 9875), over real processes: at once in the region that saw it and at the
// shield; in the other regions only on a route that sends it everywhere, through the purge log.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheStatusOf, type Running, startCdn } from "../fixtures/cluster.node.ts";

let version = 1;
/** Every page is of the group "prices" and lasts an hour; a POST ends that group. */
const origin = createServer((request, response) => {
  if (request.method === "POST") {
    version += 1;
    response.writeHead(200, { "cache-group-invalidation": '"prices"' }).end("changed");
  } else {
    response.writeHead(200, { "cache-control": "max-age=3600", "cache-groups": '"prices"' }).end(`version ${version}`);
  }
});
let cdn: Running;

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    origin.listen(0, "127.0.0.1", resolve);
  });
  cdn = await startCdn(25_887, {
    input: {
      origins: { shop: { url: `http://127.0.0.1:${(origin.address() as AddressInfo).port}`, shield: "enam" } },
      regions: { weur: {}, enam: {}, apac: {} },
      routes: [
        { name: "loud", origin: "shop", match: { paths: ["/loud/*"] }, invalidation: "everywhere" },
        { name: "pages", origin: "shop" },
      ],
    },
  });
});
afterAll(async () => {
  await cdn?.end();
  origin.close();
});

const get = (region: "weur" | "apac", path: string, headers: Record<string, string> = {}) =>
  cdn.ask(`${cdn.cluster.edges[region]}${path}`, { headers });

test("a group ends at once where the change was made and at the shield, and elsewhere only with its time", async () => {
  const before = (await get("weur", "/a")).text;
  expect((await get("apac", "/a")).text).toBe(before);
  const posted = await cdn.ask(`${cdn.cluster.edges.weur}/order`, { method: "POST" });
  expect(posted.text).toBe("changed");
  const after = await get("weur", "/a");
  expect(after.text).not.toBe(before);
  expect(cacheStatusOf(after)).toMatch(/meridian-shield;fwd=uri-miss.*meridian-shard;fwd=uri-miss/);
  expect((await get("apac", "/a")).text).toBe(before);
});

test("on a route that says so it ends everywhere, as a purge that the log names", async () => {
  const before = (await get("apac", "/loud/a")).text;
  await cdn.ask(`${cdn.cluster.edges.weur}/loud/order`, { method: "POST" });
  const { json } = await cdn.api("/v1/purges");
  const [purge] = (json as { purges: { id: string; by: string; scopes: Record<string, string[]> }[] }).purges;
  expect(purge?.by).toBe("route:loud");
  expect(JSON.stringify(purge?.scopes)).toContain("prices");
  const after = await get("apac", "/loud/a", { "meridian-min-purge": purge?.id ?? "" });
  expect(after.text).not.toBe(before);
});
