// Damaged databases of regions: which are moved aside, and when the start is refused. The rule by table, then real files.

import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RegionId } from "../../../config/world/regions.ts";
import type { LaunchEvent } from "../../../control-plane/local/events.ts";
import {
  type DamagedDatabase,
  isDiskFault,
  planForDatabases,
} from "../../../control-plane/local/state/database-damage.ts";
import { mendDatabases } from "../../../control-plane/local/state/mend-databases.node.ts";
import { StateFolder } from "../../../control-plane/local/state/state-folder.node.ts";

const damage = (region: RegionId, holds: DamagedDatabase["holds"]): DamagedDatabase => ({
  region,
  holds,
  file: `/s/${region}/do/meridian-Hub/x.sqlite`,
  detail: "malformed",
});

describe("of damaged databases", () => {
  test.each([
    ["none", [], 3, "move-aside"],
    ["a meter's", [damage("weur", "other")], 0, "move-aside"],
    ["one hub's log beside sound ones", [damage("weur", "hub-log")], 2, "move-aside"],
    ["one hub's log beside a single sound one", [damage("weur", "hub-log")], 1, "move-aside"],
    ["the only hub's log", [damage("weur", "hub-log")], 0, "refuse"],
    // An acknowledged purge is in two logs: these two may be them.
    ["two hubs' logs beside sound ones", [damage("weur", "hub-log"), damage("enam", "hub-log")], 7, "refuse"],
  ] as const)("%s: %j beside %i sound logs", (_, damaged, sound, kind) => {
    expect(planForDatabases(damaged, sound).kind).toBe(kind);
  });

  test.each([
    ["no room for the file that SQLite makes beside a database (SQLITE_IOERR_SHMSIZE)", 4874, true],
    ["a full disk (SQLITE_FULL)", 13, true],
    ["a failed read (SQLITE_IOERR_READ)", 266, true],
    ["a damaged database (SQLITE_CORRUPT)", 11, false],
    ["a file that is no database (SQLITE_NOTADB)", 26, false],
    ["a folder in its place (SQLITE_CANTOPEN_ISDIR)", 526, false],
  ])("%s is the disk's fault, which damages no log: %i, %s", (_, code, isDisk) => {
    expect(isDiskFault(code)).toBe(isDisk);
  });

  test("a refusal names every log and the command that gives it up", () => {
    const plan = planForDatabases([damage("weur", "hub-log"), damage("enam", "hub-log")], 1);
    if (plan.kind !== "refuse") throw new Error("not refused");
    for (const region of ["weur", "enam"]) {
      expect(plan.lines.join("\n")).toContain(
        `mv '/s/${region}/do/meridian-Hub' '/s/${region}/do/meridian-Hub.damaged'`,
      );
    }
  });
});

