/// <reference path="../../../config/typescript/cli-progress.d.ts" />
// `meridian latency`: time to first byte for clients in several places, cold, warm and without the CDN. It derives the
// measurement from its options and the local run, control-plane/latency/ measures, and it prints or writes the report.

import { writeFile } from "node:fs/promises";
import cliProgress from "cli-progress";
import type { Command } from "commander";
import { REGION_IDS } from "../../../config/world/regions.ts";
import { ROUTES } from "../../api/routes.ts";
import { canPlaceClients, measure, whyUnreachable } from "../../latency/measure.node.ts";
import { completeness } from "../../latency/notes.ts";
import { HERE, PLACE_OF_REGION, type ProbePlace, parsePlaces } from "../../latency/places.ts";
import type { RunRecord } from "../../local/state/run-record.ts";
import { addCommonOptions, type CommonOptions, connect } from "../common-options.node.ts";
import { EXIT } from "../exit-codes.ts";
import { CLI_LIMITS } from "../limits.ts";
import { readRun } from "../local-run.node.ts";
import { processTerminal, type Terminal } from "../terminal.node.ts";
import { latencyText } from "../text/latency-text.node.ts";
import { wholeNumber } from "../whole-number.node.ts";

interface LatencyOptions extends CommonOptions {
  readonly places?: string;
  readonly samples: number;
  readonly path?: string;
  readonly url?: string;
  readonly direct?: string;
  readonly html?: string;
  readonly concurrency: number;
}

const DEFAULT_FRONT_DOOR = "http://127.0.0.1:8787";

/** Adds `latency`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  addCommonOptions(
    program
      .command("latency")
      .description("measure time to first byte from several places, cold, warm and without the CDN")
      .option(
        "--places <list>",
        "countries, IP addresses or latitude,longitude: JP,DE,BR (default: one place per region)",
      )
      .option("--samples <n>", "probes per place and kind", wholeNumber(1, CLI_LIMITS.latencySamples), 30)
      .option("--path <path>", "path and optional query to request (default: /)")
      .option("--url <url>", `the deployment to measure (default: the local run's front door, ${DEFAULT_FRONT_DOOR})`)
      .option(
        "--direct <url>",
        "the origin without the CDN, for comparison (default: the local run's path to its origin)",
      )
      .option("--html <file>", "write the report as an HTML page with a map and a chart")
      .option(
        "--concurrency <n>",
        "concurrent probes; more finish sooner but distort the measurement",
        wholeNumber(1, CLI_LIMITS.latencyConcurrency),
        4,
      ),
  )
    .addHelpText(
      "after",
      `
Examples:
  meridian latency
  meridian latency --places JP,DE,BR --samples 100 --html latency.html
  meridian latency --url https://cdn.example --direct https://origin.example --path /a.css --json

A local Meridian takes the place that a probe names. A deployed one goes by the client's address, so there all
probes come from this machine. Cold probes add the query parameter meridian-probe and leave entries behind.
Exit codes: 0 done, 1 nothing was answered, 2 bad usage, 3 some probes failed.`,
    )
    .action((_options: unknown, command: Command) => latency(command, terminal));
}

async function latency(command: Command, terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<LatencyOptions>();
  const usage = (message: string): never => command.error(`error: ${message}`, { exitCode: EXIT.usage });
  const run = readRun(terminal.folder);
  const url = readUrl(options.url ?? run?.frontDoor ?? DEFAULT_FRONT_DOOR, "--url", usage);
  const isRun = run !== undefined && url.origin === new URL(run.frontDoor).origin;
  const directText = options.direct ?? (isRun ? run.direct : undefined);
  const direct = directText === undefined ? undefined : readUrl(directText, "--direct", usage);
  const path = options.path ?? `${url.pathname}${url.search}`;
  if (!/^\/[!-~]*$/.test(path) || path.includes("#")) usage(`--path begins with / and has no spaces: "${path}"`);
  const asked = options.places === undefined ? undefined : parsePlaces(options.places);
  if (asked?.kind === "invalid") return usage(asked.detail);

  const clients =
    options.url === undefined || isRun ? await reachable(url.origin, path) : await canPlaceClients(url.origin, path);
  if (clients === "unreachable") return failWith(await describeSilence(url.origin, path), options, terminal);
  if (clients === "here" && asked) {
    return failWith(
      `${url.origin} does not accept a place that a client names: omit --places to measure from here.`,
      options,
      terminal,
    );
  }
  const places =
    clients === "here"
      ? [HERE]
      : await locate(asked?.places ?? defaultPlaces(isRun ? run : undefined), url, command, options, terminal);

  const bar = terminal.watched
    ? new cliProgress.SingleBar({
        format: "measuring  {bar}  {percentage} %  {value} of {total}  {eta_formatted} left",
        barsize: 30,
        hideCursor: true,
        clearOnComplete: true,
        stream: process.stderr,
      })
    : undefined;
  let started = false;
  const report = await measure({
    origin: url.origin,
    ...(direct === undefined ? {} : { directOrigin: direct.origin }),
    path,
    places,
    clients,
    samples: options.samples,
    concurrency: options.concurrency,
    onProgress: (done, total) => {
      if (!started) bar?.start(total, 0);
      started = true;
      bar?.update(done);
    },
  });
  bar?.stop();
  if (options.html !== undefined) {
    // Imported here only: it loads a bundler, which no other command should wait for.
    const { reportHtml } = await import("../../latency/report-html.node.ts");
    await writeFile(options.html, await reportHtml(report));
    terminal.err(`Wrote ${options.html}.`);
  }
  terminal.out(options.json ? JSON.stringify(report) : latencyText(report, terminal));
  terminal.exit({ all: EXIT.done, some: EXIT.partial, none: EXIT.failed }[completeness(report.places)]);
}

/** A local run always accepts the place that a client names, so only its reachability is checked. */
const reachable = async (origin: string, path: string): Promise<"placed" | "unreachable"> =>
  (await canPlaceClients(origin, path)) === "unreachable" ? "unreachable" : "placed";

