// An idle node costs nothing on the real platform: after traffic and purges in three regions no object of the deployed script
// has an alarm set, no timer is to fire and no request is under way, so nothing can happen by itself; and nothing does. That the
// check can fail is shown on a hub with a needless alarm and a shard with a needless timer.

import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { bundleWorker, COMPATIBILITY } from "../../control-plane/local/prepare/bundle.node.ts";
import { type PlainOrigin, startPlainOrigin } from "../fixtures/plain-origin.node.ts";
import type { Counts } from "./idle/counts.ts";

const REGIONS = ["weur", "enam", "apac"] as const;
/** Clients at these places. */
const PLACES = [
  { country: "NL", continent: "EU", latitude: "52.4", longitude: "4.9" },
  { country: "US", continent: "NA", latitude: "39", longitude: "-77.5" },
  { country: "JP", continent: "AS", latitude: "35.7", longitude: "139.7" },
] as const;

let origin: PlainOrigin;
let miniflare: Miniflare;
let door: URL;
beforeAll(async () => {
  origin = await startPlainOrigin();
  for (let page = 0; page < 4; page++) {
    origin.pages.set(`/${page}`, { body: Buffer.from("page"), fields: { "cache-tag": `page-${page}` } });
  }
  const config = {
    origins: { shop: { url: origin.url, shield: "enam" } },
    regions: Object.fromEntries(REGIONS.map((region) => [region, {}])),
    routes: [{ name: "all", origin: "shop" }],
  };
  const object = (className: string) => ({ className, useSQLite: true });
  const script = await bundleWorker(new URL("./idle/counted.worker.ts", import.meta.url).pathname);
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "worker.js", contents: script }],
      compatibilityDate: COMPATIBILITY.date,
      compatibilityFlags: [...COMPATIBILITY.flags],
      cf: false,
      host: "127.0.0.1",
      port: 0,
      bindings: { MERIDIAN_CONFIG: JSON.stringify(config), CLUSTER_KEY: "x".repeat(43), API_TOKENS: "[]" },
      durableObjects: { HUB: object("Hub"), SHARD: object("Shard"), METER: object("Meter") },
    }),
  );
  door = await miniflare.ready;
});
afterAll(async () => {
  await miniflare?.dispose();
  await origin?.stop();
});

const look = async (): Promise<Counts> => (await fetch(new URL("/counts", door))).json() as Promise<Counts>;

/** Whether nothing can happen by itself any more. */
const isAtRest = ({ timers, alarms, underWay }: Counts): boolean =>
  timers === 0 && alarms.length === 0 && underWay === 0;

async function rest(): Promise<Counts> {
  return vi.waitFor(
    async () => {
      const counts = await look();
      if (!isAtRest(counts)) throw new Error(`still busy: ${JSON.stringify(counts)}`);
      return counts;
    },
    { timeout: 40_000, interval: 250 },
  );
}

async function visitEverywhere(): Promise<void> {
  for (const cf of PLACES) {
    for (let page = 0; page < 4; page++) {
      const answer = await miniflare.dispatchFetch(new URL(`/${page}`, door), { cf });
      expect(answer.status).toBe(200);
      await answer.text();
    }
  }
}

async function purge(region: string): Promise<void> {
  const scopes = [{ kind: "tag", tag: "page-1" }];
  const command = { v: 1, scopes, severity: "hard", by: "test", wait: "complete", timeoutSeconds: 20 };
  const answer = await fetch(new URL(`/hub/${region}/purges`, door), {
    method: "POST",
    body: JSON.stringify(command),
  });
  expect(await answer.json()).toMatchObject({ state: "complete" });
}

test("after traffic and purges nothing is set to happen, and nothing has happened when somebody looks again", async () => {
  await visitEverywhere();
  await Promise.all(REGIONS.map(purge));
  await visitEverywhere();
  const atRest = await rest();
  for (const region of REGIONS) expect(atRest.requests[`hub:${region}`], region).toBeGreaterThan(0);
  expect(Object.keys(atRest.requests).filter((name) => name.startsWith("shard")).length).toBeGreaterThanOrEqual(2);
  expect(atRest.storage).toBeGreaterThan(0);
  expect(atRest.rung).toBeGreaterThan(0);
  for (let count = 0; count < 5; count++) expect(await look()).toEqual(atRest);
});

test.each([
  ["a hub with an alarm in an hour", "hub:weur"],
  ["a shard with a timer in an hour", "shard:enam:0"],
])("is noticed where it is not so: %s", async (_, name) => {
  await rest();
  expect((await fetch(new URL(`/restless/${name}`, door))).status).toBe(200);
  expect(isAtRest(await look())).toBe(false);
  if (name.startsWith("hub")) {
    // It rings in vain when it is due; until then it would keep the next case from coming to rest.
    expect((await look()).alarms).toEqual([name]);
    await fetch(new URL(`/calm/${name}`, door));
  }
});
