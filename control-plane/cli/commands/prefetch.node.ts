/// <reference path="../../../config/typescript/cli-progress.d.ts" />
// `meridian prefetch`: warms URLs, or those of a sitemap, before clients arrive. With --wait it runs until all are done, and
// requests again those that one request did not cover; without, it exits once the work has begun. Exit 3: not all are warm.

import cliProgress from "cli-progress";
import type { Command } from "commander";
import { LIMITS } from "../../../config/limits.ts";
import { bytes } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { Given } from "../../api/route.ts";
import { ROUTES } from "../../api/routes.ts";
import type { PrefetchLine } from "../../prefetch/lines.ts";
import type { ApiClient } from "../client.node.ts";
import { addCommonOptions, type CommonOptions, connect, fail } from "../common-options.node.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommandFailure } from "../failure.ts";
import { CLI_LIMITS } from "../limits.ts";
import { processTerminal, type Terminal } from "../terminal.node.ts";
import { formatBytes } from "../text/measures.ts";

interface PrefetchOptions extends CommonOptions {
  readonly sitemap?: string;
  readonly regions?: string;
  readonly from?: string;
  readonly after?: string;
  readonly wait?: boolean;
}

/** Adds `prefetch`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const command = program
    .command("prefetch [urls...]")
    .description("load URLs into regions' caches before clients request them")
    .option("--sitemap <url>", "also the URLs of this sitemap or sitemap index")
    .option("--regions <list>", "comma-separated regions (default: all)")
    .option(
      "--from <place>",
      "as a client at this country, IP address or latitude,longitude; in its region, unless --regions is given",
    )
    .option("--after <receipt>", "a purge's id: responses older than that purge do not count as warm")
    .option("--wait", "wait until it is done")
    .addHelpText(
      "after",
      `
Examples:
  meridian prefetch https://shop.example/ https://shop.example/products/7 --wait
  meridian prefetch --sitemap https://shop.example/sitemap.xml --regions weur,apac --wait

Exit codes: 0 done, 1 failed, 2 bad usage, 3 not all of it is warm.`,
    )
    .action((urls: string[], _options: unknown, self: Command) => run(self, urls, terminal));
  addCommonOptions(command);
}

type PrefetchArguments = Given<typeof ROUTES.prefetch>["body"];
type Failed = Extract<PrefetchLine, { readonly kind: "failed" | "no-sitemap" }>;

/** The result, summed over all requests that it took. */
interface PrefetchResult {
  began: { readonly urls: number; readonly regions: number } | undefined;
  warm: number;
  alreadyWarm: number;
  unstored: number;
  passedOver: number;
  failed: number;
  bytes: number;
  omitted: number;
  readonly failures: Failed[];
}

async function run(command: Command, urls: readonly string[], terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<PrefetchOptions>();
  if (urls.length === 0 && options.sitemap === undefined) {
    command.error("error: give URLs, or a sitemap with --sitemap", { exitCode: EXIT.usage });
  }
  const rest = {
    // The API rejects unknown regions and lists the known ones.
    ...(options.regions === undefined
      ? {}
      : { regions: options.regions.split(",").map((region) => region.trim() as RegionId) }),
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.after === undefined ? {} : { after: options.after }),
  };
  const first = { urls, ...rest, ...(options.sitemap === undefined ? {} : { sitemap: options.sitemap }) };
  const client = connect(command, options, terminal);
  const bar = terminal.watched && options.wait ? progressBar() : undefined;
  try {
    const { result, failure } = await follow(client, first, rest, options.wait === true, (done, total) => {
      if (done === 0) bar?.start(total, 0);
      else bar?.update(done);
    });
    bar?.stop();
    if (failure !== undefined) return fail(failure, options, terminal);
    show(result, options, terminal);
  } finally {
    await client.close();
  }
}

