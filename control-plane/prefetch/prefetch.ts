// Runs a prefetch from its first sitemap to its last visit. Each URL is requested in each region along the path of clients'
// requests, so it is coalesced with theirs and queues at the origin's gate like any other; few visits run at once, so that clients
// find the gate open. It lasts as long as its HTTP request: URLs that it does not reach are returned.
// Sitemaps come through the CDN as well, so nothing but configured origins is ever fetched.

import { LIMITS } from "../../config/limits.ts";
import { normaliseUrl } from "../../config/spelling/normal-url.ts";
import { bytes, type EpochMillis } from "../../config/units.ts";
import type { Warmed, WarmQuery } from "../../config/warming.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { PREFETCH_LIMITS } from "./limits.ts";
import type { PrefetchLine } from "./lines.ts";
import { readSitemap } from "./sitemap.ts";

/** What is to be warmed, checked and in its one spelling. */
export interface Prefetch {
  readonly urls: readonly string[];
  readonly sitemap?: string;
  /** Undefined: for each URL the region that would serve a client from `from`. */
  readonly regions: readonly RegionId[] | undefined;
  readonly from?: string;
  readonly after?: string;
}

export interface PrefetchPorts {
  warm(query: WarmQuery): Promise<Warmed>;
  /** The text of a sitemap, unpacked if it is packed; undefined if it is no text, or larger than `most`. */
  textOf(content: Uint8Array, most: number): Promise<string | undefined>;
  /** Whether the token may ask for this URL. */
  mayAsk(url: string): boolean;
  /** A normalised URL under the host of its site, if its own is an alias; by default no host is. */
  siteOf?(url: string): string;
  now(): EpochMillis;
  /** Sends a line. `unheard`: the client has stopped reading. Never rejects. */
  tell(line: PrefetchLine): Promise<"heard" | "unheard">;
  /** Visits under way at once. */
  readonly concurrency: number;
}

/** Carries it out; every outcome is sent as a line. */
export async function prefetch(asked: Prefetch, ports: PrefetchPorts): Promise<void> {
  const giveUpAt = ports.now() + PREFETCH_LIMITS.prefetchMillis;
  let unheardAt: number | undefined;
  const tell = async (line: PrefetchLine): Promise<void> => {
    if ((await ports.tell(line)) === "unheard") unheardAt ??= ports.now();
  };
  const ended = { kind: "ended" as const, warm: 0, unstored: 0, passedOver: 0, failed: 0, bytes: 0, omitted: 0 };

  const urls = new Set(asked.urls);
  if (asked.sitemap !== undefined) ended.omitted = await gather(asked.sitemap, urls, asked, ports, tell);
  const list = [...urls];
  const perUrl = asked.regions?.length ?? 1;
  const taken = Math.min(list.length, Math.max(1, Math.floor(PREFETCH_LIMITS.prefetchVisits / perUrl)));
  await tell({ kind: "began", urls: list.length, regions: perUrl, visits: taken * perUrl });

  // A URL's regions one after the other: the first brings it to the shield, and the others find it there.
  const visits = list
    .slice(0, taken)
    .flatMap((url) => (asked.regions ?? [undefined]).map((region) => ({ url, region })));
  let next = 0;
  const isOver = (): boolean =>
    ports.now() >= Math.min(giveUpAt, (unheardAt ?? Number.POSITIVE_INFINITY) + LIMITS.prefetchUnheardMillis);
  const work = async (): Promise<void> => {
    while (next < visits.length && !isOver()) {
      const visit = visits[next++] as (typeof visits)[number];
      const line = lineOf(visit, await ports.warm(queryOf(visit, asked)));
      countIn(ended, line);
      await tell(line);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, ports.concurrency) }, work));
  const left = [...new Set(visits.slice(next).map(({ url }) => url)), ...list.slice(taken)];
  await tell({ ...ended, left });
}

