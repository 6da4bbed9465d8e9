// The control API, a hub and a meter in workerd itself: what fakes cannot show is whether the API is kept between requests,
// whether counts are written, and what is left after the process is gone.

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Tally } from "../../config/metrics/tally.ts";
import { API_LIMITS } from "../../control-plane/api/limits.ts";
import { receiptSigner } from "../../control-plane/api/purges/receipt-signer.worker.ts";
import { checkSignature } from "../../control-plane/cli/purge/receipt-signature.node.ts";
import { buildDashboard } from "../../control-plane/dashboard/build.node.ts";
import { bundleWorker, COMPATIBILITY } from "../../control-plane/local/prepare/bundle.node.ts";

const TOKEN = "scenario-admin-token";
const folder = mkdtempSync(join(tmpdir(), "meridian-control-"));
const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
let script = "";
let miniflare: Miniflare;

const config = {
  origins: { shop: { url: "http://127.0.0.1:8799" } },
  regions: { weur: { shards: 2 } },
  routes: [{ name: "all", origin: "shop" }],
};

function start(): Miniflare {
  const object = (className: string) => ({ className, useSQLite: true });
  return new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "worker.js", contents: script }],
      compatibilityDate: COMPATIBILITY.date,
      compatibilityFlags: [...COMPATIBILITY.flags],
      durableObjects: { HUB: object("Hub"), METER: object("Meter"), SHARD: object("Shard") },
      resourcePersistencePath: folder,
      bindings: {
        CLUSTER_KEY: "k".repeat(43),
        MERIDIAN_CONFIG: JSON.stringify(config),
        MERIDIAN_REGION: "weur",
        API_TOKENS: JSON.stringify([
          { name: "admin", sha256: createHash("sha256").update(TOKEN).digest("hex"), scopes: ["admin"] },
          { name: "busy", sha256: createHash("sha256").update("busy").digest("hex"), scopes: ["read"] },
        ]),
      },
      cf: false,
    }),
  );
}

const ask = (path: string, init: { method?: string; body?: string; headers?: Record<string, string> } = {}) =>
  miniflare.dispatchFetch(`http://control.test${path}`, { headers, ...init });
// biome-ignore lint/suspicious/noExplicitAny: answers are checked against their schemas in the API's own tests.
const json = async (path: string, init?: Parameters<typeof ask>[1]): Promise<any> => (await ask(path, init)).json();
const purge = (body: object) => json("/v1/purges", { method: "POST", body: JSON.stringify(body) });
const push = async (tally: Tally) => {
  const body = JSON.stringify(tally.takeDeltas());
  return (await ask("/test/meter/add", { method: "POST", body })).json();
};
const HIT = { tier: "edge", outcome: "hit", status: "2xx", route: "all" } as const;

