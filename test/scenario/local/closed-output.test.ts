// Readers that go away, as `| head -1` and `| tee log` do: commands end quietly, a run goes on.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StateFolder } from "../../../control-plane/local/state/state-folder.node.ts";
import { freeFrontDoor } from "../../fixtures/free-ports.node.ts";

const MAIN = fileURLToPath(new URL("../../../control-plane/cli/main.node.ts", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "meridian-closed-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a command whose reader is gone before it starts. */
async function unread(closed: "stdout" | "stderr", ...words: string[]): Promise<{ code: number; other: string }> {
  // A shell closes the pipe for sure: the reader ends before the command begins.
  const redirection = closed === "stdout" ? "" : "3>&1 >&2 2>&3";
  const script = `{ sleep 0.2; exec "$0" "$@" ${redirection}; } | true; exit "\${PIPESTATUS[0]}"`;
  const child = spawn("bash", ["-c", script, process.execPath, MAIN, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const [other, [code]] = await Promise.all([text(child.stderr), once(child, "exit") as Promise<[number]>]);
  return { code, other };
}

describe("a command whose result nobody reads", () => {
  it.each([[["distances"]], [["--help"]], [["token", "list", "--json"]]])(
    "ends without a word, as any tool in a pipe does: %s",
    async (words) => {
      expect(await unread("stdout", ...words)).toEqual({ code: 141, other: "" });
    },
  );

  it("keeps its result and its code if only what it says about it goes unread", async () => {
    const failed = await unread("stderr", "status", "--api", "http://127.0.0.1:9", "--json");
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.other)).toMatchObject({ error: { code: "unreachable" } });
  });
});

describe("a run whose output nobody reads any more", () => {
  it("goes on, whatever it would have said", async () => {
    const port = await freeFrontDoor(24_427);
    const words = ["up", "--port", String(port), "--regions", "weur,enam,apac", "--no-delay", "--state", folder];
    const child: ChildProcess = spawn(process.execPath, [MAIN, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    try {
      let said = "";
      for await (const piece of child.stdout ?? []) {
        said += String(piece);
        // Leaving the loop destroys the stream: its reader is gone.
        if (said.includes("Meridian is ready")) break;
      }
      child.stderr?.destroy();
      const pidOf = async (): Promise<number | undefined> =>
        (await new StateFolder(folder).readRun())?.regions.apac?.pid;
      for (let time = 0; time < 2; time++) {
        const pid = await pidOf();
        process.kill(pid ?? 0, "SIGKILL");
        await expect.poll(async () => [undefined, pid].includes(await pidOf()), { timeout: 20_000 }).toBe(false);
      }
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
      expect(child.exitCode).toBeNull();
    } finally {
      child.kill("SIGINT");
      await once(child, "exit");
    }
  }, 60_000);
});
