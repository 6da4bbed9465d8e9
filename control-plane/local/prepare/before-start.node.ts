// Preconditions of a start: no other run in the same folder, no leftovers of an earlier one, and every port free. A violation
// that cannot be fixed here is an error with advice.

import type { LaunchEvent } from "../events.ts";
import type { StateFolder } from "../state/state-folder.node.ts";
import { endLeftovers, isRunning } from "../supervision/processes.node.ts";
import { CannotLaunch } from "./cannot-launch.ts";
import type { HeldPorts } from "./free-ports.node.ts";

/** Stops what a killed run left behind, and returns whether there was anything. Throws `CannotLaunch` if a run is active in this folder. */
export async function clearLeftovers(folder: StateFolder, onEvent: (event: LaunchEvent) => void): Promise<Leftovers> {
  const before = await folder.takeLeftRun();
  if (before === undefined) return "none";
  if (await isRunning(before, await folder.readToken())) {
    throw new CannotLaunch(
      1,
      `Meridian is already running here (process ${before.launcherPid}, ${before.frontDoor}). ` +
        "Stop it with Ctrl-C, or start a second one: npm start -- --port 9787 --state .meridian/second",
    );
  }
  const ended = await endLeftovers(before);
  await folder.removeRun();
  if (ended.length === 0) return "none";
  const count = ended.length === 1 ? "1 process" : `${ended.length} processes`;
  onEvent({ kind: "notice", text: `stopped ${count} left over from an earlier run` });
  return "ended";
}

export type Leftovers = "none" | "ended";

/** Reserves every port. Throws `CannotLaunch` for the first that is unavailable. After stopping leftovers it waits for their ports. */
export async function holdPorts(
  held: HeldPorts,
  wanted: readonly (readonly [port: number, purpose: string])[],
  leftovers: Leftovers,
): Promise<void> {
  for (const [port, purpose] of wanted) await held.hold(port, purpose, leftovers === "ended" ? "short" : "none");
}
