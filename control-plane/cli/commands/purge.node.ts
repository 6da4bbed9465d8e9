// `meridian purge`: invalidates cached responses by URL, prefix, tag, host or everything. It reads options, calls the API and
// prints the receipt. Exit 3: the state given by --wait was not reached everywhere.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { LIMITS } from "../../../config/limits.ts";
import { isRegionId, REGION_IDS, type RegionId } from "../../../config/world/regions.ts";
import type { Given } from "../../api/route.ts";
import { ROUTES } from "../../api/routes.ts";
import { dryRunSchema, receiptSchema } from "../../api/schemas.ts";
import type { ApiAnswer, ApiClient } from "../client.node.ts";
import { addCommonOptions, type CommonOptions, connect, fail } from "../common-options.node.ts";
import { EXIT } from "../exit-codes.ts";
import { maybeSent } from "../failure.ts";
import { CLI_LIMITS } from "../limits.ts";
import { gatherScopes, type ScopeOptions, scopeFields } from "../purge/purge-scopes.ts";
import { processTerminal, type Terminal } from "../terminal.node.ts";
import { type ApiReceipt, dryRunText, receiptText } from "../text/receipt-text.node.ts";
import { wholeNumber } from "../whole-number.node.ts";
import { registerReceipts } from "./purge-receipts.node.ts";

interface PurgeOptions extends CommonOptions, ScopeOptions {
  readonly file?: string;
  readonly soft?: boolean;
  readonly reason?: string;
  readonly wait: "accepted" | "applied" | "complete";
  readonly timeout: number;
  readonly idempotencyKey?: string;
  readonly dryRun?: boolean;
  readonly via?: RegionId;
  readonly settle?: number;
  readonly notEtag?: readonly string[];
  readonly modifiedSince?: string;
}

type PurgeRequestBody = Given<typeof ROUTES.purge>["body"];

