// What is observed over the API: regions, statistics, explanations and metrics, as hubs and meters give them.

import { expect, test } from "vitest";
import type { Explanation } from "../../../../config/explanation.ts";
import { kilometres } from "../../../../config/units.ts";
import { Deployment } from "../deployment.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are checked against their schemas in openapi.test.ts.
const bodyOf = async (response: Response) => (await response.json()) as any;

test("regions are shown as they are: up, joining or unreachable, and drained or not", async () => {
  const world = await Deployment.start();
  world.hub("enam").mood = "not-joined";
  world.hub("apac").mood = "down";
  world.hub("weur").drained = ["apac"];
  const body = await bodyOf(await world.request("/v1/regions", { as: "read" }));
  expect(body.answeredBy).toBe("weur");
  const seen = body.regions.map((region: Record<string, unknown>) => [region.id, region.status, region.drained]);
  expect(seen).toEqual([
    ["enam", "joining", false],
    ["weur", "up", false],
    ["apac", "unreachable", true],
  ]);
  expect(body.regions[1]).toMatchObject({
    city: "Amsterdam",
    shards: 2,
    hub: { id: "weur.abcd12", subscribers: [0, 2] },
  });
  expect(body.regions[2]).toMatchObject({ reason: "its hub cannot be reached" });
  expect(body.regions[2]).not.toHaveProperty("hub");
  expect(await bodyOf(await world.request("/v1/regions/weur", { as: "read" }))).toEqual(body.regions[1]);
});

test("a silent hub does not hold up the others", async () => {
  const world = await Deployment.start();
  world.hub("enam").mood = "silent";
  const body = await bodyOf(await world.request("/v1/regions", { as: "read" }));
  expect(body.regions.map(({ status }: { status: string }) => status)).toContain("unreachable");
});

test("a region is drained and given back, even one whose hub is down", async () => {
  const world = await Deployment.start();
  world.hub("apac").mood = "down";
  const drained = await world.request("/v1/regions/apac/drain", { as: "regions", method: "POST" });
  expect(drained.status).toBe(200);
  expect(await bodyOf(drained)).toMatchObject({ id: "apac", drained: true, status: "unreachable" });
  expect(world.hub("weur").drained).toEqual(["apac"]);
  const back = await world.request("/v1/regions/apac/undrain", { as: "regions", method: "POST" });
  expect(await bodyOf(back)).toMatchObject({ id: "apac", drained: false });
});

test("health tells of the own hub, and asks it once a second at most", async () => {
  const world = await Deployment.start();
  const health = async () => bodyOf(await world.request("/v1/health"));
  expect(await health()).toEqual({ status: "ok", region: "weur", mode: "local" });
  world.hub("weur").mood = "down";
  expect((await health()).status).toBe("ok");
  expect(world.hub("weur").asked).toHaveLength(1);
  world.time = (world.time + 1000) as typeof world.time;
  expect(await health()).toMatchObject({ status: "degraded", detail: "the hub cannot be reached" });
});

test("statistics are those of each region's meter, and their sum", async () => {
  const world = await Deployment.start();
  world.measure("weur", {
    counters: {
      "meridian_requests_total|shard|hit|2xx|all": 6,
      "meridian_requests_total|origin|miss|2xx|all": 1,
      "meridian_requests_total|shield|collapsed|5xx|all": 1,
      "meridian_requests_total|origin|bypass|2xx|all": 2,
      "meridian_client_bytes_total|all": 1000,
      "meridian_origin_requests_total|shop|2xx": 3,
    },
    distributions: { "meridian_time_to_first_byte_seconds|shard": { buckets: buckets({ 5: 10 }), sum: 0.4 } },
    gauges: {
      "meridian_shard_entries|0": 4,
      "meridian_shard_entries|1": 3,
      "meridian_shard_bytes|0": 99,
      "meridian_origin_breaker_state|shop|10": 0,
      "meridian_origin_breaker_state|shop|2": 2,
      "meridian_origin_breaker_state|api|0": 1,
    },
  });
  world.measure("enam", {
    counters: { "meridian_requests_total|origin|miss|2xx|all": 2 },
    gauges: { "meridian_shard_entries|0": 1 },
  });
  world.meter("apac").reachable = false;
  const body = await bodyOf(await world.request("/v1/stats", { as: "read" }));
  const [enam, weur, apac] = body.regions;
  expect(weur).toMatchObject({
    region: "weur",
    reachable: true,
    requests: 10,
    hitRatio: 7 / 8,
    errorRatio: 0.1,
    clientBytes: 1000,
    originRequests: 3,
    entries: 7,
    entryBytes: 99,
  });
  expect(weur.breakers).toEqual([
    { origin: "api", shard: 0, state: "half-open" },
    { origin: "shop", shard: 2, state: "open" },
    { origin: "shop", shard: 10, state: "closed" },
  ]);
  expect(weur.timeToFirstByteMillis.p50).toBeCloseTo(37.5);
  expect(weur.series).toHaveLength(120);
  expect(weur.series.at(-1)).toMatchObject({ at: "2026-11-20T10:15:00.000Z", requests: 10, hitRatio: 7 / 8 });
  expect(weur.series.at(-2)).toMatchObject({ requests: 0, hitRatio: null });
  expect(enam).toMatchObject({ requests: 2, hitRatio: 0, timeToFirstByteMillis: { p50: null } });
  expect(apac).toMatchObject({ reachable: false, requests: 0, hitRatio: null, series: [] });
  expect(body.total).toMatchObject({ requests: 12, hitRatio: 0.7, entries: 8 });
  expect(body.total.series).toHaveLength(120);
  expect(body.total.series.at(-1)).toMatchObject({ requests: 12 });
});

