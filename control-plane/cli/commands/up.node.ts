// `meridian up`, run by `npm start`: starts a whole CDN on this machine and runs it until Ctrl-C. It reads options and the
// configuration, chooses as many regions as memory allows, shows the start, and leaves nothing behind when stopped.
// Exit codes: 0 stopped by the user, 1 failed, 2 bad usage or configuration.

import { type Command, InvalidArgumentError } from "commander";
import { LIMITS } from "../../../config/limits.ts";
import { noMajorityWarning } from "../../../config/schema/majority.ts";
import type { Config } from "../../../config/schema/schema.ts";
import { bytes } from "../../../config/units.ts";
import { isRegionId, REGION_IDS, type RegionId } from "../../../config/world/regions.ts";
import { DEFAULT_FRONT_DOOR, FRONT_DOOR_RANGE } from "../../local/prepare/ports.ts";
import { regionsThatFit } from "../../local/prepare/region-count.ts";
import { outliveReader } from "../closed-output.node.ts";
import { createDisplay } from "../text/up-display.node.ts";

interface UpOptions {
  readonly origin?: string;
  readonly regions?: readonly RegionId[];
  readonly config?: string;
  readonly delay: boolean;
  readonly port: number;
  readonly state?: string;
  readonly geoDatabase?: string;
  readonly json?: boolean;
}

/** Adds `up` to the program. */
export function register(program: Command): void {
  program
    .command("up")
    .description("run the whole CDN on this machine until Ctrl-C")
    .option("--origin <url>", "use this site instead of the configured origins", parseOrigin)
    .option("--regions <list>", `only these regions, comma-separated (of ${REGION_IDS.join(" ")})`, parseRegions)
    .option("--config <file>", "configuration file (default: config/meridian.config.ts)")
    .option("--no-delay", "do not emulate network distances")
    .option("--port <number>", "the front door's port; all other ports shift with it", parsePort, DEFAULT_FRONT_DOOR)
    .option("--state <folder>", "folder for tokens and state (default: .meridian in the project)")
    .option("--geo-database <file>", "a MaxMind-format address database (GeoLite2, GeoIP2, ...)")
    .option("--json", "print one JSON object per line instead of text")
    .action(up);
}

async function up(options: UpOptions): Promise<void> {
  outliveReader();
  const display = createDisplay(options.json === true);
  // Imported here, so that the other commands do not load a runtime that they never use.
  const [{ launch }, { CannotLaunch }, { DEFAULT_CONFIG, loadConfiguration }, state] = await Promise.all([
    import("../../local/launcher.node.ts"),
    import("../../local/prepare/cannot-launch.ts"),
    import("../../local/prepare/configuration.node.ts"),
    import("../../local/state/state-folder.node.ts"),
  ]);
  const loaded = await loadConfiguration(options.config ?? DEFAULT_CONFIG);
  if (loaded.kind === "unusable") return fail(2, ...loaded.lines);
  const chosen = chooseRegions(loaded.config, options.regions);
  if (chosen.kind === "unusable") return fail(2, chosen.line);
  for (const text of [chosen.notice, noMajorityWarning(chosen.regions.length)]) {
    if (text !== undefined) display.event({ kind: "notice", text });
  }

  const stop = untilStopped();
  try {
    const starting = launch({
      config: loaded.config,
      regions: chosen.regions,
      distances: options.delay ? "emulated" : "none",
      frontDoor: options.port,
      onEvent: display.event,
      ...(options.origin === undefined ? {} : { originUrl: options.origin }),
      ...(options.state === undefined ? {} : { stateFolder: options.state }),
      ...(options.geoDatabase === undefined ? {} : { geoDatabase: options.geoDatabase }),
    });
    const cluster = await Promise.race([starting, stop.wanted.then(() => undefined)]);
    if (cluster === undefined) {
      // A cancelled start is not awaited: this process's exit stops what it has started.
      display.stopping();
      await new state.StateFolder(options.state ?? state.DEFAULT_STATE_FOLDER).removeOwnRun();
      process.exit(0);
    }
    display.ready(cluster);
    // A bug in the launcher must not stop all regions: it is reported, and the run continues.
    process.on("uncaughtException", (error) => {
      display.event({
        kind: "notice",
        text: `error in the launcher, which continues: ${error.stack ?? error}`,
      });
    });
    await stop.wanted;
    display.stopping();
    await cluster.stop();
    process.exit(0);
  } catch (error) {
    if (error instanceof CannotLaunch) return fail(error.exitCode, error.message);
    throw error;
  }
}

function fail(code: 1 | 2, ...lines: readonly string[]): void {
  for (const line of lines) console.error(line);
  process.exitCode = code;
}

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP; a second one exits at once. If stopping hangs, or a cancelled start takes
 * long, the process still exits in time, and its exit stops the regions.
 */
function untilStopped(): { readonly wanted: Promise<void> } {
  const state = { isWanted: false, wanted: Promise.resolve() };
  state.wanted = new Promise((resolve) => {
    const stop = (): void => {
      if (state.isWanted) process.exit(1);
      state.isWanted = true;
      setTimeout(() => process.exit(0), LIMITS.stopMillis + 500).unref();
      resolve();
    };
    process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGHUP", stop);
  });
  return state;
}

type Chosen =
  | { readonly kind: "chosen"; readonly regions: readonly RegionId[]; readonly notice?: string }
  | { readonly kind: "unusable"; readonly line: string };

function chooseRegions(config: Config, wanted: readonly RegionId[] | undefined): Chosen {
  const configured = REGION_IDS.filter((region) => config.regions[region] !== undefined);
  const unknown = wanted?.find((region) => !configured.includes(region));
  if (unknown !== undefined) {
    return {
      kind: "unusable",
      line: `--regions: ${unknown} is not in the configuration, which has ${configured.join(" ")}`,
    };
  }
  if (wanted !== undefined) return { kind: "chosen", regions: wanted };
  const { regions, leftOut } = regionsThatFit(configured, bytes(process.availableMemory()));
  if (leftOut.length === 0) return { kind: "chosen", regions };
  const notice = `memory is short, so these regions are left out: ${leftOut.join(" ")} (use --regions to choose)`;
  return { kind: "chosen", regions, notice };
}

function parseOrigin(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError("Give an http or https URL.");
  if (url.username !== "" || url.password !== "") {
    throw new InvalidArgumentError("Omit user name and password: requests to origins carry none.");
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new InvalidArgumentError("Give scheme, host and port only, without a path.");
  }
  return url.origin;
}

function parseRegions(text: string): RegionId[] {
  const names = text.split(/[\s,]+/).filter((name) => name !== "");
  const unknown = names.find((name) => !isRegionId(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`Unknown region ${unknown}; the regions are ${REGION_IDS.join(" ")}.`);
  if (names.length === 0) throw new InvalidArgumentError("Name at least one region.");
  return [...new Set(names.filter(isRegionId))];
}

function parsePort(text: string): number {
  const { least, most } = FRONT_DOOR_RANGE;
  const port = Number(text);
  if (Number.isInteger(port) && port >= least && port <= most) return port;
  throw new InvalidArgumentError(`Give a port from ${least} to ${most}.`);
}