/** With `wait`, repeats the request until nothing is left; otherwise requests once and returns when the work has begun. */
async function follow(
  client: ApiClient,
  first: PrefetchArguments,
  rest: PrefetchArguments,
  wait: boolean,
  onProgress: (done: number, total: number) => void,
): Promise<{ readonly result: PrefetchResult; readonly failure: CommandFailure | undefined }> {
  const result: PrefetchResult = {
    began: undefined,
    warm: 0,
    alreadyWarm: 0,
    unstored: 0,
    passedOver: 0,
    failed: 0,
    bytes: 0,
    omitted: 0,
    failures: [],
  };
  let done = 0;
  for (let body: PrefetchArguments | undefined = first; body !== undefined; ) {
    let ended: Extract<PrefetchLine, { readonly kind: "ended" }> | undefined;
    // A visit may be silent for as long as one request and its body may take.
    const longest = LIMITS.requestBudgetMillis + LIMITS.warmBodyMillis + CLI_LIMITS.cliTimeoutMillis;
    const failure = await client.follow(ROUTES.prefetch, { body }, longest, (line) => {
      if (line.kind === "ended") ended = line;
      if (line.kind === "began" && result.began === undefined) {
        result.began = line;
        onProgress(0, line.urls * line.regions);
      }
      if (line.kind === "failed" || line.kind === "no-sitemap") result.failures.push(line);
      if (line.kind === "visited" && line.status >= 400) {
        const { url, region, status } = line;
        result.failures.push({ kind: "failed", url, region, detail: `${region} answered with status ${status}` });
      }
      if (line.kind === "visited" && (line.outcome === "hit" || line.outcome === "revalidated"))
        result.alreadyWarm += 1;
      if (line.kind === "visited" || ("region" in line && line.region !== undefined)) onProgress(++done, 0);
      return line.kind === "began" && !wait ? "enough" : "more";
    });
    if (failure !== undefined) return { result, failure };
    if (!wait) break;
    if (ended === undefined) return { result, failure: brokenOff(client.api) };
    for (const name of ["warm", "unstored", "passedOver", "failed", "bytes", "omitted"] as const) {
      result[name] += ended[name];
    }
    body = ended.left.length > 0 ? { ...rest, urls: ended.left } : undefined;
  }
  return { result, failure: undefined };
}

const brokenOff = (api: string): CommandFailure => ({
  kind: "unreachable",
  api,
  code: "broke-off",
  detail:
    "the response ended before the prefetch finished; warm URLs stay warm, and a repeated request continues from there",
});

const extentOf = (urls: number, regions: number): string =>
  `${urls} ${urls === 1 ? "URL" : "URLs"} in ${regions} ${regions === 1 ? "region" : "regions each"}`;

function show(result: PrefetchResult, options: PrefetchOptions, terminal: Terminal): void {
  const { began, failures, ...counts } = result;
  const { urls = 0, regions = 0 } = began ?? {};
  if (options.wait !== true) {
    if (options.json) terminal.out(JSON.stringify({ urls, regions }));
    else terminal.out(`Started: ${extentOf(urls, regions)}.`);
    const most = LIMITS.prefetchUnheardMillis / 1000;
    terminal.err(`It continues in the background for at most ${most} s. Use --wait to wait for the result.`);
    terminal.exit(EXIT.done);
    return;
  }
  if (options.json) terminal.out(JSON.stringify({ urls, regions, ...counts, failures }));
  else {
    const { warm, alreadyWarm, unstored, passedOver, failed, bytes: read, omitted } = counts;
    terminal.out(
      `${warm} warm (${alreadyWarm} already were), ${formatBytes(bytes(read))} read; ${extentOf(urls, regions)}.`,
    );
    if (unstored > 0) terminal.out(`${unstored} answered but not stored: the origin or the route forbids it.`);
    if (passedOver > 0)
      terminal.out(`${passedOver} skipped: the route stores nothing, or is restricted to other regions.`);
    if (failed > 0) terminal.out(`${failed} failed.`);
    if (omitted > 0) terminal.out(`${omitted} left out: one prefetch takes at most ${LIMITS.prefetchUrls} URLs.`);
  }
  for (const line of failures.slice(0, LIMITS.problemErrors)) terminal.err(`${line.url}: ${line.detail}`);
  const whole = counts.failed + counts.unstored + counts.omitted + failures.length === 0;
  terminal.exit(whole ? EXIT.done : counts.warm > 0 ? EXIT.partial : EXIT.failed);
}

const progressBar = () =>
  new cliProgress.SingleBar({
    format: "warming  {bar}  {percentage} %  {value} of {total}  {eta_formatted} left",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
