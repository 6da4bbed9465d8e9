// `meridian purge show`, `list` and `verify`: the state of purges, and whether a receipt is authentic. All are read-only.

import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { z } from "zod";
import { LIMITS } from "../../../config/limits.ts";
import { ROUTES } from "../../api/routes.ts";
import { keySetSchema, receiptSchema } from "../../api/schemas.ts";
import { type ApiAnswer, readAs } from "../client.node.ts";
import { addCommonOptions, type CommonOptions, connect, fail } from "../common-options.node.ts";
import { EXIT } from "../exit-codes.ts";
import { provePurge } from "../purge/purge-proof.ts";
import { checkSignature } from "../purge/receipt-signature.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { type ApiReceipt, proofText, receiptListText, receiptText } from "../text/receipt-text.node.ts";
import { wholeNumber } from "../whole-number.node.ts";

/** Adds `show`, `list` and `verify` to the command `purge`. */
export function registerReceipts(purge: Command, terminal: Terminal): void {
  addCommonOptions(purge.command("show <id>").description("show a purge's current receipt"))
    .addHelpText("after", "\nExample:\n  meridian purge show weur.k3f9x2.17")
    .action((id: string, _options: unknown, command: Command) => show(id, command, terminal));

  addCommonOptions(
    purge
      .command("list")
      .description("list purges, newest first")
      .option("--limit <n>", "how many", wholeNumber(1, LIMITS.receiptsPage), 20)
      .option("--cursor <cursor>", "continue after the previous page")
      .addOption(
        new Option("--state <state>", "only purges in this state").choices([
          "accepted",
          "applied",
          "complete",
          "partial",
        ]),
      ),
  )
    .addHelpText("after", "\nExample:\n  meridian purge list --state partial")
    .action((_options: unknown, command: Command) => list(command, terminal));

  addCommonOptions(
    purge
      .command("verify [id]")
      .description("check a receipt's signature and that every region's hub has logged the purge")
      .option("--receipt <file>", "the receipt to check, as printed by --json (default: fetched from the API)")
      .option("--key <file>", "the public key, as returned by GET /v1/keys (default: fetched from the API)"),
  )
    .addHelpText(
      "after",
      `
Checks the receipt's signature, compares it with each hub's account of its own log, and prints what that proves and what it
does not. With both --receipt and --key nothing is asked over the network, and the signature alone is checked.
Exit codes: 0 all hubs have it and it is applied, 1 failed (a forged receipt, too), 2 bad usage, 3 not everywhere.

Examples:
  meridian purge verify weur.k3f9x2.17
  curl -s $API/v1/keys > keys.json
  meridian purge verify --receipt receipt.json --key keys.json`,
    )
    .action((id: string | undefined, _options: unknown, command: Command) => verify(id, command, terminal));
}

async function show(id: string, command: Command, terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<CommonOptions>();
  const client = connect(command, options, terminal);
  const answer = await client.ask(ROUTES.receipt, { parameters: { id } });
  await client.close();
  if (answer.kind === "failed") return fail(answer.failure, options, terminal);
  terminal.out(options.json ? JSON.stringify(answer.value) : receiptText(answer.value, terminal));
  terminal.exit(answer.value.state === "partial" ? EXIT.partial : EXIT.done);
}

interface ListOptions extends CommonOptions {
  readonly limit: number;
  readonly cursor?: string;
  readonly state?: ApiReceipt["state"];
}

async function list(command: Command, terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<ListOptions>();
  const { limit, cursor, state } = options;
  const client = connect(command, options, terminal);
  const answer = await client.ask(ROUTES.purges, { query: { limit: String(limit), cursor, state } });
  await client.close();
  if (answer.kind === "failed") return fail(answer.failure, options, terminal);
  terminal.out(options.json ? JSON.stringify(answer.value) : receiptListText(answer.value, Date.now(), terminal));
  terminal.exit(EXIT.done);
}

interface VerifyOptions extends CommonOptions {
  readonly receipt?: string;
  readonly key?: string;
}

async function verify(id: string | undefined, command: Command, terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<VerifyOptions>();
  const held = options.receipt && (await readJsonFile(command, options.receipt, receiptSchema, "a receipt"));
  const keys = options.key && (await readJsonFile(command, options.key, keySetSchema, "a set of keys"));
  const asked =
    id ?? (held ? held.id : command.error("error: give an id, or --receipt FILE", { exitCode: EXIT.usage }));
  if (held && held.id !== asked) {
    command.error(`error: the receipt is for ${held.id}, not for ${asked}`, { exitCode: EXIT.usage });
  }
  const client = connect(command, options, terminal);
  const [receipt, keySet, regions] = await Promise.all([
    held ? answered(held) : client.ask(ROUTES.receipt, { parameters: { id: asked } }),
    keys ? answered(keys) : client.ask(ROUTES.keys, {}),
    held && keys ? undefined : client.ask(ROUTES.regions, {}),
  ]);
  await client.close();
  if (receipt.kind === "failed") return fail(receipt.failure, options, terminal);
  if (keySet.kind === "failed") return fail(keySet.failure, options, terminal);
  const signature = checkSignature(receipt.value, keySet.value);
  if (signature.kind === "not-signed") return fail(signature, options, terminal);
  if (regions?.kind === "failed") return fail(regions.failure, options, terminal);
  const proof = provePurge(receipt.value, { kid: signature.kid, from: keys ? "file" : "api" }, regions?.value);
  terminal.out(options.json ? JSON.stringify(proof) : proofText(proof, terminal));
  terminal.exit(proof.holds ? EXIT.done : EXIT.partial);
}

const answered = <Value>(value: Value): ApiAnswer<Value> => ({ kind: "answer", value, status: 200 });

/** Reads a file as JSON by a schema. Unreadable or other content is a usage error. */
async function readJsonFile<Schema extends z.ZodType>(
  command: Command,
  file: string,
  schema: Schema,
  what: string,
): Promise<z.output<Schema>> {
  const refuse = (why: string): never => command.error(`error: ${file} ${why}`, { exitCode: EXIT.usage });
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    refuse(error instanceof SyntaxError ? "is not JSON" : `cannot be read: ${(error as Error).message}`);
  }
  return readAs(schema, json)?.data ?? refuse(`is not ${what}`);
}
