// How much processor time a process has taken. Unlike time on the wall it leaves out whoever else is at work on the machine.

import { readFileSync } from "node:fs";

/** Linux counts a process's time in these. */
const MICROS_PER_TICK = 10_000;

/** User and system time of a process in microseconds; undefined where the system does not tell, or the process is gone. */
export function cpuMicrosOf(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields 14 and 15; the second one may hold spaces, so it is cut off first.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
  } catch {
    // It has ended.
    return undefined;
  }
}
