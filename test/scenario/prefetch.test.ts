// A prefetch through a whole CDN of three regions: what it warms is a hit for the first client, it costs the origin one request
// for each object, and it fetches nothing but what is configured.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { API_LIMITS } from "../../control-plane/api/limits.ts";
import { type PrefetchLine, prefetchLineSchema } from "../../control-plane/prefetch/lines.ts";
import { cacheStatusOf, type Running, regionOf, startCdn } from "../fixtures/cluster.node.ts";

let cdn: Running;
let site: Server;
let sitemaps: Readonly<Record<string, string>> = {};
const asked: string[] = [];
let underWay = 0;
let mostAtOnce = 0;

beforeAll(async () => {
  // A site of its own, whose sitemaps the test writes.
  site = createServer((request, response) => {
    asked.push(request.url ?? "");
    mostAtOnce = Math.max(mostAtOnce, ++underWay);
    response.once("close", () => {
      underWay -= 1;
    });
    const sitemap = sitemaps[request.url ?? ""];
    const type = sitemap === undefined ? "text/plain" : "application/xml";
    response.writeHead(200, { "content-type": type, "cache-control": "public, max-age=600" });
    response.end(sitemap ?? `page ${request.url}`);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  cdn = await startCdn(22_787, {
    input: {
      origins: {
        shop: { url: "http://127.0.0.1:8799", place: "enam", shield: "enam" },
        site: { url: `http://127.0.0.1:${(site.address() as AddressInfo).port}`, place: "weur", shield: "weur" },
      },
      regions: { weur: {}, enam: {}, apac: {} },
      routes: [
        { name: "account", match: { paths: ["/account/*"] }, origin: "shop", mode: "bypass" },
        { name: "eu", match: { paths: ["/eu/*"] }, origin: "shop", residency: ["weur"] },
        { name: "site", match: { paths: ["/site/*"] }, origin: "site" },
        { name: "pages", origin: "shop" },
      ],
    },
  });
});
afterAll(async () => {
  await cdn?.end();
  site?.close();
});

async function prefetch(body: object): Promise<PrefetchLine[]> {
  const answer = await cdn.ask(`${cdn.cluster.control}/v1/prefetch`, {
    method: "POST",
    headers: { authorization: `Bearer ${cdn.cluster.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return answer.text
    .trimEnd()
    .split("\n")
    .map((line) => prefetchLineSchema.parse(JSON.parse(line)));
}

const url = (path: string): string => `${cdn.cluster.frontDoor}${path}`;
const CLIENTS = [
  ["DE", "weur"],
  ["US", "enam"],
  ["JP", "apac"],
] as const;
/** As browsers ask, which is how a prefetch asks. */
const BROWSER = { headers: { "accept-encoding": "gzip, br" } };

describe("a prefetch", () => {
  test("makes the first client of each region find a hit, and costs the origin one request", async () => {
    const lines = await prefetch({ urls: [url("/products/1"), url("/products/2")] });
    expect(lines.at(-1)).toMatchObject({ kind: "ended", warm: 6, failed: 0, left: [] });
    for (const [from, region] of CLIENTS) {
      const answer = await cdn.visit("/products/1", from, BROWSER);
      expect([regionOf(answer), cacheStatusOf(answer)]).toEqual([region, expect.stringMatching(/^meridian-shard;hit/)]);
    }
    expect(await cdn.originRequests("/products/1")).toBe(1);
  });

  test("warms the regions that are named, and no other", async () => {
    await prefetch({ urls: [url("/products/3")], regions: ["apac"] });
    expect(cacheStatusOf(await cdn.visit("/products/3", "JP", BROWSER))).toContain("meridian-shard;hit");
    expect(cacheStatusOf(await cdn.visit("/products/3", "DE", BROWSER))).toContain("meridian-shard;fwd=uri-miss");
  });

  test("for clients from somewhere warms the region that serves them", async () => {
    const lines = await prefetch({ urls: [url("/products/4")], from: "JP" });
    expect(lines[1]).toMatchObject({ kind: "visited", region: "apac", stored: true });
  });

  test("passes over what is not stored, or stays elsewhere", async () => {
    const lines = await prefetch({ urls: [url("/account/me"), url("/eu/records/1")] });
    expect(
      lines.flatMap((line) => (line.kind === "passed-over" ? [`${line.reason} ${line.region}`] : [])).sort(),
    ).toEqual(["not-cached apac", "not-cached enam", "not-cached weur", "residency apac", "residency enam"]);
    expect(await cdn.originRequests("/account/me")).toBe(0);
  });

  test("after a purge warms nothing older than it", async () => {
    await prefetch({ urls: [url("/products/5")] });
    const before = await cdn.visit("/products/5", "JP", BROWSER);
    await cdn.ask(`${cdn.cluster.origin?.url}/admin/products/5`, { method: "POST" });
    const { json } = await cdn.api("/v1/purges", { tags: ["product-5"] });
    const lines = await prefetch({ urls: [url("/products/5")], after: (json as { id: string }).id });
    expect(lines.at(-1)).toMatchObject({ kind: "ended", warm: 3 });
    for (const [from] of CLIENTS) {
      const answer = await cdn.visit("/products/5", from, BROWSER);
      expect(cacheStatusOf(answer)).toContain("meridian-shard;hit");
      expect(answer.headers.etag).not.toBe(before.headers.etag);
    }
  });

  test("of many URLs asks the origin once for each, and for few at once", async () => {
    asked.length = 0;
    const lines = await prefetch({ urls: Array.from({ length: 120 }, (_, index) => url(`/site/${index}`)) });
    expect(lines.at(-1)).toMatchObject({ kind: "ended", warm: 360, failed: 0, left: [] });
    expect(new Set(asked).size).toBe(120);
    expect(asked).toHaveLength(120);
    expect(mostAtOnce).toBeLessThanOrEqual(API_LIMITS.prefetchConcurrency);
  });

  test("of a sitemap warms what it names on its own host, through the CDN", async () => {
    const elsewhere = `http://127.0.0.1:${(site.address() as AddressInfo).port}/secret`;
    sitemaps = {
      "/site/index.xml": `<sitemapindex><sitemap><loc>${url("/site/map.xml")}</loc></sitemap></sitemapindex>`,
      "/site/map.xml": `<urlset><url><loc>${url("/site/a?b=1&amp;c=2")}</loc></url><url><loc>${elsewhere}</loc></url></urlset>`,
    };
    asked.length = 0;
    const lines = await prefetch({ sitemap: url("/site/index.xml"), regions: ["enam"] });
    expect(lines.at(-1)).toMatchObject({ kind: "ended", warm: 1, failed: 0 });
    expect(asked).toEqual(["/site/index.xml", "/site/map.xml", "/site/a?b=1&c=2"]);
  });
});
