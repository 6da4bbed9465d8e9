/// <reference path="../../config/typescript/fastly.d.ts" />
// The official clients of Cloudflare and Fastly purge a whole CDN of two regions: only their base URL and token are ours. Each
// kind of purge is seen in what a client of the other region gets afterwards, and in the receipt that our own API shows.

import Cloudflare from "cloudflare";
import Fastly from "fastly";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheStatusOf, type Running, startCdn } from "../fixtures/cluster.node.ts";

let cdn: Running;
let cloudflare: Cloudflare;
let fastly: InstanceType<typeof Fastly.PurgeApi>;
beforeAll(async () => {
  cdn = await startCdn(22_787, { regions: ["weur", "enam"] });
  const { control, token } = cdn.cluster;
  cloudflare = new Cloudflare({ baseURL: `${control}/client/v4`, apiToken: token, maxRetries: 0 });
  fastly = new Fastly.PurgeApi(fastlyClient(token));
});
afterAll(() => cdn?.end());

/** Fastly's client has its address in each call, so a plugin changes it; and has the purge waited for, as a user may. */
function fastlyClient(token: string): InstanceType<typeof Fastly.ApiClient> {
  const client = new Fastly.ApiClient();
  client.plugins = [
    (request) => {
      request.url = request.url.replace("https://api.fastly.com", cdn.cluster.control);
      request.set("meridian-wait", "applied");
    },
  ];
  client.authenticate(token);
  return client;
}

const APPLIED = { headers: { "meridian-wait": "applied" } };
const site = (): string => new URL(cdn.cluster.frontDoor).host;

/** Has a page of its own for each case stored in a region, then changed at the origin. Gives its first version's ETag. */
async function storedThenChanged(product: number): Promise<string> {
  const first = await cdn.visit(`/products/${product}`, "US");
  await cdn.visit(`/products/${product}`, "US");
  await cdn.ask(`${cdn.cluster.origin?.url}/admin/products/${product}`, { method: "POST" });
  const hit = await cdn.visit(`/products/${product}`, "US");
  expect([cacheStatusOf(hit).includes("meridian-shard;hit"), hit.headers.etag]).toEqual([true, first.headers.etag]);
  return String(first.headers.etag);
}

/** The receipt of a purge by one of the clients, as our own API shows it. */
async function receiptOf(id: string | undefined): Promise<{ readonly state: string; readonly soft: boolean }> {
  const { status, json } = await cdn.api(`/v1/purges/${id}`);
  expect(status).toBe(200);
  return json as { state: string; soft: boolean };
}

describe("the client `cloudflare`", () => {
  test.each([
    ["files", 1, () => ({ files: [`http://${site()}/products/1`] })],
    [
      "files with fields",
      2,
      () => ({ files: [{ url: `http://${site()}/products/2`, headers: { "CF-IPCountry": "US" } }] }),
    ],
    ["tags", 3, () => ({ tags: ["product-3"] })],
    ["prefixes", 4, () => ({ prefixes: [`${site()}/products/4`] })],
    ["hosts", 5, () => ({ hosts: ["127.0.0.1"] })],
    ["everything", 6, () => ({ purge_everything: true })],
  ])("purges %s", async (_what, product, scopes) => {
    const before = await storedThenChanged(product);
    const purged = await cloudflare.cache.purge({ zone_id: "any", ...scopes() }, APPLIED);
    expect((await cdn.visit(`/products/${product}`, "US")).headers.etag).not.toBe(before);
    expect(await receiptOf(purged?.id)).toMatchObject({ state: "applied", soft: false, by: "admin" });
  });

  test("without waiting has a receipt that comes to be applied", async () => {
    const purged = await cloudflare.cache.purge({ zone_id: "any", tags: ["product-7"] });
    await expect.poll(async () => (await receiptOf(purged?.id)).state).toBe("applied");
  });

  test("invalidates what is stored softly", async () => {
    const invalidated = await cloudflare.cache.invalidate({ zone_id: "any", tags: ["product-8"] }, APPLIED);
    expect(await receiptOf(invalidated?.id)).toMatchObject({ soft: true });
  });

  test("hears of errors as it does of Cloudflare's", async () => {
    const stranger = new Cloudflare({ baseURL: `${cdn.cluster.control}/client/v4`, apiToken: "nobody", maxRetries: 0 });
    const unknown = await stranger.cache.purge({ zone_id: "any", tags: ["a"] }).catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(Cloudflare.AuthenticationError);
    expect((unknown as { errors: unknown[] }).errors).toMatchObject([{ code: 10000 }]);
    const empty = await cloudflare.cache.purge({ zone_id: "any", tags: [] }).catch((error: unknown) => error);
    expect(empty).toBeInstanceOf(Cloudflare.BadRequestError);
    expect((empty as { errors: unknown[] }).errors).toMatchObject([{ code: 1012 }]);
  });
});

describe("the client `fastly`", () => {
  test.each([
    ["a key", 11, () => fastly.purgeTag({ service_id: "any", surrogate_key: "product-11" })],
    ["a URL", 12, () => fastly.purgeSingleUrl({ cached_url: `${site()}/products/12` })],
    ["a URL with its scheme", 13, () => fastly.purgeSingleUrl({ cached_url: `http://${site()}/products/13` })],
  ])("purges %s", async (_what, product, purge) => {
    const before = await storedThenChanged(product);
    const { status, id } = await purge();
    expect(status).toBe("ok");
    expect((await cdn.visit(`/products/${product}`, "US")).headers.etag).not.toBe(before);
    expect(await receiptOf(id)).toMatchObject({ state: "applied", soft: false });
  });

  test.each([
    ["in a body", 14, { purge_response: { surrogate_keys: ["product-14", "other"] } }],
    ["in a field", 15, { surrogate_key: "product-15 other" }],
  ])("purges several keys %s", async (_where, product, keys) => {
    const before = await storedThenChanged(product);
    const ids = await fastly.bulkPurgeTag({ service_id: "any", ...keys });
    expect(Object.keys(ids)).toEqual([`product-${product}`, "other"]);
    expect((await cdn.visit(`/products/${product}`, "US")).headers.etag).not.toBe(before);
    expect(await receiptOf(ids.other)).toMatchObject({ state: "applied" });
  });

  test("purges all of a service", async () => {
    const before = await storedThenChanged(16);
    expect((await fastly.purgeAll({ service_id: "any" })).status).toBe("ok");
    expect((await cdn.visit("/products/16", "US")).headers.etag).not.toBe(before);
  });

  test("purges softly where it is asked to", async () => {
    const { id } = await fastly.purgeTag({ service_id: "any", surrogate_key: "product-17", fastly_soft_purge: 1 });
    expect(await receiptOf(id)).toMatchObject({ soft: true });
  });

  test("hears of an unknown token as it does of Fastly's", async () => {
    const stranger = new Fastly.PurgeApi(fastlyClient("nobody"));
    const refused = await stranger.purgeAll({ service_id: "any" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 401, body: { code: "token-unknown" } });
  });
});

test("a URL is purged with the method PURGE", async () => {
  const before = await storedThenChanged(18);
  const { control, token } = cdn.cluster;
  const headers = { "fastly-key": token, "meridian-wait": "applied" };
  const answer = await cdn.ask(`${control}/purge/${site()}/products/18`, { method: "PURGE" as "POST", headers });
  expect([answer.status, JSON.parse(answer.text).status]).toEqual([200, "ok"]);
  expect((await cdn.visit("/products/18", "US")).headers.etag).not.toBe(before);
  expect((await cdn.visit("/products/18", "US", { method: "PURGE" as "POST" })).status).toBe(405);
});
