// `meridian region list|stop|start`: loses and restores regions of the local run, to see what their clients notice. It asks
// the launcher that runs here (its address is in `run.json`); deployed regions are drained through the control API instead.

import type { Command } from "commander";
import { isRegionId, REGION_IDS } from "../../../config/regions.ts";
import type { RegionStatus } from "../../local/admin.node.ts";
import { DEFAULT_STATE_FOLDER, StateFolder } from "../../local/state-folder.node.ts";

interface Options {
  readonly state?: string;
  readonly json?: boolean;
}

/** Adds `region` to the program. */
export function register(program: Command): void {
  const region = program.command("region").description("stop and start regions of the local run");
  const command = (name: string, description: string): Command =>
    region
      .command(name)
      .description(description)
      .option("--state <folder>", "the run's state folder (default: .meridian in the project)")
      .option("--json", "print the regions as JSON");
  command("list", "show the regions and their processes").action((options: Options) => ask("GET", "/regions", options));
  command("stop", "end a region's process at once, as a power cut would")
    .argument("<id>", REGION_IDS.join(" "))
    .action((id: string, options: Options) => change(id, "stop", options));
  command("start", "start a region again, with the state that it had")
    .argument("<id>", REGION_IDS.join(" "))
    .action((id: string, options: Options) => change(id, "start", options));
}

async function change(id: string, action: "stop" | "start", options: Options): Promise<void> {
  if (isRegionId(id)) return ask("POST", `/regions/${id}/${action}`, options);
  console.error(`${id} is no region; there are ${REGION_IDS.join(" ")}`);
  process.exitCode = 2;
}

async function ask(method: "GET" | "POST", path: string, options: Options): Promise<void> {
  const folder = new StateFolder(options.state ?? DEFAULT_STATE_FOLDER);
  const run = await folder.readRun();
  if (run === undefined) return fail("Meridian does not run here: start it with npm start");
  const answer = await reach(`${run.admin}${path}`, method, await folder.token());
  if (answer === undefined) return fail(`the launcher at ${run.admin} does not answer: start it with npm start`);
  const body = (await answer.json()) as { readonly regions?: readonly RegionStatus[]; readonly detail?: string };
  if (!answer.ok || body.regions === undefined) return fail(body.detail ?? `the launcher answered ${answer.status}`);
  console.log(options.json === true ? JSON.stringify(body) : body.regions.map(line).join("\n"));
}

/** Undefined when nobody listens there any more. */
const reach = (url: string, method: string, token: string): Promise<Response | undefined> =>
  fetch(url, { method, headers: { Authorization: `Bearer ${token}` } }).catch(() => undefined);

const line = ({ region, state, edge, pid }: RegionStatus): string =>
  `${region.padEnd(6)}${state.padEnd(9)}${edge}${pid === undefined ? "" : `  process ${pid}`}`;

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
