// `npm run bench -- hits`: what purges do to hits, in one workerd that is hub, shard and edge at once, so that all of it shares one
// thread: hits while nothing is purged, while hundreds of purges a second come in, while requests with thousands of scopes do,
// and after 100,000 scopes are known. Answers of a bare Durable Object take turns with the hits, since what disturbs the process
// disturbs both; ratios are taken within a round. It reports and never judges.

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { Pool } from "undici";
import { LIMITS } from "../../config/limits.ts";
import { quantile, ratiosTo, spreadOf } from "./ratios.ts";
import { startSubject } from "./server.node.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    millis: { type: "string", default: "400" },
    "per-second": { type: "string", default: "300" },
  },
  strict: false,
});
const [rounds, millis, perSecond] = [Number(values.rounds), Number(values.millis), Number(values["per-second"])];
const CONNECTIONS = 4;

const subject = await startSubject();
const pool = new Pool(subject.url, { connections: CONNECTIONS });
const purger = new Pool(subject.url, { connections: 32 });
let purges = 0;
let refusals = 0;

async function purge(scopes: number): Promise<void> {
  purges += 1;
  const tags = Array.from({ length: scopes }, (_, index) => ({ kind: "tag", tag: `purge-${purges}-scope-${index}` }));
  const command = { v: 1, scopes: tags, severity: "hard", by: "bench", wait: "accepted", timeoutSeconds: 10 };
  const answer = await purger.request({ path: "/hub/weur/purges", method: "POST", body: JSON.stringify(command) });
  await answer.body.dump();
  if (answer.statusCode !== 200) refusals += 1;
}

/** Purges at a steady pace until it is stopped; answers how many it made. */
function purging(every: number, scopes: number): () => Promise<number> {
  let isOver = false;
  const under: Promise<void>[] = [];
  const done = (async () => {
    const startedAt = performance.now();
    for (let count = 0; !isOver; count += 1) {
      const early = startedAt + count * every - performance.now();
      if (early > 1) await sleep(early);
      under.push(purge(scopes));
    }
    await Promise.all(under);
    return under.length;
  })();
  return () => {
    isOver = true;
    return done;
  };
}

interface Block {
  readonly micros: number;
  readonly latencies: readonly number[];
}

async function block(path: string): Promise<Block> {
  const startedAt = performance.now();
  const latencies: number[] = [];
  const ask = async (): Promise<void> => {
    while (performance.now() - startedAt < millis) {
      const askedAt = performance.now();
      const { statusCode, headers, body } = await pool.request({ path, method: "GET" });
      await body.dump();
      latencies.push(performance.now() - askedAt);
      if (statusCode !== 200) throw new Error(`${path}: the answer is a ${statusCode}`);
      const said = String(headers["cache-status"] ?? "");
      if (path === "/hit" && !/meridian-shard; ?hit/.test(said)) misses += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, ask));
  return { micros: ((performance.now() - startedAt) * 1000) / latencies.length, latencies };
}
let misses = 0;

const table = new Table({
  head: ["", "hits/s", "half within ms", "99 of 100", "longest", "to bare object", "misses"],
  colAligns: ["left", "right", "right", "right", "right", "right", "right"],
  style: { head: [], border: [] },
});

/** Blocks of both kinds in turns. */
async function phase(name: string): Promise<void> {
  const bare: Block[] = [];
  const hits: Block[] = [];
  misses = 0;
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await block("/bare-object"));
    hits.push(await block("/hit"));
  }
  const latencies = hits.flatMap((one) => one.latencies);
  const ratio = ratiosTo(
    bare.map(({ micros }) => micros),
    hits.map(({ micros }) => micros),
  );
  table.push([
    name,
    spreadOf(hits.map(({ micros }) => 1e6 / micros)).median.toFixed(0),
    ...[0.5, 0.99, 1].map((share) => quantile(latencies, share).toFixed(1)),
    `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`,
    misses,
  ]);
  process.stderr.write(`${name}\n`);
}

try {
  await block("/hit");
  await block("/bare-object");
  await phase("nothing is purged");
  const steady = purging(1000 / perSecond, 1);
  await phase(`${perSecond} purges a second`);
  await steady();
  await phase("right after");
  const large = purging(1000, LIMITS.purgeScopes);
  await phase(`a purge of ${LIMITS.purgeScopes} scopes each second`);
  await large();
  const scopesSoFar = purges;
  for (let known = 0; known < 100_000; known += LIMITS.purgeScopes) await purge(LIMITS.purgeScopes);
  await phase("100,000 scopes later");
  console.log(table.toString());
  console.log(
    `Medians of ${rounds} blocks of ${millis} ms over ${CONNECTIONS} connections; ${scopesSoFar} purges before the last line.`,
  );
  console.log(`Purges refused: ${refusals}. One thread does all of it: clients, edge, shard and both regions' hubs.`);
} finally {
  await pool.destroy();
  await purger.destroy();
  await subject.stop();
}