/** Adds what sitemaps name, and gives how many URLs were left out. An index is followed once, and only to its own host. */
async function gather(
  first: string,
  urls: Set<string>,
  asked: Prefetch,
  ports: PrefetchPorts,
  tell: (line: PrefetchLine) => Promise<void>,
): Promise<number> {
  let omitted = 0;
  const waiting = [{ url: first, mayBeIndex: true }];
  const { host } = new URL(first);
  for (let read = 0; read < PREFETCH_LIMITS.sitemaps; read++) {
    const sitemap = waiting.shift();
    if (sitemap === undefined) break;
    const { url } = sitemap;
    const found = await fetchSitemap(url, asked, ports);
    if (found.kind === "index" && !sitemap.mayBeIndex) {
      await tell({ kind: "no-sitemap", url, detail: "an index within an index is not followed" });
      continue;
    }
    if (found.kind === "invalid") {
      await tell({ kind: "no-sitemap", url, detail: found.detail });
      continue;
    }
    for (const location of found.locations) {
      const normal = normaliseUrl(location);
      if (normal.kind === "invalid") {
        await tell({ kind: "failed", url: location.slice(0, 200), detail: normal.detail });
        continue;
      }
      const named = ports.siteOf?.(normal.url) ?? normal.url;
      // A sitemap speaks for its own host alone (sitemaps.org, "Sitemap file location").
      if (new URL(named).host !== host) await tell({ kind: "passed-over", url: named, reason: "other-host" });
      else if (!ports.mayAsk(named)) await tell({ kind: "passed-over", url: named, reason: "token" });
      else if (found.kind === "index") waiting.push({ url: named, mayBeIndex: false });
      else if (urls.size < LIMITS.prefetchUrls || urls.has(named)) urls.add(named);
      else omitted += 1;
    }
    omitted += found.omitted;
    await tell({ kind: "sitemap", url, locations: found.locations.length, omitted: found.omitted });
  }
  for (const { url } of waiting)
    await tell({ kind: "no-sitemap", url, detail: `beyond the ${PREFETCH_LIMITS.sitemaps} sitemaps` });
  return omitted;
}

async function fetchSitemap(
  url: string,
  asked: Prefetch,
  ports: PrefetchPorts,
): Promise<ReturnType<typeof readSitemap>> {
  const invalid = (detail: string) => ({ kind: "invalid" as const, detail });
  const query = {
    url,
    keep: bytes(PREFETCH_LIMITS.sitemapBytes),
    ...(asked.after === undefined ? {} : { after: asked.after }),
  };
  const warmed = await ports.warm(asked.from === undefined ? query : { ...query, from: asked.from });
  switch (warmed.kind) {
    case "invalid":
    case "failed":
      return invalid(warmed.detail);
    case "passed-over":
      return invalid(`nothing may be asked there: ${warmed.reason}`);
    case "answered":
      break;
  }
  if (warmed.status !== 200) return invalid(`it was answered with status ${warmed.status}`);
  const most = `it has more than ${PREFETCH_LIMITS.sitemapBytes} bytes`;
  if (warmed.content === undefined) return invalid(most);
  const text = await ports.textOf(warmed.content, PREFETCH_LIMITS.sitemapBytes);
  return text === undefined ? invalid(`${most}, or is no text`) : readSitemap(text, LIMITS.prefetchUrls);
}

interface Visit {
  readonly url: string;
  readonly region: RegionId | undefined;
}

const queryOf = ({ url, region }: Visit, { from, after }: Prefetch): WarmQuery => ({
  url,
  ...(region === undefined ? {} : { region }),
  ...(from === undefined ? {} : { from }),
  ...(after === undefined ? {} : { after }),
});

function lineOf({ url, region }: Visit, warmed: Warmed): PrefetchLine {
  const where = region === undefined ? {} : { region };
  switch (warmed.kind) {
    case "answered": {
      const { status, outcome, stored, took } = warmed;
      const known = stored === undefined ? {} : { stored };
      return {
        kind: "visited",
        url,
        region: warmed.region,
        status,
        outcome,
        ...known,
        bytes: warmed.bytes,
        millis: took,
      };
    }
    case "passed-over":
      return { kind: "passed-over", url, ...where, reason: warmed.reason };
    case "invalid":
      return { kind: "failed", url, ...where, detail: `${warmed.parameter}: ${warmed.detail}` };
    case "failed":
      return { kind: "failed", url, ...where, detail: warmed.detail };
  }
}

function countIn(
  ended: { warm: number; unstored: number; passedOver: number; failed: number; bytes: number },
  line: PrefetchLine,
): void {
  if (line.kind === "passed-over") ended.passedOver += 1;
  else if (line.kind !== "visited" || line.status >= 400) ended.failed += 1;
  else if (line.stored === false) ended.unstored += 1;
  else ended.warm += 1;
  if (line.kind === "visited") ended.bytes += line.bytes;
}
