// `npm run bench`: what a hit, a shard's hit, a miss and an encoded page cost beside a constant answer of a bare Worker and of a bare Durable
// Object, over real sockets, in one run. Blocks of each kind take turns, so that what disturbs the machine disturbs all;
// numbers are medians over blocks with the middle half beside them, and ratios are taken within a round. It reports and
// never judges: times of other machines and other days compare only through the ratios.

import { parseArgs } from "node:util";
import Table from "cli-table3";
import { Pool } from "undici";
import { type Block, ratiosTo, type Spread, spreadOf } from "./ratios.ts";
import { type Subject, startSubject } from "./server.node.ts";

const HELP = `Usage: npm run bench -- [options]

  --rounds N        how often each kind has its turn (default 10)
  --millis N        how long a turn lasts (default 400)
  --connections N   connections at once (default 16)
  --json            print the numbers as JSON
  --help            show this`;

/** A kind of request. `path` gives the next one's path; `answer` is checked once a block, so that nothing else is measured. */
interface Kind {
  readonly name: string;
  readonly path: (count: number) => string;
  /** What the client accepts; nothing if absent. */
  readonly accepts?: string;
  readonly answer?: RegExp;
}

const MISS = /meridian-shard; ?fwd=(?:uri-)?miss/;

const KINDS: readonly Kind[] = [
  { name: "bare Worker", path: () => "/bare" },
  { name: "bare Durable Object", path: () => "/bare-object" },
  { name: "shard hit", path: () => "/shard-alone", answer: /meridian-shard; ?hit/ },
  { name: "hit", path: () => "/hit", answer: /meridian-shard; ?hit/ },
  { name: "miss", path: (count) => `/miss?${count}`, answer: /meridian-shard; ?fwd=(?:uri-)?miss/ },
  {
    name: "miss, shield elsewhere",
    path: (count) => `/far/miss?${count}`,
    answer: /meridian-shield; ?fwd=(?:uri-)?miss/,
  },
  // A page of text, where bodies are left alone and where they are encoded.
  { name: "page hit, left alone", path: () => "/raw/page", accepts: "br", answer: /meridian-shard; ?hit/ },
  { name: "page hit, plain", path: () => "/page", answer: /meridian-shard; ?hit/ },
  { name: "page hit, br", path: () => "/page", accepts: "br", answer: /meridian-shard; ?hit/ },
  { name: "page miss, left alone", path: (count) => `/raw/page?${count}`, accepts: "br", answer: MISS },
  { name: "page miss, plain", path: (count) => `/page?${count}`, answer: MISS },
  { name: "page miss, br", path: (count) => `/page?${count}`, accepts: "br", answer: MISS },
  { name: "page miss, zstd", path: (count) => `/page?${count}`, accepts: "zstd", answer: MISS },
  { name: "page miss, gzip", path: (count) => `/page?${count}`, accepts: "gzip", answer: MISS },
];

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    millis: { type: "string", default: "400" },
    connections: { type: "string", default: "16" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const bounded = (text: string, most: number): number => Math.min(most, Math.max(1, Math.trunc(Number(text)) || 1));
const settings = {
  rounds: bounded(values.rounds, 100),
  millis: bounded(values.millis, 10_000),
  connections: bounded(values.connections, 256),
};

let requestCount = 0;

/** One turn: every connection asks again as soon as it has its answer, until the time is up. */
async function block(kind: Kind, subject: Subject, pool: Pool): Promise<Block> {
  await check(kind, pool);
  const cpuBefore = subject.cpuMicros();
  const startedAt = performance.now();
  let requests = 0;
  const ask = async () => {
    while (performance.now() - startedAt < settings.millis) {
      requestCount += 1;
      const { statusCode, body } = await pool.request(toAsk(kind));
      await body.dump();
      if (statusCode !== 200) throw new Error(`${kind.name}: the answer is a ${statusCode}`);
      requests += 1;
    }
  };
  await Promise.all(Array.from({ length: settings.connections }, ask));
  const micros = (performance.now() - startedAt) * 1000;
  const cpuAfter = subject.cpuMicros();
  return {
    requests,
    microsPerRequest: micros / requests,
    cpuMicrosPerRequest:
      cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / requests,
  };
}

const toAsk = ({ path, accepts }: Kind) => ({
  path: path(requestCount),
  method: "GET" as const,
  ...(accepts === undefined ? {} : { headers: { "accept-encoding": accepts } }),
});

/** The length of each kind's body as it came. */
const bytesOf = new Map<string, number>();

/** What is measured has to be what it is called. */
async function check(kind: Kind, pool: Pool): Promise<void> {
  requestCount += 1;
  const { headers, statusCode, body } = await pool.request(toAsk(kind));
  bytesOf.set(kind.name, (await body.arrayBuffer()).byteLength);
  // A shard by itself says it in its facts, from which the edge makes the field.
  const said = String(headers["cache-status"] ?? headers["meridian-internal-facts"] ?? "");
  if (statusCode !== 200 || (kind.answer !== undefined && !kind.answer.test(said))) {
    throw new Error(`${kind.name}: the answer is a ${statusCode} with Cache-Status: ${said}`);
  }
}

interface Row {
  readonly name: string;
  readonly requests: number;
  readonly bytes: number;
  readonly requestsPerSecond: Spread;
  readonly cpuMicros: Spread | undefined;
  readonly toWorker: Spread;
  readonly toObject: Spread;
}

async function measure(): Promise<Row[]> {
  const subject = await startSubject();
  const pool = new Pool(subject.url, { connections: settings.connections });
  const blocks = new Map<string, Block[]>(KINDS.map(({ name }) => [name, []]));
  try {
    // The object is filled, and a request of the edge to a shard is known, before anything is measured.
    const filling = [...KINDS.filter(({ name }) => name.startsWith("page hit")), "/hit", "/watched", "/watched"];
    for (const one of filling) {
      const asking = typeof one === "string" ? { path: one, method: "GET" as const } : toAsk(one);
      await (await pool.request(asking)).body.dump();
    }
    for (let round = -1; round < settings.rounds; round += 1) {
      for (const kind of KINDS) {
        const result = await block(kind, subject, pool);
        // The first round warms up connections and compilers.
        if (round >= 0) blocks.get(kind.name)?.push(result);
      }
      if (!values.json) process.stderr.write(`\rround ${round + 1} of ${settings.rounds} `);
    }
    if (!values.json) process.stderr.write("\n");
  } finally {
    await pool.close();
    await subject.stop();
  }
  return KINDS.map(({ name }) => rowOf(name, blocks));
}

/** Cost is time on the server's processor where it is known: unlike wall-clock time it leaves the client out. */
function rowOf(name: string, blocks: ReadonlyMap<string, readonly Block[]>): Row {
  const of = (kind: string): readonly Block[] => blocks.get(kind) ?? [];
  const costs = (kind: string) => of(kind).map((one) => one.cpuMicrosPerRequest ?? one.microsPerRequest);
  const cpu = of(name).flatMap(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest ?? []);
  return {
    name,
    requests: of(name).reduce((sum, { requests }) => sum + requests, 0),
    bytes: bytesOf.get(name) ?? 0,
    requestsPerSecond: spreadOf(of(name).map(({ microsPerRequest }) => 1e6 / microsPerRequest)),
    cpuMicros: cpu.length === 0 ? undefined : spreadOf(cpu),
    toWorker: ratiosTo(costs("bare Worker"), costs(name)),
    toObject: ratiosTo(costs("bare Durable Object"), costs(name)),
  };
}

const range = ({ median, low, high }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;

function print(rows: readonly Row[]): void {
  const table = new Table({
    head: ["", "requests", "bytes", "requests/s", "CPU µs/request", "to bare Worker", "to bare object"],
    style: { head: [], border: [] },
    colAligns: ["left", "right", "right", "right", "right", "right", "right"],
  });
  for (const row of rows) {
    table.push([
      row.name,
      row.requests,
      row.bytes,
      range(row.requestsPerSecond, 0),
      row.cpuMicros === undefined ? "unknown" : range(row.cpuMicros, 0),
      range(row.toWorker, 2),
      range(row.toObject, 2),
    ]);
  }
  const { rounds, millis, connections } = settings;
  console.log(table.toString());
  console.log(`Medians (middle half) of ${rounds} blocks of ${millis} ms, ${connections} connections, one workerd.`);
  console.log("Ratios are of server CPU per request, within each round. All sides share this machine's cores.");
}

if (values.help) console.log(HELP);
else {
  const rows = await measure();
  if (values.json) console.log(JSON.stringify({ settings, rows }, undefined, 2));
  else print(rows);
}