beforeAll(async () => {
  await buildDashboard();
  script = await bundleWorker(new URL("./control-plane/entry.worker.ts", import.meta.url).pathname);
  miniflare = start();
});
afterAll(async () => {
  await miniflare?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe("the control API in workerd", () => {
  test("is healthy, and shows its page under a policy of its own", async () => {
    expect(await json("/v1/health", { headers: {} })).toEqual({ status: "ok", region: "weur", mode: "local" });
    const page = await ask("/", { headers: {} });
    expect(page.headers.get("content-security-policy")).toMatch(/script-src 'sha256-[\w+/]{43}='/);
    expect(await page.text()).toContain("<title>Meridian</title>");
  });

  test("purges, and tells of the purge later", async () => {
    const receipt = await purge({ tags: ["product-7"], wait: "applied", reason: "test" });
    expect(receipt).toMatchObject({ state: "applied", by: "admin", reason: "test", hub: "weur", missing: [] });
    expect(await json(`/v1/purges/${receipt.id}`)).toMatchObject({ id: receipt.id, state: "applied" });
    expect((await json("/v1/purges")).purges.map(({ id }: { id: string }) => id)).toContain(receipt.id);
  });

  test("answers a wait for complete once every earlier lease is over, and does not hold it for the whole time", async () => {
    const response = await ask("/v1/purges", { method: "POST", body: '{"tags":["a"],"wait":"complete"}' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ state: "complete", completeAt: expect.any(String) });
  });

  test("signs receipts with the key that it shows, as Node derives it from the same secret", async () => {
    const receipt = await purge({ tags: ["signed"] });
    const keys = await json("/v1/keys", { headers: {} });
    expect(keys).toEqual(await receiptSigner("k".repeat(43)).keys());
    expect(checkSignature(receipt, keys)).toMatchObject({ kind: "signed" });
    expect(checkSignature({ ...receipt, by: "somebody" }, keys)).toMatchObject({ code: "forged" });
  });

  test("counts what a purge would hit over the shards that the hub serves", async () => {
    for (const shard of [0, 1]) {
      const body = JSON.stringify({ v: 1, shard, vector: {} });
      expect((await ask("/test/hub/sync", { method: "POST", body })).status).toBe(200);
    }
    expect(await purge({ everything: true, dryRun: true })).toMatchObject({ entries: 6, bytes: 600, missing: [] });
  });

  test("pages through purges with the hub's cursors", async () => {
    for (const tag of ["p1", "p2", "p3"]) await purge({ tags: [tag] });
    const first = await json("/v1/purges?limit=2");
    const second = await json(`/v1/purges?limit=2&cursor=${encodeURIComponent(first.cursor)}`);
    const tags = [...first.purges, ...second.purges].flatMap(
      ({ scopes }: { scopes: { tags: string[] } }) => scopes.tags,
    );
    expect(tags.slice(0, 3)).toEqual(["p3", "p2", "p1"]);
  });

  test("drains a region and gives it back", async () => {
    expect(await json("/v1/regions/weur/drain", { method: "POST" })).toMatchObject({ drained: true });
    expect((await json("/v1/regions")).regions[0]).toMatchObject({ status: "up", drained: true });
    expect(await json("/v1/regions/weur/undrain", { method: "POST" })).toMatchObject({ drained: false });
  });

  test("remembers between requests how often a token asked: it is built once", async () => {
    const statuses = await Promise.all(
      Array.from({ length: API_LIMITS.apiRequestBurst + 100 }, async () => {
        const response = await ask("/v1/purges/none", { headers: { authorization: "Bearer busy" } });
        await response.arrayBuffer();
        return response.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([404, 429]));
  });
});

test("a meter counts each push once, and knows its counts after the process is gone", async () => {
  const tally = new Tally("isolate-of-the-test", "weur");
  tally.count("meridian_requests_total", HIT, 5);
  expect(await push(tally)).toEqual({ v: 1, sequence: 1 });
  expect(await push(tally)).toEqual({ v: 1, sequence: 1 });
  const line = /^meridian_requests_total\{.*\} (\d+)$/m;
  const shown = async () => line.exec(await (await ask("/metrics")).text())?.[1];
  expect(await shown()).toBe("5");
  // Read once, so it is written: nothing that was shown may be lost, although no alarm has come yet.
  await miniflare.dispose();
  miniflare = start();
  expect(await shown()).toBe("5");
  expect(await push(tally)).toEqual({ v: 1, sequence: 1 });
  tally.acknowledge(1);
  tally.count("meridian_requests_total", HIT, 2);
  await push(tally);
  expect(await shown()).toBe("7");
  expect((await json("/v1/stats")).regions[0]).toMatchObject({ requests: 7, hitRatio: 1 });
  expect(await (await ask("/metrics")).text()).toMatch(
    /meridian_purge_scopes_total\{.*severity="hard",scope="tag"\} \d/,
  );
});

test("a meter refuses what is no push", async () => {
  const refused = await ask("/test/meter/add", { method: "POST", body: "{}" });
  expect(refused.status).toBe(400);
  expect((await ask("/test/meter/nothing", { method: "POST", body: "{}" })).status).toBe(404);
});
