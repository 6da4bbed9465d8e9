// `npm run bench -- purges` and `npm run bench -- load`: purges through the control API of a real cluster, its regions at their
// distances, each purge with tags of its own and accepted by the next region's hub: one after the other in nine regions, or
// hundreds a second in three. How long until each is accepted, applied everywhere and complete, beside the largest one-way
// delay; how many were refused, and what it costs each region's process. It reports and never judges.

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { Pool } from "undici";
import { LIMITS } from "../../config/limits.ts";
import { roundTrip } from "../../config/world/distance.ts";
import { REGION_IDS, REGIONS, type RegionId } from "../../config/world/regions.ts";
import { HUB_LIMITS } from "../../control-plane/hub/limits.ts";
import { startCdn } from "../fixtures/cluster.node.ts";
import { startPlainOrigin } from "../fixtures/plain-origin.node.ts";
import { cpuMicrosOf } from "./processor.node.ts";
import { quantile } from "./ratios.ts";

interface PurgeRun {
  readonly id: string;
  readonly answeredMillis: number;
}

/** A receipt as the API answers it, as far as it is read here. */
interface ReceiptAnswer {
  readonly id: string;
  readonly state: string;
  readonly acceptedAt: string;
  readonly completeAt?: string;
  readonly regions: readonly { readonly region: RegionId; readonly appliedAt?: string }[];
}

const { values } = parseArgs({
  options: {
    regions: { type: "string", default: "weur,enam,apac" },
    wait: { type: "string", default: "accepted" },
    "per-second": { type: "string", default: "300" },
    seconds: { type: "string", default: "10" },
    scopes: { type: "string", default: "1" },
    port: { type: "string", default: "23287" },
  },
  strict: false,
});
const regions = values.regions === "all" ? REGION_IDS : (String(values.regions).split(",") as RegionId[]);
const perSecond = Number(values["per-second"]);
const seconds = Number(values.seconds);
const scopes = Number(values.scopes);

const origin = await startPlainOrigin();
const cdn = await startCdn(Number(values.port), {
  regions,
  distances: "emulated",
  input: {
    origins: { site: { url: origin.url } },
    regions: Object.fromEntries(regions.map((region) => [region, {}])),
    routes: [{ name: "all", origin: "site" }],
  },
});
// Whoever waits for `complete` holds its connection for seconds.
const pool = new Pool(cdn.cluster.control, { connections: values.wait === "accepted" ? 128 : 2_048 });
const headers = { authorization: `Bearer ${cdn.cluster.token}`, "content-type": "application/json" };
origin.pages.set("/page", { body: Buffer.from("page"), fields: { "cache-control": "max-age=600" } });

const refused = new Map<number, number>();
const runs: PurgeRun[] = [];
let isOver = false;

/** Each region's shards are in use, so that they hold leases and are told. */
async function keepInUse(): Promise<void> {
  while (!isOver) {
    await Promise.all(Object.values(cdn.cluster.edges).map((edge) => cdn.ask(`${edge}/page`)));
    await sleep(200);
  }
}

async function purge(number: number): Promise<void> {
  const via = regions[number % regions.length];
  const tags = Array.from({ length: scopes }, (_, index) => `product-${number}-${index}`);
  const askedAt = performance.now();
  const answer = await pool.request({
    path: `/v1/purges?via=${via}`,
    method: "POST",
    headers,
    body: JSON.stringify({ tags, wait: values.wait, timeoutSeconds: 30 }),
  });
  const text = await answer.body.text();
  const { statusCode } = answer;
  if (statusCode >= 300) {
    refused.set(statusCode, (refused.get(statusCode) ?? 0) + 1);
    if (refused.size === 1 && refused.get(statusCode) === 1) console.error(text);
    return;
  }
  runs.push({ id: (JSON.parse(text) as { id: string }).id, answeredMillis: performance.now() - askedAt });
}

const cpu = (): Map<RegionId, number> =>
  new Map(cdn.cluster.regions().map(({ region, pid }) => [region, pid === undefined ? 0 : (cpuMicrosOf(pid) ?? 0)]));

