// Lists processes with their parents and command lines, to find a region's runtime and to stop what a killed launcher left
// behind. A process is stopped only if its command line shows that it is ours, since pids are reused.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { RunRecord } from "../state/run-record.ts";

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

/** Whether a process runs. One that has ended and that has not been reaped yet does not. */
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

/**
 * Whether the launcher of a recorded run is still there: its process began before the record, for pids are used again; or it
 * answers with the installation's token, for clocks are set.
 */
export async function isRunning(run: RunRecord, token: string | undefined): Promise<boolean> {
  const launcher = (await listProcesses()).find((candidate) => candidate.pid === run.launcherPid);
  if (launcher === undefined || launcher.pid === process.pid || !/\bnode\b/.test(launcher.command)) return false;
  const began = await beganAt(launcher.pid);
  if (began === undefined || began <= Date.parse(run.startedAt) + START_TOLERANCE_MILLIS) return true;
  return answersAsLauncher(run, token);
}

/** `ps` counts whole seconds from the boot, whose instant it only estimates. */
const START_TOLERANCE_MILLIS = 5_000;

/** When a process began, by this machine's clock; undefined if the system does not say. */
async function beganAt(pid: number): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)], {
      env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    });
    const at = Date.parse(`${stdout.trim()} UTC`);
    return Number.isNaN(at) ? undefined : at;
  } catch {
    // It has just ended, or this system's ps knows no such column: the other question decides.
    return undefined;
  }
}

async function answersAsLauncher({ admin }: RunRecord, token = ""): Promise<boolean> {
  if (admin === undefined) return false;
  try {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch(`${admin}/regions`, { headers, signal: AbortSignal.timeout(2_000) });
    return answer.ok;
  } catch {
    // Nothing listens there, or something that is not a launcher.
    return false;
  }
}

/** Stops what a run whose launcher is gone left behind. Returns the stopped pids. */
export async function endLeftovers(run: RunRecord): Promise<number[]> {
  const processes = await listProcesses();
  const running = new Map(processes.map((candidate) => [candidate.pid, candidate.command]));
  const recorded = [
    ...Object.values(run.regions).map(({ pid, sign }) => {
      // A region that was not up yet is known by its sign alone.
      const isSigned = ({ command }: Process): boolean =>
        sign !== undefined && command.includes("workerd") && command.includes(sign);
      return { pid: pid ?? processes.find(isSigned)?.pid, sign: "workerd" };
    }),
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
