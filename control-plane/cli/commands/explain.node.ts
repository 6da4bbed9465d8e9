// `meridian explain URL`: the region, shard and rules that would serve a URL to a client at a given place, and why. It calls the
// API, which neither fetches nor stores anything for it.

import type { Command } from "commander";
import { ROUTES } from "../../api/routes.ts";
import { addCommonOptions, type CommonOptions, connect, fail } from "../common-options.node.ts";
import { EXIT } from "../exit-codes.ts";
import { processTerminal, type Terminal } from "../terminal.node.ts";
import { explanationText } from "../text/explain-text.node.ts";

interface ExplainOptions extends CommonOptions {
  readonly from?: string;
  readonly method: string;
}

/** Adds `explain`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  addCommonOptions(
    program
      .command("explain <url>")
      .description("show which region, shard and rules would serve a URL")
      .option("--from <place>", "the client's place: a country (JP), an IP address or latitude,longitude")
      .option("--method <method>", "the request's method", (text) => text.toUpperCase(), "GET"),
  )
    .addHelpText(
      "after",
      "\nExamples:\n  meridian explain http://127.0.0.1:8787/eu/records --from DE\n  meridian explain https://shop.example/a.jpg?v=2 --from 35.68,139.69 --json",
    )
    .action((url: string, _options: unknown, command: Command) => explain(url, command, terminal));
}

async function explain(url: string, command: Command, terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<ExplainOptions>();
  const client = connect(command, options, terminal);
  const answer = await client.ask(ROUTES.explain, { query: { url, method: options.method, from: options.from } });
  await client.close();
  if (answer.kind === "failed") return fail(answer.failure, options, terminal);
  terminal.out(options.json ? JSON.stringify(answer.value) : explanationText(answer.value, terminal));
  terminal.exit(EXIT.done);
}