test("metrics are one text for all regions, and say which region is missing", async () => {
  const world = await Deployment.start();
  await world.purge({ tags: ["a"] });
  world.time = (world.time + 90_000) as typeof world.time;
  world.measure("weur", { counters: { "meridian_requests_total|shard|hit|2xx|all": 6 } });
  world.meter("apac").reachable = false;
  world.hub("apac").mood = "down";
  world.hub("weur").drained = ["enam"];
  world.hub("enam").forgets = true;
  const response = await world.request("/metrics", { as: "read" });
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = (await response.text()).split("\n");
  for (const line of [
    'meridian_requests_total{region="weur",tier="shard",outcome="hit",status="2xx",route="all"} 6',
    'meridian_region_up{region="weur"} 1',
    'meridian_region_up{region="apac"} 0',
    'meridian_region_drained{region="enam"} 1',
    'meridian_meter_up{region="apac"} 0',
    'meridian_hub_log_events{region="weur"} 1',
    'meridian_hub_forgotten_events{region="weur"} 0',
    'meridian_hub_forgotten_events{region="enam"} 7',
    `meridian_hub_emptied_timestamp_seconds{region="enam"} ${world.time / 1000}`,
    'meridian_purges_unapplied{region="weur"} 1',
    'meridian_purge_unapplied_oldest_seconds{region="weur"} 90',
  ]) {
    expect(lines).toContain(line);
  }
  expect(lines.filter((line) => line.startsWith("meridian_purges_unapplied{"))).toHaveLength(1);
});

test("an explanation is passed on as the edge gives it", async () => {
  const world = await Deployment.start();
  const explanation: Explanation = {
    url: "https://shop.example/a",
    method: "GET",
    route: "all",
    mode: "cache",
    key: "k",
    client: { coordinates: { latitude: 35.7, longitude: 139.7 }, country: "JP", source: "meridian-from" },
    regions: [{ region: "apac", distanceKm: kilometres(1), reason: "nearest" }],
    shard: { region: "apac", index: 2, ring: "r1" },
    shield: { region: "enam", index: 0 },
    origin: { name: "shop", url: "http://127.0.0.1:8799" },
    rules: { ttl: {}, key: { query: "all" }, whenCutOff: "serve" },
  };
  world.explained = { kind: "explained", explanation };
  const response = await world.request("/v1/explain?url=https://shop.example/a&from=JP", { as: "read" });
  expect(await bodyOf(response)).toEqual(explanation);

  // What meters have counted of its route, in whichever region, is added.
  world.measure("weur", {
    counters: { "meridian_vary_withheld_total|all|rsc": 3, "meridian_vary_withheld_total|other|x": 1 },
  });
  world.measure("enam", { counters: { "meridian_vary_withheld_total|all|next-url": 1 } });
  const again = await world.request("/v1/explain?url=https://shop.example/a&from=JP", { as: "read" });
  expect(await bodyOf(again)).toEqual({ ...explanation, varyWithheld: ["next-url", "rsc"] });
});

const buckets = (filled: Record<number, number>): number[] =>
  Array.from({ length: 19 }, (_, index) => filled[index] ?? 0);
