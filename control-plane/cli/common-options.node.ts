// The options of every command that calls the control API: the API's address and the token. Order for the address: --api,
// MERIDIAN_API, the current run, the default port. For the token: --token, MERIDIAN_TOKEN, the local admin token, which is
// never sent to another machine.
// **Decided: an empty variable is an error.** A CI system sets an empty one for a missing secret: continuing without it would
// use another token or fail with a 401 that blames the token. White space around a value is ignored.

import type { Command } from "commander";
import { ApiClient } from "./client.node.ts";
import { EXIT } from "./exit-codes.ts";
import { type CommandFailure, describeFailure, failureAsJson } from "./failure.ts";
import { readAdminToken, readRun } from "./local-run.node.ts";
import type { Terminal } from "./terminal.node.ts";

const DEFAULT_API = "http://127.0.0.1:8786";

export interface CommonOptions {
  readonly api?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** Adds `--api`, `--token` and `--json`. */
export const addCommonOptions = (command: Command): Command =>
  command
    .option("--api <url>", `the control API (default: MERIDIAN_API, else the local run's, ${DEFAULT_API})`)
    .option("--token <token>", "API token (default: MERIDIAN_TOKEN, else .meridian/token for a local API)")
    .option("--json", "print one JSON object and nothing else on standard output");

/** A client for the given options and environment. An invalid address is a usage error. */
export function connect(command: Command, options: CommonOptions, terminal: Terminal): ApiClient {
  const usage = (message: string): never => command.error(`error: ${message}`, { exitCode: EXIT.usage });
  const asked = givenValue("--api", options.api, "MERIDIAN_API", terminal, usage);
  const api = asked?.value ?? readRun(terminal.folder)?.control ?? DEFAULT_API;
  if (!URL.canParse(api) || !/^https?:$/.test(new URL(api).protocol)) {
    usage(`${asked?.name ?? "run.json"} takes an http or https URL, not "${api}"`);
  }
  const { origin, hostname, username, password } = new URL(api);
  if (username !== "" || password !== "") {
    usage(`${asked?.name ?? "run.json"} must not contain a user name or password: the API uses tokens (--token)`);
  }
  const token = givenValue("--token", options.token, "MERIDIAN_TOKEN", terminal, usage);
  if (token !== undefined && !/^[!-~]+$/.test(token.value)) {
    usage(`${token.name} contains characters that no token has: white space, or anything but visible ASCII`);
  }
  const given = token?.value;
  return new ApiClient(origin, given ?? (isLoopback(hostname) ? readAdminToken(terminal.folder) : undefined));
}

/** The trimmed value of an option or its variable, and which of the two it came from. Empty is a usage error. */
function givenValue(
  option: string,
  fromOption: string | undefined,
  variable: string,
  { environment }: Terminal,
  usage: (message: string) => never,
): { readonly name: string; readonly value: string } | undefined {
  const name = fromOption === undefined ? variable : option;
  const value = (fromOption ?? environment[variable])?.trim();
  if (value === undefined) return undefined;
  if (value !== "") return { name, value };
  return usage(`${name} is empty. Is a secret missing where it is set? Give it a value, or omit it`);
}

/** Whether a host name is this machine's own: 127.0.0.0/8, ::1 or localhost. */
export const isLoopback = (hostname: string): boolean =>
  /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost|.+\.localhost)$/i.test(hostname);

/** Reports why a command failed, on both streams if `--json` is set, and exits with 1. */
export function fail(failure: CommandFailure, options: CommonOptions, terminal: Terminal): void {
  if (options.json) terminal.out(JSON.stringify(failureAsJson(failure)));
  for (const line of describeFailure(failure)) terminal.err(line);
  terminal.exit(EXIT.failed);
}