describe("a start", () => {
  let path: string;
  const notices: string[] = [];
  const file = (region: RegionId, name: string): string => join(path, "state", region, "do", name);
  /** Without what SQLite makes beside a database while it reads it. */
  const databasesIn = async (folder: string): Promise<string[]> =>
    (await readdir(folder)).filter((name) => !/-(wal|shm)$/.test(name));
  const hear = (event: LaunchEvent): unknown => notices.push(event.kind === "notice" ? event.text : "");
  const mend = (...regions: RegionId[]): Promise<void> => mendDatabases(new StateFolder(path), regions, hear);
  const [HUB, HUB_BOOKS, METER] = [
    "meridian-Hub/0a.sqlite",
    "meridian-Hub/metadata.sqlite",
    "meridian-Meter/0b.sqlite",
  ];

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "meridian-databases-"));
    notices.length = 0;
    for (const region of ["weur", "enam"] as const) {
      for (const name of [HUB, HUB_BOOKS, METER]) {
        await mkdir(dirname(file(region, name)), { recursive: true });
        const database = new DatabaseSync(file(region, name));
        database.exec(
          "PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; CREATE TABLE events (id INTEGER PRIMARY KEY, what TEXT);" +
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) " +
            "INSERT INTO events (what) SELECT hex(zeroblob(50)) FROM n",
        );
        database.close();
      }
    }
  });
  afterEach(() => rm(path, { recursive: true, force: true }));

  const garble = async (name: string, region: RegionId = "weur"): Promise<void> => {
    const whole = await readFile(file(region, name));
    // The head stays: what SQLite must look for is in the pages.
    await writeFile(file(region, name), whole.fill(0xa5, 4096));
  };
  const damages: [string, (name: string, region?: RegionId) => Promise<void>][] = [
    ["is garbage", (name, region = "weur") => writeFile(file(region, name), "garbage".repeat(3000))],
    ["has garbage in its pages", garble],
    [
      "is cut",
      async (name, region = "weur") =>
        writeFile(file(region, name), (await readFile(file(region, name))).subarray(0, 9000)),
    ],
    [
      "is a folder",
      async (name, region = "weur") => {
        await rm(file(region, name));
        await mkdir(file(region, name));
      },
    ],
  ];

  test("leaves sound databases alone, and those without any state", async () => {
    await mend("weur", "enam", "apac");
    expect(notices).toEqual([]);
    expect(await databasesIn(dirname(file("weur", METER)))).toEqual(["0b.sqlite"]);
  });

  test.each(damages)(
    "moves a meter's database aside that %s, with what lies beside it, and says so",
    async (_, harm) => {
      await harm(METER);
      await writeFile(`${file("weur", METER)}-wal`, "changes of the damaged one");
      await mend("weur");
      expect(notices).toEqual([expect.stringContaining(file("weur", METER))]);
      const left = await readdir(dirname(file("weur", METER)));
      expect(left.every((name) => name.includes(".damaged-"))).toBe(true);
      expect(left.length).toBeGreaterThanOrEqual(2);
      await mend("weur");
      expect(notices).toHaveLength(1);
    },
  );

  test.each(damages)("refuses to begin without the only hub's log when it %s, and touches nothing", async (_, harm) => {
    await harm(HUB);
    await expect(mend("weur")).rejects.toThrow(`The log of weur's hub is damaged: ${file("weur", HUB)}`);
    expect(await databasesIn(dirname(file("weur", HUB)))).toEqual(["0a.sqlite", "metadata.sqlite"]);
  });

  test("begins a hub's log anew when another hub has its own", async () => {
    await garble(HUB);
    await mend("weur", "enam");
    expect(notices).toEqual([expect.stringContaining("copies the other hubs' events")]);
  });

  const becomesFile = async (folder: string): Promise<void> => {
    await rm(folder, { recursive: true });
    await writeFile(folder, "no folder");
  };

  test.each(["do/meridian-Meter", "do/meridian-Shard", "cache", "cache/miniflare-CacheObject"])(
    "moves a file aside that stands where a region keeps the folder %s, and names it",
    async (name) => {
      const folder = join(path, "state", "weur", name);
      await mkdir(folder, { recursive: true });
      await becomesFile(folder);
      await mend("weur");
      expect(notices).toEqual([expect.stringContaining(`${folder} was damaged (it is a file in place of a folder)`)]);
      expect(await readdir(dirname(folder))).not.toContain(name.split("/").at(-1));
    },
  );

  test.each(["", "do", "do/meridian-Hub"])(
    "takes a file in the place of the folder '%s' for a lost log, which another hub must hold",
    async (name) => {
      const folder = join(path, "state", "weur", name).replace(/\/$/, "");
      await becomesFile(folder);
      await expect(mend("weur")).rejects.toThrow(`${folder} (it is a file in place of a folder)`);
      await expect(mend("weur")).rejects.toThrow(`mv '${folder}' '${folder}.damaged'`);
      expect(await readFile(folder, "utf8")).toBe("no folder");
      await mend("weur", "enam");
      expect(notices).toEqual([expect.stringContaining("copies the other hubs' events")]);
    },
  );

  test("of one region again looks at the other regions' logs, and touches none of them", async () => {
    await garble(HUB);
    await mendDatabases(new StateFolder(path), ["weur"], hear, ["enam"]);
    expect(notices).toEqual([expect.stringContaining(file("weur", HUB))]);
    await garble(HUB, "enam");
    const before = await readFile(file("enam", HUB));
    await mendDatabases(new StateFolder(path), ["weur"], hear, ["enam"]);
    expect(await readFile(file("enam", HUB))).toEqual(before);
    expect(notices).toHaveLength(1);
  });

  test("does not count what was given up by hand as a log", async () => {
    await garble(HUB);
    await rename(dirname(file("weur", HUB)), `${dirname(file("weur", HUB))}.damaged`);
    await mend("weur");
    expect(notices).toEqual([]);
  });
});
