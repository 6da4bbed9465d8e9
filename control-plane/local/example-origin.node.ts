// Runs the example origin as a separate process: starts it, waits until it listens, stops it, and reports if it exits by itself.
// It exits when the launcher is gone, because the channel between the two then closes.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { becomesFree, PortInUse } from "./prepare/free-ports.node.ts";
import type { Child } from "./supervision/supervised.node.ts";

const MAIN = fileURLToPath(new URL("../../origin/example/main.node.ts", import.meta.url));

/** The example origin's process; its output is in its log file. */
export class ExampleOrigin implements Child {
  readonly name = "the example origin";
  readonly url: string;
  readonly #port: number;
  readonly #logFile: string;
  readonly #onLost: (why: string) => void;
  #child: ChildProcess | undefined;

  /** `onLost` hears of a process that ended by itself. */
  constructor(port: number, logFile: string, onLost: (why: string) => void) {
    this.url = `http://127.0.0.1:${port}`;
    this.#port = port;
    this.#logFile = logFile;
    this.#onLost = onLost;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Rejects when the process ends before it listens. */
  async start(): Promise<void> {
    if (!(await becomesFree(this.#port))) throw new PortInUse(this.#port, "example origin");
    const child = this.#spawn();
    this.#child = child;
    const ended = once(child, "exit");
    const state = await Promise.race([once(child, "message").then(() => "listening"), ended.then(() => "ended")]);
    if (state === "ended") {
      this.#child = undefined;
      throw new Error(`the example origin did not start on port ${this.#port}: see ${this.#logFile}`);
    }
    void ended.then(() => {
      // `stop` has cleared the field before.
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#onLost(`its process exited; see ${this.#logFile}`);
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || hasEnded(child)) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    // Open downloads would hold it for as long as they last.
    await Promise.race([ended, sleep(1000, undefined, { ref: false })]);
    if (!hasEnded(child)) child.kill("SIGKILL");
    await ended;
  }

  #spawn(): ChildProcess {
    const log = this.#openLog();
    const output = log ?? "ignore";
    const child = spawn(process.execPath, [MAIN, "--port", String(this.#port)], {
      stdio: ["ignore", output, output, "ipc"],
    });
    if (log !== undefined) closeSync(log);
    return child;
  }

  /** Without its log the origin still serves: a full disk is no reason to be without it. */
  #openLog(): number | undefined {
    try {
      return openSync(this.#logFile, "a", 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return undefined;
    }
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