/** Adds `purge` with its subcommands. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const purge = program
    .command("purge")
    .description("invalidate cached responses in every region")
    .enablePositionalOptions()
    .option("--url <url...>", "URLs as clients use them; without a scheme (//host/path) both are meant")
    .option("--prefix <url...>", "all URLs at and below this one")
    .option("--tag <tag...>", "all responses that the origin tagged with it")
    .option("--host <host...>", "all URLs of a host; *.example.com for its subdomains")
    .option("--everything", "all entries of all hosts")
    .option(
      "--file <file>",
      "a list of scopes, one per line: URLs, or prefix:, tag:, host: and a value (- is standard input)",
    )
    .option(
      "--soft",
      "mark responses stale instead of invalidating them: they are refreshed in the background or revalidated first",
    )
    .option("--reason <text>", "why, for the log")
    .addOption(
      new Option("--wait <state>", "the state to wait for")
        .choices(["accepted", "applied", "complete"])
        .default("applied"),
    )
    .option("--timeout <seconds>", "longest time to wait", wholeNumber(0, LIMITS.purgeWaitSeconds), 30)
    .option("--idempotency-key <key>", "repeated requests with the same key are one purge")
    .option("--dry-run", "show which entries would be invalidated, without purging")
    .option(
      "--settle <seconds>",
      "for this long after the purge the origin may serve old content: forward its responses without storing them",
      wholeNumber(1, LIMITS.purgeSettleSeconds),
    )
    .option("--not-etag <etag...>", "with --settle: store responses whose ETag is none of these old ones")
    .option("--modified-since <date>", "with --settle: store responses last modified at this time or later")
    .option("--via <region>", "the region whose hub accepts it", region)
    .addHelpText(
      "after",
      `
Examples:
  meridian purge --url https://shop.example/a https://shop.example/b
  meridian purge --tag release-7 --reason "new release" --wait complete
  meridian purge --prefix https://shop.example/blog --soft
  meridian purge --tag product-7 --settle 30 --not-etag v41
  git diff --name-only HEAD~1 | sed 's|^|https://shop.example/|' | meridian purge --file -

Exit codes: 0 done, 1 failed, 2 bad usage, 3 accepted, but not in the state that was waited for.`,
    )
    .action((_options: unknown, command: Command) => ask(command, terminal));
  addCommonOptions(purge);
  registerReceipts(purge, terminal);
}

async function ask(command: Command, terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<PurgeOptions>();
  const gathered = gatherScopes(options, await readList(command, options.file, terminal));
  if (gathered.kind === "invalid") return command.error(`error: ${gathered.detail}`, { exitCode: EXIT.usage });
  const body = {
    ...scopeFields(gathered.scopes),
    soft: options.soft === true,
    // A reason is one line; a message of several lines, as from a commit, is joined.
    ...(options.reason === undefined ? {} : { reason: options.reason.trim().replaceAll(/\s+/g, " ") }),
    ...settleFields(options),
  };
  const query = { via: options.via };
  const client = connect(command, options, terminal);
  try {
    if (options.dryRun) {
      const given = { query, body: { ...body, dryRun: true } };
      const answer = await client.ask(ROUTES.purge, given, { as: dryRunSchema });
      if (answer.kind === "failed") return fail(answer.failure, options, terminal);
      terminal.out(options.json ? JSON.stringify(answer.value) : dryRunText(answer.value, terminal));
      return terminal.exit(answer.value.missing.length > 0 ? EXIT.partial : EXIT.done);
    }
    const key = options.idempotencyKey ?? `cli-${randomUUID()}`;
    const full = { ...body, idempotencyKey: key, wait: options.wait, timeoutSeconds: options.timeout };
    const answer = await askTwice(client, { query, body: full }, options.timeout);
    if (answer.kind === "failed") {
      fail(answer.failure, options, terminal);
      if (maybeSent(answer.failure)) {
        terminal.err(`It may have been accepted. To be sure, repeat it with: --idempotency-key ${key}`);
      }
      return;
    }
    terminal.out(options.json ? JSON.stringify(answer.value) : receiptText(answer.value, terminal));
    // 202: the requested state is not reached (yet).
    terminal.exit(answer.status === 200 ? EXIT.done : EXIT.partial);
  } finally {
    await client.close();
  }
}

/** The purge's fields for an origin that lags. A tag may lack its quotes, since shells remove them. */
function settleFields({
  settle,
  notEtag,
  modifiedSince,
}: PurgeOptions): Pick<PurgeRequestBody, "settleSeconds" | "minVersion"> {
  const minVersion = {
    ...(notEtag === undefined ? {} : { notEtags: notEtag.map((tag) => (tag.endsWith('"') ? tag : `"${tag}"`)) }),
    ...(modifiedSince === undefined ? {} : { lastModified: modifiedSince }),
  };
  return {
    ...(settle === undefined ? {} : { settleSeconds: settle }),
    ...(Object.keys(minVersion).length === 0 ? {} : { minVersion }),
  };
}

/** Retries once if no answer came: with the same idempotency key it is the same purge. */
async function askTwice(
  client: ApiClient,
  given: Given<typeof ROUTES.purge>,
  timeoutSeconds: number,
): Promise<ApiAnswer<ApiReceipt>> {
  const timeoutMillis = timeoutSeconds * 1000 + CLI_LIMITS.cliTimeoutMillis;
  const ask = () => client.ask(ROUTES.purge, given, { as: receiptSchema, timeoutMillis });
  const first = await ask();
  return first.kind === "failed" && maybeSent(first.failure) ? ask() : first;
}

async function readList(command: Command, file: string | undefined, terminal: Terminal): Promise<string | undefined> {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = file === "-" ? await terminal.input() : await readFile(file, "utf8");
  } catch (error) {
    return command.error(`error: ${file} cannot be read: ${(error as Error).message}`, { exitCode: EXIT.usage });
  }
  if (text.length > CLI_LIMITS.scopeFileBytes) {
    command.error(`error: ${file} is larger than ${CLI_LIMITS.scopeFileBytes} bytes`, { exitCode: EXIT.usage });
  }
  return text;
}

function region(text: string): RegionId {
  if (!isRegionId(text)) throw new InvalidArgumentError(`Must be one of ${REGION_IDS.join(" ")}.`);
  return text;
}
