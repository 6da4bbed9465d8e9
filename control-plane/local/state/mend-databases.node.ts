// Checks regions' databases before each start, and moves damaged ones aside or refuses the start (database-damage.ts). With a
// damaged one the runtime would crash, or its hub would fail permanently. A file in place of a folder is damage too: the
// runtime's own error names no remedy.

import { statSync } from "node:fs";
import { access, constants, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { RegionId } from "../../../config/world/regions.ts";
import type { LaunchEvent } from "../events.ts";
import { CannotLaunch } from "../prepare/cannot-launch.ts";
import { type DamagedDatabase, isDiskFault, planForDatabases } from "./database-damage.ts";
import type { StateFolder } from "./state-folder.node.ts";

/** SQLite's files next to a database. */
const COMPANIONS = ["-wal", "-shm"];
const HUB_FOLDER = "meridian-Hub";
/** The folders of a region's state, and what each contains. */
const FOLDERS = [
  { name: "", holds: "hub-log" },
  { name: "do", holds: "hub-log" },
  { name: `do/${HUB_FOLDER}`, holds: "hub-log" },
  { name: "do/meridian-Meter", holds: "other" },
  { name: "do/meridian-Shard", holds: "other" },
  { name: "cache", holds: "other" },
  { name: "cache/miniflare-CacheObject", holds: "other" },
] as const;

type CheckedDatabase = Omit<DamagedDatabase, "detail"> & { readonly detail: string | undefined };

/**
 * Repairs the databases of `regions`. `others` are regions of the same run that are not being started: their hubs' logs are only
 * checked. Throws `CannotLaunch` if the user must decide, or for inaccessible files.
 */
export async function mendDatabases(
  folder: StateFolder,
  regions: readonly RegionId[],
  onEvent: (event: LaunchEvent) => void,
  others: readonly RegionId[] = [],
): Promise<void> {
  const judged = (await Promise.all(regions.map((region) => judgedOf(region, folder)))).flat();
  const damaged = judged.filter((database): database is DamagedDatabase => database.detail !== undefined);
  if (damaged.length === 0) return;
  const all = [...judged, ...(await Promise.all(others.map((region) => judgedOf(region, folder)))).flat()];
  const soundLogs = all.filter(({ holds, detail }) => holds === "hub-log" && detail === undefined).length;
  const plan = planForDatabases(damaged, soundLogs);
  if (plan.kind === "refuse") throw new CannotLaunch(1, ...plan.lines);
  for (const { file } of damaged) {
    const aside = await folder.moveAside(file);
    // A log of changes belongs to the database that it was written for, and would damage a new one.
    for (const companion of COMPANIONS) await folder.moveAsideWith(`${file}${companion}`, `${aside}${companion}`);
  }
  for (const text of plan.notices) onEvent({ kind: "notice", text });
}

async function judgedOf(region: RegionId, folder: StateFolder): Promise<readonly CheckedDatabase[]> {
  const root = folder.regionState(region);
  for (const { name, holds } of FOLDERS) {
    const file = join(root, name);
    if (await isFile(file)) return [{ region, file, holds, detail: "it is a file in place of a folder" }];
  }
  const names = await filesBelow(root);
  // Ignore files that were moved aside earlier, by a start or by hand.
  const databases = names.filter((name) => name.endsWith(".sqlite") && !name.includes(".damaged"));
  for (const name of names) await access(join(root, name), constants.R_OK | constants.W_OK);
  return databases.map((name) => {
    const isLog = name.includes(`/${HUB_FOLDER}/`) && !name.endsWith("/metadata.sqlite");
    const file = join(root, name);
    const detail = statSync(file).isDirectory() ? "it is a folder in place of a file" : damageOf(file);
    return { region, file, holds: isLog ? "hub-log" : "other", detail };
  });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}

async function filesBelow(root: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries.map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** SQLite's finding about a file; undefined if it is sound. Throws `CannotLaunch` if the disk prevents the check. */
function damageOf(file: string): string | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    const [row] = database.prepare("PRAGMA quick_check(1)").all() as { readonly quick_check?: string }[];
    return row?.quick_check === "ok" ? undefined : (row?.quick_check ?? "it cannot be checked");
  } catch (error) {
    const { errcode = 0, message } = error as Error & { readonly errcode?: number };
    if (isDiskFault(errcode)) throw new CannotLaunch(1, cannotLook(file, message));
    return message;
  } finally {
    database?.close();
  }
}

const cannotLook = (file: string, message: string): string =>
  `${file} cannot be checked (${message}): its disk is full or failing. Free space there, or keep the state elsewhere: npm start -- --state FOLDER`;
