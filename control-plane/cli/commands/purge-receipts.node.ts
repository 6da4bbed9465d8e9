// `meridian purge show`, `list` and `verify`: what became of purges. They ask and print; nothing here purges.

import { type Command, Option } from "commander";
import { LIMITS } from "../../../config/limits.ts";
import { receiptPageSchema, receiptSchema, regionListSchema } from "../../api/schemas.ts";
import { addCommonOptions, type CommonOptions, connect, fail } from "../common-options.node.ts";
import { EXIT } from "../exit-codes.ts";
import { provePurge } from "../purge-proof.ts";
import { proofText, receiptListText, receiptText } from "../receipt-text.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { wholeNumber } from "../whole-number.node.ts";

/** Adds `show`, `list` and `verify` to the command `purge`. */
export function registerReceipts(purge: Command, terminal: Terminal): void {
  addCommonOptions(purge.command("show <id>").description("show a purge's receipt as it is now"))
    .addHelpText("after", "\nExample:\n  meridian purge show weur.k3f9x2.17")
    .action((id: string, _options: unknown, command: Command) => show(id, command, terminal));

  addCommonOptions(
    purge
      .command("list")
      .description("list purges, newest first")
      .option("--limit <n>", "how many", wholeNumber(1, LIMITS.receiptsPage), 20)
      .option("--cursor <cursor>", "go on where the page before ended")
      .addOption(
        new Option("--state <state>", "only those in this state").choices([
          "accepted",
          "applied",
          "complete",
          "partial",
        ]),
      ),
  )
    .addHelpText("after", "\nExample:\n  meridian purge list --state partial")
    .action((_options: unknown, command: Command) => list(command, terminal));

  addCommonOptions(purge.command("verify <id>").description("ask every region's hub whether it has a purge"))
    .addHelpText(
      "after",
      `
Compares the receipt with what each hub says of its own log, and says what that proves and what it does not.
Exit codes: 0 all hubs have it and it is applied, 1 failed, 3 not everywhere.

Example:
  meridian purge verify weur.k3f9x2.17`,
    )
    .action((id: string, _options: unknown, command: Command) => verify(id, command, terminal));
}

async function show(id: string, command: Command, terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<CommonOptions>();
  const client = connect(command, options, terminal);
  const answer = await client.ask({ path: pathOf(id), schema: receiptSchema });
  await client.close();
  if (answer.kind === "failed") return fail(answer.failure, options, terminal);
  terminal.out(options.json ? JSON.stringify(answer.value) : receiptText(answer.value, terminal));
  terminal.exit(answer.value.state === "partial" ? EXIT.partial : EXIT.done);
}

async function list(command: Command, terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<CommonOptions & { limit: number; cursor?: string; state?: string }>();
  const query = new URLSearchParams({ limit: String(options.limit) });
  if (options.cursor !== undefined) query.set("cursor", options.cursor);
  if (options.state !== undefined) query.set("state", options.state);
  const client = connect(command, options, terminal);
  const answer = await client.ask({ path: `/v1/purges?${query}`, schema: receiptPageSchema });
  await client.close();
  if (answer.kind === "failed") return fail(answer.failure, options, terminal);
  terminal.out(options.json ? JSON.stringify(answer.value) : receiptListText(answer.value, Date.now(), terminal));
  terminal.exit(EXIT.done);
}

async function verify(id: string, command: Command, terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<CommonOptions>();
  const client = connect(command, options, terminal);
  const [receipt, regions] = await Promise.all([
    client.ask({ path: pathOf(id), schema: receiptSchema }),
    client.ask({ path: "/v1/regions", schema: regionListSchema }),
  ]);
  await client.close();
  if (receipt.kind === "failed") return fail(receipt.failure, options, terminal);
  if (regions.kind === "failed") return fail(regions.failure, options, terminal);
  const proof = provePurge(receipt.value, regions.value);
  terminal.out(options.json ? JSON.stringify(proof) : proofText(proof, terminal));
  terminal.exit(proof.holds ? EXIT.done : EXIT.partial);
}

const pathOf = (id: string): string => `/v1/purges/${encodeURIComponent(id)}`;
