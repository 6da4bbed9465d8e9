// `meridian token`: creates, lists and revokes API tokens of the local installation, and prints records for a deployment's
// secret API_TOKENS. A local run is notified, so that changes apply at once.

import type { Command } from "commander";
import { ACCESS_SCOPES, type AccessScope, parseTokens, type TokenRecord } from "../../api/access/access.ts";
import { EXIT } from "../exit-codes.ts";
import { findStateFolder, readAdminToken, readRun } from "../local-run.node.ts";
import { processTerminal, type Terminal } from "../terminal.node.ts";
import { drawTable } from "../text/table.node.ts";
import { makeToken, readTokenRecords, writeTokenRecords } from "../token-file.node.ts";

interface CreateOptions {
  readonly name: string;
  readonly scopes: string;
  readonly hosts?: string;
  readonly printRecord?: boolean;
  readonly json?: boolean;
}

/** The name of the token in `.meridian/token`, which the launcher creates. */
const ADMIN = "admin";

/** Adds `token create`, `token list` and `token revoke`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const token = program.command("token").description("create, list and revoke API tokens");
  token
    .command("create")
    .description("create a token; it is shown once")
    .requiredOption("--name <name>", "the token's user, as shown in receipts")
    .requiredOption("--scopes <list>", `comma-separated permissions: ${ACCESS_SCOPES.join(", ")}`)
    .option("--hosts <list>", "comma-separated hosts that it may purge (default: any); *.example.com for subdomains")
    .option("--print-record", "store nothing here; print the record for a deployment's secret API_TOKENS")
    .option("--json", "print one JSON object: { token, record }")
    .addHelpText(
      "after",
      "\nExamples:\n  meridian token create --name ci --scopes purge,read\n  meridian token create --name ci --scopes purge --hosts shop.example --print-record",
    )
    .action((_options: unknown, command: Command) => create(command, terminal));
  token
    .command("list")
    .description("list the tokens created here")
    .option("--json", "print the records as JSON")
    .addHelpText("after", "\nExample:\n  meridian token list")
    .action((options: { json?: boolean }) => list(options, terminal));
  token
    .command("revoke <name>")
    .description("revoke a token; it is refused at once")
    .option("--json", "print { revoked } as JSON")
    .addHelpText("after", "\nExample:\n  meridian token revoke ci")
    .action((name: string, options: { json?: boolean }) => revoke(name, options, terminal));
}

async function create(command: Command, terminal: Terminal): Promise<void> {
  const options = command.opts<CreateOptions>();
  const made = makeToken({
    name: options.name,
    // Checked with the rest of the record right below.
    scopes: parts(options.scopes) as AccessScope[],
    ...(options.hosts === undefined ? {} : { hosts: parts(options.hosts) }),
  });
  // The API reads the record with this same function, so a record that passes here is accepted there.
  const checked = parseTokens(JSON.stringify([made.record]));
  if (checked.kind === "invalid") {
    return command.error(`error: ${checked.detail.replace(/^API_TOKENS\[0\]: /, "")}`, { exitCode: EXIT.usage });
  }
  if (options.printRecord !== true && !(await keep(made.record, terminal))) return;
  const since = options.printRecord === true ? "not running" : await notifyRun(terminal);
  if (options.json) terminal.out(JSON.stringify(made));
  else if (options.printRecord) {
    terminal.out(JSON.stringify(made.record));
    terminal.err(`The token, shown only once: ${made.token}`);
    terminal.err("Add the record to the secret's list:  npx wrangler secret put API_TOKENS   (a JSON list of records)");
  } else {
    terminal.out(made.token);
    terminal.err(`It is not shown again. ${WORKS[since]}. To revoke it: meridian token revoke ${options.name}`);
  }
  terminal.exit(EXIT.done);
}

async function keep(record: TokenRecord, terminal: Terminal): Promise<boolean> {
  const folder = findStateFolder(terminal.folder);
  const records = await readTokenRecords(folder);
  if (record.name === ADMIN || records.some(({ name }) => name === record.name)) {
    terminal.err(`A token named ${record.name} exists. Choose another name, or revoke it first.`);
    terminal.exit(EXIT.failed);
    return false;
  }
  await writeTokenRecords(folder, [...records, record]);
  return true;
}

async function list(options: { json?: boolean }, terminal: Terminal): Promise<void> {
  const records = await readTokenRecords(findStateFolder(terminal.folder));
  if (options.json) terminal.out(JSON.stringify(records));
  else if (records.length === 0) terminal.out("No tokens other than the admin token in .meridian/token.");
  else {
    const rows = records.map(({ name, scopes, hosts }) => [name, scopes.join(", "), hosts?.join(", ") ?? "any"]);
    terminal.out(drawTable([{ title: "NAME" }, { title: "SCOPES" }, { title: "HOSTS" }], rows, terminal));
  }
  terminal.exit(EXIT.done);
}

async function revoke(name: string, options: { json?: boolean }, terminal: Terminal): Promise<void> {
  const folder = findStateFolder(terminal.folder);
  const records = await readTokenRecords(folder);
  const kept = records.filter((record) => record.name !== name);
  if (kept.length === records.length) {
    terminal.err(`No token is named ${name}; meridian token list shows the tokens.`);
    return terminal.exit(EXIT.failed);
  }
  await writeTokenRecords(folder, kept);
  const since = await notifyRun(terminal);
  terminal.out(options.json ? JSON.stringify({ revoked: name }) : `Revoked ${name}. ${REFUSED[since]}.`);
  terminal.exit(EXIT.done);
}

/** When a change of the records takes effect. */
type Since = "at once" | "not running" | "not notified";

const WORKS: Readonly<Record<Since, string>> = {
  "at once": "It is valid now",
  "not running": "It becomes valid at the next npm start",
  "not notified": "The local run could not be notified: the token becomes valid at the next npm start",
};
const REFUSED: Readonly<Record<Since, string>> = {
  "at once": "It is refused now",
  "not running": "No local run is using it",
  "not notified": "The local run could not be notified: it accepts the token until it is restarted",
};

/** Makes the local run reload the records. */
async function notifyRun(terminal: Terminal): Promise<Since> {
  const run = readRun(terminal.folder);
  if (run?.admin === undefined) return "not running";
  try {
    const headers = { Authorization: `Bearer ${readAdminToken(terminal.folder)}` };
    const answer = await fetch(`${run.admin}/tokens`, { method: "POST", headers, signal: AbortSignal.timeout(5_000) });
    return answer.ok ? "at once" : "not notified";
  } catch (error) {
    // Refused: the run was killed and left its record behind, so nothing accepts tokens.
    const { code } = ((error as Error).cause ?? {}) as { readonly code?: string };
    return code === "ECONNREFUSED" ? "not running" : "not notified";
  }
}

const parts = (text: string): string[] => text.split(",").flatMap((part) => part.trim() || []);
