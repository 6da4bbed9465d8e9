// The origin of a soak and the configuration before it. What a request gets is the version that stood when it arrived, however
// long the answer then takes: so a slow answer is an old one, as it is with real origins.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigInput } from "../../../config/schema/schema.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { Chance } from "../../sim/chance.ts";
import type { Book } from "./book.ts";
import { bodyOf, PAGES, type Page, ROUTES } from "./pages.ts";

export interface Site {
  readonly url: string;
  requests(): number;
  stop(): Promise<void>;
}

/** All versions of a dated page say this: a date in the past, so that it looks settled. */
const ONE_DATE = "Thu, 01 Jan 2026 00:00:00 GMT";

/** Starts the origin. `chance` says how long each answer takes. */
export async function startSite(book: Book, chance: Chance): Promise<Site> {
  const pages = new Map(PAGES.map((page) => [`${page.host}${page.path}`, page]));
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    const page = pages.get(`${request.headers["x-forwarded-host"] ?? request.headers.host}${request.url}`);
    if (page === undefined) response.writeHead(404, { "cache-control": "no-store" }).end();
    else void answer(request, response, page, book.version(page), delayOf(chance));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => count,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Mostly at once; sometimes slowly, and now and then for longer than a lease lasts. */
function delayOf(chance: Chance): number {
  const luck = chance.number();
  if (luck < 0.04) return chance.between(2_000, 4_000);
  return luck < 0.3 ? chance.between(50, 600) : 0;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  page: Page,
  version: number,
  delay: number,
): Promise<void> {
  if (delay > 0) await sleep(delay);
  const fields = fieldsOf(page, version);
  const { "if-none-match": tag, "if-modified-since": date, range } = request.headers;
  const isSame = tag === undefined ? page.kind === "dated" && date !== undefined : tag === fields.etag;
  if (isSame) return void response.writeHead(304, fields).end();
  const body = Buffer.from(bodyOf(page, version));
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  const ifRange = request.headers["if-range"];
  if (page.kind !== "large" || first === undefined || (ifRange !== undefined && ifRange !== fields.etag)) {
    return void response.writeHead(200, { ...fields, "content-length": `${body.byteLength}` }).end(body);
  }
  const end = Math.min(Number(last), body.byteLength - 1);
  const part = body.subarray(Number(first), end + 1);
  const about = { "content-range": `bytes ${first}-${end}/${body.byteLength}`, "content-length": `${part.byteLength}` };
  response.writeHead(206, { ...fields, ...about }).end(part);
}

function fieldsOf({ kind, tags }: Page, version: number): Record<string, string> {
  const validator: Record<string, string> =
    kind === "dated" ? { "last-modified": ONE_DATE } : { etag: `"v${version}"` };
  const lifetime = kind === "brief" || kind === "dated" ? "max-age=2" : "max-age=3600";
  const stale = kind === "brief" ? ", stale-while-revalidate=30" : "";
  const ranges: Record<string, string> = kind === "large" ? { "accept-ranges": "bytes" } : {};
  return {
    ...validator,
    ...ranges,
    "content-type": "text/plain",
    "cache-control": lifetime + stale,
    "cache-tag": tags.join(", "),
  };
}

/** The origin stands at the first region, which is its shield, and the second its other one. */
export const configurationFor = (originUrl: string, regions: readonly RegionId[]): ConfigInput => ({
  origins: {
    site: {
      url: originUrl,
      place: regions[0] as RegionId,
      shield: [...regions.slice(0, 2)],
      host: "client",
      maxConcurrent: 32,
    },
  },
  regions: Object.fromEntries(regions.map((region) => [region, { shards: 2 }])),
  routes: [
    ...ROUTES.map(({ name, policy, edgeCopies }) => ({
      name,
      match: { paths: [`/${name}/*`] },
      origin: "site",
      whenCutOff: policy,
      edgeCopies,
    })),
    { name: "rest", origin: "site" },
  ],
  memoryMiB: 20,
});
