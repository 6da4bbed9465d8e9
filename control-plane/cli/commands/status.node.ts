// `meridian status`: the deployment on one screen, once or repeatedly. Exit 0: the control API answered, regardless of the
// regions' states. Those are the result; scripts read them from `--json`.

import { type Command, InvalidArgumentError } from "commander";
import { ROUTES } from "../../api/routes.ts";
import type { ApiClient } from "../client.node.ts";
import { addCommonOptions, type CommonOptions, connect, fail } from "../common-options.node.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommandFailure } from "../failure.ts";
import { askLauncher } from "../local-run.node.ts";
import { processTerminal, type Terminal } from "../terminal.node.ts";
import { type Status, statusText } from "../text/status-text.node.ts";

interface StatusOptions extends CommonOptions {
  readonly watch?: boolean | number;
}

const WATCH_SECONDS = 2;

/** Adds `status`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  addCommonOptions(
    program
      .command("status")
      .description("show regions, traffic, hubs and the latest purges")
      .option("--watch [seconds]", `repeat at this interval (default: ${WATCH_SECONDS}) until Ctrl-C`, atLeastOne),
  )
    .addHelpText(
      "after",
      "\nExamples:\n  meridian status\n  meridian status --watch 5\n  meridian status --json | jq '.regions.regions[].status'",
    )
    .action((_options: unknown, command: Command) => status(command, terminal));
}

async function status(command: Command, terminal: Terminal): Promise<void> {
  const options = command.optsWithGlobals<StatusOptions>();
  const client = connect(command, options, terminal);
  try {
    if (options.watch === undefined) return await showOnce(client, options, terminal);
    await watch(client, options, terminal);
  } finally {
    await client.close();
  }
}

async function showOnce(client: ApiClient, options: StatusOptions, terminal: Terminal): Promise<void> {
  const answer = await readStatus(client, terminal);
  if ("kind" in answer) return fail(answer, options, terminal);
  terminal.out(options.json ? JSON.stringify(answer) : statusText(answer, Date.now(), terminal));
  terminal.exit(EXIT.done);
}

/** Redraws the screen at each interval. A failure is shown like a state, since the next attempt may succeed. */
async function watch(client: ApiClient, options: StatusOptions, terminal: Terminal): Promise<void> {
  const waitMillis = 1000 * (typeof options.watch === "number" ? options.watch : WATCH_SECONDS);
  let stopped = false;
  let wake = (): void => undefined;
  terminal.onInterrupt(() => {
    stopped = true;
    wake();
  });
  while (!stopped) {
    if (!options.json) terminal.clear();
    await showOnce(client, options, terminal);
    if (stopped) break;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMillis);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function readStatus(client: ApiClient, terminal: Terminal): Promise<Status | CommandFailure> {
  const [local, regions, stats, purges] = await Promise.all([
    askLauncher(terminal.folder, client.api),
    client.ask(ROUTES.regions, {}),
    client.ask(ROUTES.stats, {}),
    client.ask(ROUTES.purges, { query: { limit: "5" } }),
  ]);
  if (regions.kind === "failed") return regions.failure;
  return {
    regions: regions.value,
    stats: stats.kind === "failed" ? stats.failure : stats.value,
    purges: purges.kind === "failed" ? purges.failure : purges.value,
    ...(local === undefined ? {} : { local }),
  };
}

function atLeastOne(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 3600)) throw new InvalidArgumentError("Must be 1 to 3600 seconds.");
  return value;
}