/** Why nothing could be measured: distinguishes a server that cannot be talked to from one that is not there. */
async function describeSilence(origin: string, path: string): Promise<string> {
  const fault = await whyUnreachable(origin, path);
  if (fault === undefined || fault.kind === "connection") {
    return `Nothing answers at ${origin}. Is Meridian running? Start it with: npm start   (or give its address: --url URL)`;
  }
  return `${origin} cannot be measured: ${fault.clause}.${fault.advice === undefined ? "" : ` ${fault.advice}`}`;
}

const defaultPlaces = (run: RunRecord | undefined): ProbePlace[] =>
  REGION_IDS.filter((id) => run === undefined || run.regions[id] !== undefined).map((id) => PLACE_OF_REGION[id]);

/**
 * Looks up coordinates of places given by country or address, as the deployment's `explain` reports them. Without
 * an answer they stay unknown, and the map omits them.
 */
async function locate(
  places: readonly ProbePlace[],
  url: URL,
  command: Command,
  options: CommonOptions,
  terminal: Terminal,
): Promise<ProbePlace[]> {
  const client = connect(command, options, terminal);
  const located: ProbePlace[] = [];
  for (const place of places) {
    if (place.place !== undefined || place.from === undefined) {
      located.push(place);
      continue;
    }
    const answer = await client.ask(ROUTES.explain, { query: { url: url.origin, from: place.from } });
    const told = answer.kind === "answer" && answer.value.client.source !== "region";
    located.push(told ? { ...place, place: answer.value.client.coordinates } : place);
  }
  await client.close();
  return located;
}

function readUrl(text: string, option: string, usage: (message: string) => never): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return usage(`${option} takes an http or https URL, not "${text}"`);
  return url;
}

function failWith(detail: string, options: CommonOptions, terminal: Terminal): void {
  if (options.json) terminal.out(JSON.stringify({ error: { code: "cannot-measure", detail } }));
  terminal.err(detail);
  terminal.exit(EXIT.failed);
}
