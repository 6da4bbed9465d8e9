// `npm run bench -- idle`: what the first hit after idleness costs with nine regions at their distances, region by region, beside
// a warm hit and the way to the farthest region: its shard's lease is gone, and its hub must hear all others again before it
// may give another. Once with all regions idle, once while clients elsewhere keep one other region busy. Also what the processes
// do while nothing is asked. It reports and never judges.

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { LIMITS } from "../../config/limits.ts";
import { roundTrip } from "../../config/world/distance.ts";
import { REGION_IDS, REGIONS, type RegionId } from "../../config/world/regions.ts";
import { GOSSIP_LIMITS } from "../../control-plane/gossip/limits.ts";
import { HUB_LIMITS } from "../../control-plane/hub/limits.ts";
import { cacheStatusOf, startCdn } from "../fixtures/cluster.node.ts";
import { startPlainOrigin } from "../fixtures/plain-origin.node.ts";
import { cpuMicrosOf } from "./processor.node.ts";
import { quantile } from "./ratios.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "2" },
    busy: { type: "string", default: "weur" },
    port: { type: "string", default: "23487" },
  },
  strict: false,
});
const rounds = Number(values.rounds);
const busy = values.busy as RegionId;
/** Longer than any lease, hearing and repair after the last request. */
const IDLE_MILLIS = HUB_LIMITS.hearingMillis + GOSSIP_LIMITS.gossipRepairFirstMillis;

const oneWay = (from: RegionId, to: RegionId): number => roundTrip(REGIONS[from].place, REGIONS[to].place) / 2;
const farthest = (from: RegionId): number =>
  Math.max(...REGION_IDS.filter((to) => to !== from).map((to) => oneWay(from, to)));

const origin = await startPlainOrigin();
const cdn = await startCdn(Number(values.port), {
  regions: REGION_IDS,
  distances: "emulated",
  input: {
    origins: { site: { url: origin.url, shield: "weur" } },
    regions: Object.fromEntries(REGION_IDS.map((region) => [region, {}])),
    routes: [{ name: "all", origin: "site" }],
  },
});
origin.pages.set("/page", { body: Buffer.from("page"), fields: { "cache-control": "max-age=3600" } });

/** One request of a client right beside a region's edge; only a hit of its own shard under a lease counts. */
async function hit(region: RegionId): Promise<number> {
  const startedAt = performance.now();
  const answer = await cdn.ask(`${cdn.cluster.edges[region]}/page`);
  const took = performance.now() - startedAt;
  const status = cacheStatusOf(answer);
  if (answer.status !== 200 || !/meridian-shard; ?hit/.test(status) || status.includes("cut-off")) {
    throw new Error(`${region}: no hit under a lease: ${answer.status} ${status}`);
  }
  return took;
}

const cpu = (): number =>
  cdn.cluster.regions().reduce((sum, { pid }) => sum + (pid === undefined ? 0 : (cpuMicrosOf(pid) ?? 0)), 0);

const first = new Map<RegionId, number[]>(REGION_IDS.map((region) => [region, []]));
const elsewhere = new Map<RegionId, number[]>(REGION_IDS.map((region) => [region, []]));
const warm = new Map<RegionId, number[]>(REGION_IDS.map((region) => [region, []]));
const idleShares: number[] = [];

async function idle(): Promise<void> {
  // What the last requests began ends by itself; then nothing is left.
  await sleep(GOSSIP_LIMITS.gossipRepairFirstMillis);
  const [before, startedAt] = [cpu(), performance.now()];
  await sleep(IDLE_MILLIS - GOSSIP_LIMITS.gossipRepairFirstMillis);
  idleShares.push((cpu() - before) / 1000 / (performance.now() - startedAt));
}

async function keepBusy(until: () => boolean): Promise<void> {
  while (!until()) {
    await hit(busy);
    await sleep(100);
  }
}

try {
  for (const region of REGION_IDS) {
    await cdn.ask(`${cdn.cluster.edges[region]}/page`);
    for (let count = 0; count < 20; count++) warm.get(region)?.push(await hit(region));
  }
  for (let round = 0; round < rounds; round++) {
    for (const region of REGION_IDS) {
      await idle();
      first.get(region)?.push(await hit(region));
      process.stderr.write(`\rall idle: ${region}, round ${round + 1} of ${rounds}   `);
    }
  }
  for (let round = 0; round < rounds; round++) {
    let isOver = false;
    await sleep(IDLE_MILLIS);
    const working = keepBusy(() => isOver);
    await sleep(LIMITS.leaseMillis);
    for (const region of REGION_IDS.filter((id) => id !== busy)) elsewhere.get(region)?.push(await hit(region));
    isOver = true;
    await working;
  }
  process.stderr.write("\n");
  const table = new Table({
    head: [
      "milliseconds",
      "one way to the farthest",
      "warm hit",
      "first hit, all idle",
      "round trips",
      `first hit, ${busy} busy`,
    ],
    colAligns: ["left", "right", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  const median = (of: readonly number[] | undefined): number | undefined =>
    of === undefined || of.length === 0 ? undefined : quantile(of, 0.5);
  const show = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "";
  for (const region of REGION_IDS) {
    const took = median(first.get(region)) ?? 0;
    table.push([
      region,
      show(farthest(region), 0),
      show(median(warm.get(region)), 1),
      show(took, 0),
      show(took / (2 * farthest(region)), 2),
      show(median(elsewhere.get(region)), 0),
    ]);
  }
  console.log(table.toString());
  console.log(
    `Medians of ${rounds} first hits after ${IDLE_MILLIS / 1000} s in which nothing was asked, and of 20 warm ones.`,
  );
  const share = quantile(idleShares, 0.5);
  console.log(`Processor time of all nine processes while idle: ${(share * 100).toFixed(1)} % of one core.`);
} finally {
  await cdn.end();
  await origin.stop();
}
