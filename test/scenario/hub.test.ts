// Hubs as Durable Objects in workerd, on SQLite and with real alarms: what their pure core promises holds for the shell too,
// also after the process has ended.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { HubState, Receipt, ReceiptPage } from "../../control-plane/hub/commands.ts";
import { bundleWorker } from "../../control-plane/local/prepare/bundle.node.ts";
import { LOG_SUITE } from "../control-plane/hub/log-suite.ts";

const CONFIG = {
  origins: { shop: { url: "http://127.0.0.1:9" } },
  regions: { enam: {}, weur: {}, apac: {} },
  routes: [{ name: "all", origin: "shop" }],
};

let script = "";
let folder = "";
let miniflare: Miniflare;
let door: URL;

async function start(): Promise<void> {
  const object = (className: string) => ({ className, useSQLite: true });
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "worker.js", contents: script }],
      compatibilityDate: "2026-10-01",
      compatibilityFlags: ["nodejs_compat"],
      cf: false,
      host: "127.0.0.1",
      port: 0,
      resourcePersistencePath: folder,
      bindings: { MERIDIAN_CONFIG: JSON.stringify(CONFIG), CLUSTER_KEY: "x".repeat(43) },
      durableObjects: {
        HUB: object("Hub"),
        SHARD: object("Shard"),
        METER: object("Shard"),
        LOG_CASE: object("LogCase"),
        LEDGER_CASE: object("LedgerCase"),
      },
    }),
  );
  door = await miniflare.ready;
}

