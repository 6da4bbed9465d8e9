// `npm run bench -- large`: how fast a large body comes at a client beside a region's edge that is far from the origin: whole and as
// a range, cold and warm, beside a plain fetch of the same bytes over the same distance. It reports and never judges.

import { parseArgs } from "node:util";
import Table from "cli-table3";
import { Agent, request } from "undici";
import { millis } from "../../config/units.ts";
import { roundTrip } from "../../config/world/distance.ts";
import { REGIONS, type RegionId } from "../../config/world/regions.ts";
import { Link } from "../../control-plane/local/link/link.node.ts";
import { startCdn } from "../fixtures/cluster.node.ts";
import { quantile } from "./ratios.ts";

const { values } = parseArgs({
  options: {
    mib: { type: "string", default: "50" },
    rounds: { type: "string", default: "3" },
    from: { type: "string", default: "wnam,weur" },
    port: { type: "string", default: "19020" },
  },
  strict: false,
});
const mib = Number(values.mib);
const rounds = Number(values.rounds);
const places = String(values.from).split(",") as RegionId[];
/** Where the project's configuration has the shop's shield, and so the shop. */
const ORIGIN: RegionId = "enam";

const cdn = await startCdn(Number(values.port), { regions: [...new Set([ORIGIN, ...places])], distances: "emulated" });
const dispatcher = new Agent({ connections: 4 });

/** Megabytes a second of one body, from sending the request to its last byte. */
async function rate(url: string, range: string | undefined): Promise<number> {
  const startedAt = performance.now();
  const { body, statusCode } = await request(url, { dispatcher, headers: range === undefined ? {} : { range } });
  let length = 0;
  for await (const chunk of body) length += (chunk as Buffer).byteLength;
  if (statusCode >= 300 || length !== mib * 1024 * 1024) throw new Error(`${url}: ${statusCode}, ${length} bytes`);
  return length / 1000 / (performance.now() - startedAt);
}

const table = new Table({
  head: [
    "MB/s",
    "round trip to the origin",
    "plain fetch",
    "cold",
    "of plain",
    "cold range",
    "of plain",
    "warm",
    "of plain",
  ],
  colAligns: ["left", "right", "right", "right", "right", "right", "right", "right", "right"],
  style: { head: [], border: [] },
});
const links: Link[] = [];
try {
  const origin = new URL(cdn.cluster.origin?.url ?? "");
  for (const place of places) {
    const distance = roundTrip(REGIONS[place].place, REGIONS[ORIGIN].place);
    const link = new Link({ host: origin.hostname, port: Number(origin.port), oneWay: millis(distance / 2) });
    links.push(link);
    const plainUrl = `http://127.0.0.1:${await link.listen()}/files/large.bin?mib=${mib}`;
    const edge = cdn.cluster.edges[place];
    const [plain, whole, range, warm]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let round = 0; round < rounds; round += 1) {
      const fresh = (kind: string) => `${edge}/files/large.bin?mib=${mib}&${kind}=${place}-${round}`;
      plain.push(await rate(plainUrl, undefined));
      whole.push(await rate(fresh("whole"), undefined));
      range.push(await rate(fresh("range"), `bytes=0-${mib * 1024 * 1024 - 1}`));
      warm.push(await rate(fresh("range"), undefined));
      process.stderr.write(`${place}, round ${round + 1} of ${rounds}\n`);
    }
    const median = (of: readonly number[]) => quantile(of, 0.5);
    const ofPlain = (of: readonly number[]) => (median(of) / median(plain)).toFixed(2);
    const show = (of: readonly number[]) => median(of).toFixed(1);
    table.push([
      place,
      `${distance.toFixed(0)} ms`,
      show(plain),
      show(whole),
      ofPlain(whole),
      show(range),
      ofPlain(range),
      show(warm),
      ofPlain(warm),
    ]);
  }
  console.log(table.toString());
  console.log(`Medians of ${rounds}; bodies of ${mib} MiB; clients beside the region's edge, the origin in ${ORIGIN}.`);
} finally {
  for (const link of links) await link.close();
  await dispatcher.close();
  await cdn.end();
}
