// The options that every command which asks the control API takes, and what follows from them: where the API is and with
// which token. Order for the address: --api, MERIDIAN_API, the run under way, the default port. For the token: --token,
// MERIDIAN_TOKEN, the local admin token; the local token is never sent to another machine.

import type { Command } from "commander";
import { ApiClient } from "./client.node.ts";
import { EXIT } from "./exit-codes.ts";
import { describeFailure, type Failure, failureAsJson } from "./failure.ts";
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
    .option("--api <url>", `the control API (MERIDIAN_API; else the local run's, ${DEFAULT_API})`)
    .option("--token <token>", "API token (MERIDIAN_TOKEN; else .meridian/token for a local API)")
    .option("--json", "print one JSON object and nothing else on standard output");

/** A client for what the options and the terminal's surroundings say. A usage error for an address that is none. */
export function connect(command: Command, options: CommonOptions, terminal: Terminal): ApiClient {
  const api = options.api ?? terminal.environment.MERIDIAN_API ?? readRun(terminal.folder)?.control ?? DEFAULT_API;
  if (!URL.canParse(api) || !/^https?:$/.test(new URL(api).protocol)) {
    command.error(`error: --api takes an http or https URL, not "${api}"`, { exitCode: EXIT.usage });
  }
  const { origin, hostname } = new URL(api);
  const given = options.token ?? terminal.environment.MERIDIAN_TOKEN;
  return new ApiClient(origin, given ?? (isLoopback(hostname) ? readAdminToken(terminal.folder) : undefined));
}

/** Whether a host name is this machine's own: 127.0.0.0/8, ::1 or localhost. */
export const isLoopback = (hostname: string): boolean =>
  /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost|.+\.localhost)$/i.test(hostname);

/** Says why a command failed, on both channels where `--json` is set, and ends it with 1. */
export function fail(failure: Failure, options: CommonOptions, terminal: Terminal): void {
  if (options.json) terminal.out(JSON.stringify(failureAsJson(failure)));
  for (const line of describeFailure(failure)) terminal.err(line);
  terminal.exit(EXIT.failed);
}