beforeAll(async () => {
  script = await bundleWorker(new URL("./hub/hubs.worker.ts", import.meta.url).pathname);
  folder = await mkdtemp(join(tmpdir(), "meridian-hub-"));
  await start();
});
afterAll(async () => {
  await miniflare?.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function ask(region: string, path: string, body?: unknown): Promise<{ status: number; answer: unknown }> {
  const init =
    body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
  const response = await fetch(new URL(`/hub/${region}/${path}`, door), init);
  const text = await response.text();
  return {
    status: response.status,
    answer: response.headers.get("content-type") === "application/json" ? JSON.parse(text) : text,
  };
}
const command = (more: object = {}) => ({
  v: 1,
  scopes: [{ kind: "tag", tag: "t" }],
  severity: "hard",
  by: "tester",
  wait: "applied",
  timeoutSeconds: 10,
  ...more,
});

describe("a log in SQLite", () => {
  test.each(LOG_SUITE)("$name", async ({ name }) => {
    const response = await fetch(new URL(`/log/${encodeURIComponent(name)}`, door));
    expect(await response.text()).toBe("passed");
  });
});

describe("hubs as objects", () => {
  test("accept a purge, tell shards and each other, and list it everywhere", async () => {
    await ask("apac", "sync", { v: 1, shard: 1, vector: {} });
    const { status, answer } = await ask("weur", "purges", command());
    expect({ status, answer }).toMatchObject({ status: 200, answer: { state: "applied", hub: "weur", missing: [] } });
    const { id } = answer as Receipt;
    for (const region of ["enam", "weur", "apac"]) {
      expect((await ask(region, `purges/${id}`)).answer).toMatchObject({ id, state: "applied" });
      expect(((await ask(region, "purges?limit=1")).answer as ReceiptPage).purges[0]?.id).toBe(id);
    }
    expect((await ask("apac", "dry-run", { v: 1, scopes: [] })).answer).toEqual({ v: 1, entries: 12, bytes: 1200 });
  });

  test("refuse with the status that the API passes on", async () => {
    const first = await ask("weur", "purges", command({ idempotencyKey: "k" }));
    const again = await ask("apac", "purges", command({ idempotencyKey: "k" }));
    const id = (first.answer as Receipt).id;
    expect(again).toMatchObject({ status: 200, answer: { id } });
    const other = await ask("apac", "purges", command({ idempotencyKey: "k", severity: "soft" }));
    expect(other).toMatchObject({ status: 409, answer: { code: "idempotency-conflict", id } });
    expect(await ask("apac", "purges/weur.zzzz.1")).toMatchObject({ status: 404, answer: { code: "no-such-purge" } });
    expect(await ask("apac", "purges/nonsense")).toMatchObject({ status: 404, answer: { code: "no-such-purge" } });
  });

  test.each([
    ["purges", "{"],
    ["purges", { v: 1 }],
    ["purges", { ...command(), scopes: [] }],
    ["purges", { ...command(), scopes: [{ kind: "regex", regex: ".*" }] }],
    ["exchange", { v: 2 }],
    ["exchange", { v: 1, from: "weur.aaaa", region: "weur", vector: { "weur.aaaa": -1 }, events: [] }],
    ["sync", { v: 1, shard: 256, vector: {} }],
    ["drain", { v: 1, region: "moon", drained: true, by: "tester" }],
  ])("answer a bad message to /%s with 400, and log nothing: %j", async (path, body) => {
    const before = (await ask("weur", "state")).answer as HubState;
    expect((await ask("weur", path, body)).status).toBe(400);
    expect(((await ask("weur", "state")).answer as HubState).vector).toEqual(before.vector);
  });

  test.each(["purges?limit=0", "purges?cursor=x", "purges?state=new", "purges/weur.aaaa.1?wait=forever"])(
    "answer GET /%s with 400",
    async (path) => {
      expect((await ask("weur", path)).status).toBe(400);
    },
  );

  test("reach one that was cut off when the alarm rings, without being asked", async () => {
    await fetch(new URL("/deaf/apac", door), { method: "PUT" });
    const { answer } = await ask("weur", "drain", { v: 1, region: "apac", drained: true, by: "tester" });
    expect(answer).toMatchObject({ drained: ["apac"] });
    expect((await ask("apac", "state")).answer).toMatchObject({ drained: [] });
    await fetch(new URL("/deaf/apac", door), { method: "DELETE" });
    await vi.waitFor(async () => expect((await ask("apac", "state")).answer).toMatchObject({ drained: ["apac"] }), {
      timeout: 20_000,
      interval: 200,
    });
  });

  test("are the same members with the same log after the process has ended", async () => {
    const { answer } = await ask("enam", "purges", command({ reason: "before the end" }));
    const before = (await ask("weur", "state")).answer as HubState;
    await miniflare.dispose();
    await start();
    const after = (await ask("weur", "state")).answer as HubState;
    expect(after).toMatchObject({ hub: before.hub, vector: before.vector, joined: true, drained: ["apac"] });
    expect((await ask("weur", `purges/${(answer as Receipt).id}`)).answer).toMatchObject({
      state: "applied",
      reason: "before the end",
    });
    expect((await ask("weur", "purges", command())).status).toBe(200);
  });
});

describe("a log that has been cut", () => {
  interface Said {
    readonly vector: Record<string, number>;
    readonly dropped: Record<string, number>;
    readonly events: number;
    readonly alive: readonly string[];
    readonly records: number;
  }
  const ledger = async (query: string): Promise<Said> =>
    (await (await fetch(new URL(`/ledger/short?events=200&${query}`, door))).json()) as Said;

  test("says after the process has ended what it said before", async () => {
    const before = await ledger("purges=500");
    expect(before.events).toBeLessThanOrEqual(200);
    expect(before).toMatchObject({ alive: [], records: 500 });
    await miniflare.dispose();
    await start();
    const { vector, dropped, records } = await ledger("purges=0");
    expect({ vector, dropped, records }).toEqual({ vector: before.vector, dropped: before.dropped, records: 500 });
    const after = await ledger("purges=1");
    expect(after).toMatchObject({ alive: [], records: 500 });
    expect(Object.values(after.vector)).toEqual([502]);
  });
});
