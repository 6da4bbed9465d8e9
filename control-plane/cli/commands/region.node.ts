// `meridian region drain|undrain` moves clients away from a region, deployed or local, and back, through the control API.
// `region list|stop|start|cut|heal` fails and restores regions and links of the local run, to see what clients notice, through
// the local launcher (its address is in `run.json`).

import type { Command } from "commander";
import { isRegionId, REGION_IDS } from "../../../config/world/regions.ts";
import { ROUTES } from "../../api/routes.ts";
import type { RegionStatus } from "../../local/admin.node.ts";
import { DEFAULT_STATE_FOLDER, StateFolder } from "../../local/state/state-folder.node.ts";
import { addCommonOptions, type CommonOptions, connect, fail as failApi } from "../common-options.node.ts";
import { EXIT } from "../exit-codes.ts";
import { processTerminal, type Terminal } from "../terminal.node.ts";

interface RegionCommandOptions {
  readonly state?: string;
  readonly json?: boolean;
}

/** Adds `region` to the program. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const region = program
    .command("region")
    .description("drain regions; in the local run, also stop, start and partition them")
    .addHelpText(
      "after",
      "\nExamples:\n  meridian region drain apac      its clients go to the next region; it still serves as a shield and receives purges\n" +
        "  meridian region undrain apac\n  meridian region stop apac       like a power failure; local run only\n" +
        "  meridian region cut weur apac   messages from weur to apac are lost; together with `cut apac weur`: a partition\n" +
        "  meridian region heal weur apac",
    );
  for (const action of ["drain", "undrain"] as const) {
    const description =
      action === "drain" ? "send a region's clients to other regions" : "let a drained region serve clients again";
    addCommonOptions(region.command(action).description(description).argument("<id>", REGION_IDS.join(" "))).action(
      (id: string, _options: unknown, command: Command) => drain(id, action, command, terminal),
    );
  }
  const command = (name: string, description: string): Command =>
    region
      .command(name)
      .description(description)
      .option("--state <folder>", "the run's state folder (default: .meridian in the project)")
      .option("--json", "print the regions as JSON");
  command("list", "show the regions and their processes").action((options: RegionCommandOptions) =>
    ask("GET", "/regions", options),
  );
  command("stop", "kill a region's process at once, like a power failure")
    .argument("<id>", REGION_IDS.join(" "))
    .action((id: string, options: RegionCommandOptions) => change(id, "stop", options));
  command("start", "start a region again with its previous state")
    .argument("<id>", REGION_IDS.join(" "))
    .action((id: string, options: RegionCommandOptions) => change(id, "start", options));
  for (const action of ["cut", "heal"] as const) {
    command(action, action === "cut" ? "cut the link from one region to another" : "restore a link that was cut")
      .argument("<from>", REGION_IDS.join(" "))
      .argument("<to>", "a region, or origin:NAME")
      .action((from: string, to: string, options: RegionCommandOptions) => separate(from, to, action, options));
  }
}

/** A cut link is silent, like a lost one: requests over it wait until they time out. */
async function separate(
  from: string,
  to: string,
  action: "cut" | "heal",
  options: RegionCommandOptions,
): Promise<void> {
  if (isRegionId(from) && (isRegionId(to) || to.startsWith("origin:"))) {
    return ask("POST", `/links/${from}/${encodeURIComponent(to)}/${action}`, options);
  }
  console.error(`a link goes from a region to a region or origin:NAME; regions are ${REGION_IDS.join(" ")}`);
  process.exitCode = 2;
}

async function drain(id: string, action: "drain" | "undrain", command: Command, terminal: Terminal): Promise<void> {
  if (!isRegionId(id))
    return command.error(`error: unknown region ${id}; the regions are ${REGION_IDS.join(" ")}`, {
      exitCode: EXIT.usage,
    });
  const options = command.optsWithGlobals<CommonOptions>();
  const client = connect(command, options, terminal);
  try {
    const answer = await client.ask(ROUTES[action], { parameters: { id } });
    if (answer.kind === "failed") return failApi(answer.failure, options, terminal);
    const { drained } = answer.value;
    const told = drained
      ? `${id} is drained: its clients go to the next region within about two seconds`
      : `${id} serves clients again`;
    terminal.out(options.json ? JSON.stringify(answer.value) : told);
    terminal.exit(EXIT.done);
  } finally {
    await client.close();
  }
}

async function change(id: string, action: "stop" | "start", options: RegionCommandOptions): Promise<void> {
  if (isRegionId(id)) return ask("POST", `/regions/${id}/${action}`, options);
  console.error(`unknown region ${id}; the regions are ${REGION_IDS.join(" ")}`);
  process.exitCode = 2;
}

async function ask(method: "GET" | "POST", path: string, options: RegionCommandOptions): Promise<void> {
  const folder = new StateFolder(options.state ?? DEFAULT_STATE_FOLDER);
  const run = await folder.readRun();
  if (run === undefined) return fail("Meridian is not running here: start it with npm start");
  if (run.admin === undefined) return fail("Meridian is still starting: try again once it is ready");
  const token = await folder.readToken();
  if (token === undefined)
    return fail(`${folder.path}/token is missing or damaged: restart Meridian, which creates a new one`);
  const answer = await reach(`${run.admin}${path}`, method, token);
  if (answer === undefined) return fail(`the launcher at ${run.admin} does not answer: start it with npm start`);
  const body = (await answer.json()) as { readonly regions?: readonly RegionStatus[]; readonly detail?: string };
  if (!answer.ok || body.regions === undefined) return fail(body.detail ?? `the launcher answered ${answer.status}`);
  console.log(options.json === true ? JSON.stringify(body) : body.regions.map(line).join("\n"));
}

/** Undefined if nothing listens there. */
const reach = (url: string, method: string, token: string): Promise<Response | undefined> =>
  fetch(url, { method, headers: { Authorization: `Bearer ${token}` } }).catch(() => undefined);

const line = ({ region, state, edge, pid, cut }: RegionStatus): string =>
  `${region.padEnd(6)}${state.padEnd(12)}${edge}${pid === undefined ? "" : `  process ${pid}`}` +
  (cut.length === 0 ? "" : `  cut to ${cut.join(", ")}`);

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
