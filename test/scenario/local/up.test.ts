// `meridian up` with the real Worker, as a user runs it: it says that it is ready, serves through the CDN, and ends on Ctrl-C
// (which the terminal sends to every process of the group, regions included) with exit code 0 and nothing left behind.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isFree } from "../../../control-plane/local/prepare/free-ports.node.ts";
import { portPlan } from "../../../control-plane/local/prepare/ports.ts";
import { StateFolder } from "../../../control-plane/local/state/state-folder.node.ts";
import { isAlive } from "../../../control-plane/local/supervision/processes.node.ts";
import { freeFrontDoor } from "../../fixtures/free-ports.node.ts";

const MAIN = fileURLToPath(new URL("../../../control-plane/cli/main.node.ts", import.meta.url));
let port: number;
let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  port = await freeFrontDoor(24_027);
  folder = await mkdtemp(join(tmpdir(), "meridian-up-"));
});
afterEach(async () => {
  if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** Starts `meridian up` in a process group of its own, and gives its lines until one satisfies `isLast`. */
async function up(isLast: (line: string) => boolean, ...parameters: readonly string[]): Promise<string[]> {
  const all = ["up", "--port", String(port), "--regions", "weur,enam", "--state", folder, ...parameters];
  child = spawn(process.execPath, [MAIN, ...all], { stdio: ["ignore", "pipe", "inherit"], detached: true });
  const lines: string[] = [];
  if (child.stdout === null) throw new Error("the child has no output");
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (isLast(line)) return lines;
  }
  throw new Error(`it ended early:\n${lines.join("\n")}`);
}

async function pidsOfRun(): Promise<number[]> {
  const run = await new StateFolder(folder).readRun();
  const pids = [run?.exampleOrigin?.pid, ...Object.values(run?.regions ?? {}).map(({ pid }) => pid)];
  return pids.map((pid) => pid ?? 0);
}

describe("meridian up", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("serves until %s, and then leaves nothing behind", async (signal) => {
    const said = await up((line) => line === "Meridian is ready");
    expect(said.join("\n")).toContain("of two regions neither is a majority");
    const first = await fetch(`http://127.0.0.1:${port}/products/3`, { headers: { "Meridian-From": "DE" } });
    expect(first.status).toBe(200);
    expect(first.headers.get("meridian-region")).toBe("weur");
    await first.text();
    const second = await fetch(`http://127.0.0.1:${port}/products/3`, { headers: { "Meridian-From": "DE" } });
    expect(second.headers.get("cache-status")).toContain("hit");
    await second.text();

    const pids = await pidsOfRun();
    expect(pids).not.toContain(0);
    const ended = once(child as ChildProcess, "exit");
    const before = performance.now();
    process.kill(-(child?.pid ?? 0), signal);
    expect(await ended).toEqual([0, null]);
    expect(performance.now() - before).toBeLessThan(5000);
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
    expect(await readdir(folder)).not.toContain("run.json");
  });

  it("ends at once when it is interrupted in the middle of its start, and leaves nothing behind", async () => {
    // The regions are being started then.
    await up((line) => line.includes("started the example origin"));
    const ended = once(child as ChildProcess, "exit");
    const before = performance.now();
    process.kill(-(child?.pid ?? 0), "SIGINT");
    expect(await ended).toEqual([0, null]);
    expect(performance.now() - before).toBeLessThan(3000);
    expect(await readdir(folder)).not.toContain("run.json");
    // Whatever was started would hold its port.
    const { exampleOrigin, edges } = portPlan(port);
    for (const taken of [exampleOrigin, edges.weur, edges.enam]) {
      await expect.poll(() => isFree(taken), { timeout: 5_000 }).toBe(true);
    }
  });

  it("prints one JSON object a line when asked to, the last one with every address", async () => {
    const lines = await up((line) => JSON.parse(line).kind === "ready", "--json", "--no-delay");
    const ready = JSON.parse(lines.at(-1) ?? "");
    expect(ready).toMatchObject({ frontDoor: `http://127.0.0.1:${port}`, control: `http://127.0.0.1:${port - 1}` });
    expect(ready.regions.map((region: { region: string }) => region.region)).toEqual(["weur", "enam"]);
    for (const line of lines.slice(0, -1)) expect(JSON.parse(line).kind).toMatch(/^(step|notice)$/);
    const health = await fetch(`${ready.control}/v1/health`);
    expect(health.status).toBe(200);
    await health.text();
    const ended = once(child as ChildProcess, "exit");
    child?.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
  });
});
