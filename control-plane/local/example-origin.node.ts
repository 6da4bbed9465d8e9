// The example origin as a process of its own beside the regions. Starts it, waits until it listens, ends it.
// It ends by itself when the launcher is gone, because the channel between the two then closes.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../origin/example/main.node.ts", import.meta.url));

export interface ExampleOrigin {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts the example origin on `port`. Rejects when it ends before it listens; its own words are in `logFile`. */
export async function startExampleOrigin(port: number, logFile: string, onLost: () => void): Promise<ExampleOrigin> {
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(process.execPath, [MAIN, "--port", String(port)], { stdio: ["ignore", log, log, "ipc"] });
  closeSync(log);
  const ended = once(child, "exit");
  const state = await Promise.race([once(child, "message").then(() => "listening"), ended.then(() => "ended")]);
  if (state === "ended") throw new Error(`the example origin did not start on port ${port}: see ${logFile}`);
  let stopping = false;
  void ended.then(() => stopping || onLost());
  const stop = async (): Promise<void> => {
    stopping = true;
    if (hasEnded(child)) return;
    child.kill("SIGTERM");
    // Open downloads would hold it for as long as they last.
    await Promise.race([ended, sleep(1000, undefined, { ref: false })]);
    if (!hasEnded(child)) child.kill("SIGKILL");
    await ended;
  };
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, stop };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
