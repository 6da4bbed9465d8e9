// Which processes run, who started them and with what: to know the pid of a region's runtime, and to end what a killed
// launcher left behind. A process is ended only if its command line shows that it is ours; pids are used again.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { RunRecord } from "./state-folder.node.ts";

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All processes of the machine that this user may see. */
export async function listProcesses(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], { maxBuffer: 64 << 20 });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

/** Whether a process runs. One that has ended and that nobody has collected yet does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A process of another user exists all the same.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !isZombie(pid);
}

/** Where an orphan's new parent collects late or never, as in many containers, its pid stays taken after its end. */
function isZombie(pid: number): boolean {
  try {
    // The state follows the command's name, which stands in parentheses and may contain any character.
    return /\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    // There is no /proc on this system, or the process has just gone; the next question will tell.
    return false;
  }
}

/** Whether the launcher of a recorded run is still there. */
export async function isRunning(run: RunRecord): Promise<boolean> {
  const launcher = (await listProcesses()).find((candidate) => candidate.pid === run.launcherPid);
  return launcher !== undefined && launcher.pid !== process.pid && /\bnode\b/.test(launcher.command);
}

/** Ends what a run whose launcher is gone left behind. Returns the pids that it ended. */
export async function endLeftovers(run: RunRecord): Promise<number[]> {
  const running = new Map((await listProcesses()).map((candidate) => [candidate.pid, candidate.command]));
  const recorded = [
    ...Object.values(run.regions).map((region) => ({ pid: region.pid, sign: "workerd" })),
    { pid: run.exampleOrigin?.pid, sign: "origin/example/" },
  ];
  const ours = recorded.flatMap(({ pid, sign }) =>
    pid !== undefined && running.get(pid)?.includes(sign) ? [pid] : [],
  );
  for (const pid of ours) process.kill(pid, "SIGKILL");
  // Their ports are free only once they are gone.
  for (let round = 0; round < 50 && ours.some(isAlive); round++) await sleep(20);
  return ours;
}