async function offer(): Promise<void> {
  const startedAt = performance.now();
  const purges: Promise<void>[] = [];
  for (let number = 0; number < perSecond * seconds; number++) {
    const early = startedAt + (number * 1000) / perSecond - performance.now();
    if (early > 1) await sleep(early);
    purges.push(purge(number));
  }
  await Promise.all(purges);
}

async function receipts(): Promise<ReceiptAnswer[]> {
  const all: ReceiptAnswer[] = [];
  let cursor = "";
  do {
    const path = `/v1/purges?limit=${LIMITS.receiptsPage}${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { status, json } = await cdn.api(path);
    if (status !== 200) throw new Error(`the list of purges is a ${status}: ${JSON.stringify(json)}`);
    const page = json as { purges: ReceiptAnswer[]; cursor?: string };
    all.push(...page.purges);
    cursor = page.cursor ?? "";
  } while (cursor !== "");
  return all;
}

const oneWay = (from: RegionId, to: RegionId): number => roundTrip(REGIONS[from].place, REGIONS[to].place) / 2;
/** The largest one-way delay between two of the regions. */
const largest = Math.max(
  ...regions.flatMap((from) => regions.filter((to) => to !== from).map((to) => oneWay(from, to))),
);
const SHARES = [0, 0.5, 0.9, 0.99, 1];

const show = (name: string, of: readonly number[], digits: number): string[] => [
  name,
  ...SHARES.map((share) => (of.length === 0 ? "-" : quantile(of, share).toFixed(digits))),
];

try {
  const using = keepInUse();
  await sleep(1_000);
  const before = cpu();
  const startedAt = performance.now();
  await offer();
  const tookMillis = performance.now() - startedAt;
  const after = cpu();
  await sleep(LIMITS.leaseMillis + HUB_LIMITS.leaseMarginMillis + 1_000);
  isOver = true;
  await using;
  const listed = await receipts();
  const states = new Map<string, number>();
  for (const { state } of listed) states.set(state, (states.get(state) ?? 0) + 1);
  const at = (text: string): number => Date.parse(text);
  const applied = listed.flatMap(({ acceptedAt, regions: told }) =>
    told.every(({ appliedAt }) => appliedAt !== undefined)
      ? [Math.max(...told.map(({ appliedAt }) => at(appliedAt as string))) - at(acceptedAt)]
      : [],
  );
  // Of purges for which nobody waits it is only known that they are complete once somebody asks.
  const completed =
    values.wait === "complete"
      ? listed.flatMap(({ acceptedAt, completeAt }) =>
          completeAt === undefined ? [] : [at(completeAt) - at(acceptedAt)],
        )
      : [];
  const leases = LIMITS.leaseMillis + HUB_LIMITS.leaseMarginMillis;
  const table = new Table({
    head: ["", "least", "half", "9 of 10", "99 of 100", "all"],
    colAligns: ["left", "right", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  table.push(
    show(
      `${values.wait}, as the client sees it, ms`,
      runs.map((run) => run.answeredMillis),
      0,
    ),
    show("applied everywhere, after accepted, ms", applied, 0),
    show(
      "  as a multiple of the largest one-way delay",
      applied.map((took) => took / largest),
      2,
    ),
    show("complete, after accepted, ms", completed, 0),
    show(
      "  beyond lease and margin, in largest round trips",
      completed.map((took) => (took - leases) / 2 / largest),
      2,
    ),
  );
  console.log(table.toString());
  console.log(`The largest one-way delay between two of the ${regions.length} regions is ${largest.toFixed(0)} ms.`);
  const offered = perSecond * seconds;
  console.log(
    `${offered} purges of ${scopes} scopes offered at ${perSecond}/s, answered in ${(tookMillis / 1000).toFixed(1)} s.`,
  );
  console.log(`Refused: ${[...refused].map(([status, count]) => `${count} with ${status}`).join(", ") || "none"}.`);
  console.log(`Then: ${[...states].map(([state, count]) => `${count} ${state}`).join(", ")}.`);
  for (const region of regions) {
    const used = ((after.get(region) ?? 0) - (before.get(region) ?? 0)) / 1000 / tookMillis;
    console.log(`Processor time of ${region} meanwhile: ${(used * 100).toFixed(0)} % of one core.`);
  }
} finally {
  isOver = true;
  await pool.destroy();
  await cdn.end();
  await origin.stop();
}
