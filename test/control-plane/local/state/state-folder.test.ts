// The state folder after full disks, power cuts and hands: what is made again, what is named, and that nothing is deleted.

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannotLaunch } from "../../../../control-plane/local/prepare/cannot-launch.ts";
import type { RunRecord } from "../../../../control-plane/local/state/run-record.ts";
import { StateFolder } from "../../../../control-plane/local/state/state-folder.node.ts";
import { isRunning } from "../../../../control-plane/local/supervision/processes.node.ts";

let path: string;
let folder: StateFolder;
let notices: string[];
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "meridian-state-"));
  notices = [];
  folder = new StateFolder(path, (text) => notices.push(text));
  await folder.prepare();
});
afterEach(() => rm(path, { recursive: true, force: true }));

const put = (name: string, text: string): Promise<void> => writeFile(join(path, name), text);
const aside = async (name: string): Promise<string | undefined> =>
  (await readdir(path)).find((found) => found.startsWith(`${name}.damaged-`));

describe.each([
  ["token", () => folder.token()],
  ["cluster-key", () => folder.clusterKey()],
] as const)("the %s", (name, read) => {
  test("is made once and kept", async () => {
    const made = await read();
    expect(made).toMatch(/^[\w-]{43}$/);
    expect(await read()).toBe(made);
    expect(notices).toEqual([]);
  });

  test.each([
    ["empty", ""],
    ["cut", "short"],
    ["garbage", "\u0000\u0001\u0002 garbage of a full disk"],
  ])("is made again when it is %s, its file kept under another name and both said", async (_, text) => {
    await put(name, text);
    expect(await read()).toMatch(/^[\w-]{43}$/);
    const kept = await aside(name);
    expect(await readFile(join(path, kept ?? ""), "utf8")).toBe(text);
    expect(notices).toEqual([expect.stringContaining(join(path, name))]);
    expect(notices[0]).toContain(kept);
  });

  test("is made again when a folder stands in its place", async () => {
    await mkdir(join(path, name));
    expect(await read()).toMatch(/^[\w-]{43}$/);
    expect(await aside(name)).toBeDefined();
  });
});

describe("tokens.json", () => {
  const admin = async () => ({
    name: "admin",
    sha256: createHash("sha256")
      .update(await folder.token())
      .digest("hex"),
    scopes: ["admin"],
  });

  test.each([["{}"], [""], ["null"]])(
    "that holds no record (%s) is moved aside, and the admin's token works",
    async (json) => {
      await put("tokens.json", json);
      expect(await folder.tokenRecords()).toEqual([await admin()]);
      expect(await aside("tokens.json")).toBeDefined();
      expect(notices).toHaveLength(1);
    },
  );

  test.each([['[{"name":"x"}]'], ['[{"name":"ci","sha256":"ab'], ["hello"]])(
    "that may hold records (%s) stops the start, is named with what to do, and stays as it is",
    async (json) => {
      await put("tokens.json", json);
      await expect(folder.tokenRecords()).rejects.toBeInstanceOf(CannotLaunch);
      await expect(folder.tokenRecords()).rejects.toThrow(/tokens\.json is damaged: .*Correct it, or move it away/s);
      expect(await readFile(join(path, "tokens.json"), "utf8")).toBe(json);
    },
  );
});

describe("the copy of the tokens that regions read", () => {
  test("is made again when a folder stands in its place, which is moved aside and named", async () => {
    const file = join(path, "access", "tokens.json");
    await mkdir(join(file, "not empty"), { recursive: true });
    await folder.handOverTokens();
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject([{ name: "admin" }]);
    expect(notices).toEqual([expect.stringContaining(`${file} was a folder in place of a file`)]);
    expect((await readdir(join(path, "access"))).some((name) => name.startsWith("tokens.json.damaged-"))).toBe(true);
  });

  test("is made although a folder stands where it is written first", async () => {
    await mkdir(join(path, "access", "tokens.json.new", "x"), { recursive: true });
    await folder.handOverTokens();
    expect(await readdir(join(path, "access"))).toEqual(["tokens.json"]);
  });

  test("is what an error names, and not the file that was being written beside it", async () => {
    await rm(join(path, "access"), { recursive: true });
    await expect(folder.handOverTokens()).rejects.toMatchObject({ path: join(path, "access", "tokens.json") });
  });
});

describe("run.json", () => {
  test.each([[""], ['{"v":1,"launcher'], ["[]"]])(
    "that cannot be read (%j) is moved aside by a start",
    async (json) => {
      await put("run.json", json);
      expect(await folder.takeLeftRun()).toBeUndefined();
      expect(await aside("run.json")).toBeDefined();
      expect(notices).toEqual([expect.stringContaining("run.json")]);
    },
  );

  test("that cannot be read is named by a command, which changes nothing", async () => {
    await put("run.json", "");
    await expect(folder.readRun()).rejects.toThrow(/run\.json is empty\. Restart Meridian/);
    expect(await readdir(path)).toContain("run.json");
  });

  test("of a run whose pid another program has by now is no run under way", async () => {
    const run: RunRecord = {
      v: 1,
      // The process that runs this file's workers: a Node program that is not a launcher.
      launcherPid: process.ppid,
      startedAt: "2020-01-01T00:00:00.000Z",
      frontDoor: "http://127.0.0.1:1",
      control: "http://127.0.0.1:1",
      direct: "http://127.0.0.1:1",
      admin: "http://127.0.0.1:1",
      regions: {},
    };
    expect(await isRunning(run, "token")).toBe(false);
    expect(await isRunning({ ...run, startedAt: new Date().toISOString() }, "token")).toBe(true);
    expect(await isRunning({ ...run, launcherPid: process.pid }, "token")).toBe(false);
  });
});

test("a record is removed by the run that wrote it, and not by another in the same folder", async () => {
  const run = { v: 1, launcherPid: process.pid, startedAt: "2026-01-01T00:00:00.000Z", regions: {} } as RunRecord;
  await folder.writeRun({ ...run, launcherPid: process.ppid });
  await folder.removeOwnRun();
  expect(await readdir(path)).toContain("run.json");
  await folder.writeRun(run);
  await folder.removeOwnRun();
  expect(await readdir(path)).not.toContain("run.json");
});

test("halves of files that were being written are cleared away, folders among them", async () => {
  await put("run.json.new", "{");
  await mkdir(join(path, "tokens.json.new"));
  await folder.prepare();
  expect((await readdir(path)).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("a file in place of a folder is moved aside", async () => {
  await rm(join(path, "logs"), { recursive: true });
  await put("logs", "not a folder");
  await folder.prepare();
  expect(await aside("logs")).toBeDefined();
  expect(await readdir(join(path, "logs"))).toEqual([]);
});
