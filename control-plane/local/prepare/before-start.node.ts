// What must be in order before anything starts: no other run in the same folder, nothing left behind by an earlier one, and
// every port free. What is not in order and cannot be mended here is told to the user with what to do about it.

import type { LaunchEvent } from "../events.ts";
import type { StateFolder } from "../state/state-folder.node.ts";
import { endLeftovers, isRunning } from "../supervision/processes.node.ts";
import { CannotLaunch } from "./cannot-launch.ts";
import type { HeldPorts } from "./free-ports.node.ts";

/** Ends what a run that was killed left behind, and says whether there was anything. Throws `CannotLaunch` if a run is under way in this folder. */
export async function clearLeftovers(folder: StateFolder, onEvent: (event: LaunchEvent) => void): Promise<Leftovers> {
  const before = await folder.takeLeftRun();
  if (before === undefined) return "none";
  if (await isRunning(before, await folder.readToken())) {
    throw new CannotLaunch(
      1,
      `Meridian already runs here (process ${before.launcherPid}, ${before.frontDoor}). ` +
        "Stop it with Ctrl-C, or start another beside it: npm start -- --port 9787 --state .meridian/second",
    );
  }
  const ended = await endLeftovers(before);
  await folder.removeRun();
  if (ended.length === 0) return "none";
  onEvent({ kind: "notice", text: `ended ${ended.length} process(es) that an earlier run had left behind` });
  return "ended";
}

export type Leftovers = "none" | "ended";

/** Holds every port. Throws `CannotLaunch` for the first that cannot be had. Where leftovers were ended, their ports are waited for. */
export async function holdPorts(
  held: HeldPorts,
  wanted: readonly (readonly [port: number, purpose: string])[],
  leftovers: Leftovers,
): Promise<void> {
  for (const [port, purpose] of wanted) await held.hold(port, purpose, leftovers === "ended" ? "short" : "none");
}
