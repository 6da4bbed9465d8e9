// What must be in order before anything starts: no other run in the same folder, nothing left behind by an earlier one, and
// every port free. What is not in order and cannot be mended here is told to the user with what to do about it.

import type { LaunchEvent } from "./events.ts";
import { isFree } from "./free-ports.node.ts";
import { endLeftovers, isRunning } from "./processes.node.ts";
import type { StateFolder } from "./state-folder.node.ts";

/** Why a run cannot start, in words for its user, and the command line's exit code (2: usage or configuration). */
export class CannotLaunch extends Error {
  readonly exitCode: 1 | 2;

  constructor(exitCode: 1 | 2, ...lines: readonly string[]) {
    super(lines.join("\n"));
    this.exitCode = exitCode;
  }
}

/** Ends what a run that was killed left behind. Throws `CannotLaunch` if a run is under way in this folder. */
export async function clearLeftovers(folder: StateFolder, onEvent: (event: LaunchEvent) => void): Promise<void> {
  const before = await folder.readRun();
  if (before === undefined) return;
  if (await isRunning(before)) {
    throw new CannotLaunch(
      1,
      `Meridian already runs here (process ${before.launcherPid}, ${before.frontDoor}). ` +
        "Stop it with Ctrl-C, or start another beside it: npm start -- --port 9787 --state .meridian/second",
    );
  }
  const ended = await endLeftovers(before);
  await folder.removeRun();
  if (ended.length === 0) return;
  onEvent({ kind: "notice", text: `ended ${ended.length} processes that an earlier run had left behind` });
}

/** Throws `CannotLaunch` for the first port that cannot be had. */
export async function checkPorts(wanted: readonly (readonly [port: number, purpose: string])[]): Promise<void> {
  for (const [port, purpose] of wanted) {
    if (await isFree(port)) continue;
    throw new CannotLaunch(
      1,
      `port ${port}, which the ${purpose} needs, is in use. End the program that has it (lsof -i :${port} shows it), ` +
        "or move all of Meridian's ports: npm start -- --port 9787",
    );
  }
}
