// Looks at the databases of the regions before any of them starts, and moves damaged ones aside or refuses the start
// (database-damage.ts). A runtime that meets one would crash, or serve with a hub that fails for ever.

import { access, constants, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { RegionId } from "../../../config/world/regions.ts";
import type { LaunchEvent } from "../events.ts";
import { CannotLaunch } from "../prepare/cannot-launch.ts";
import { type DamagedDatabase, planForDatabases } from "./database-damage.ts";
import type { StateFolder } from "./state-folder.node.ts";

/** What SQLite keeps beside a database. */
const COMPANIONS = ["-wal", "-shm"];
const HUB_FOLDER = "meridian-Hub";

/** Throws `CannotLaunch` if the user has to decide, or for files that this user may not use. */
export async function mendDatabases(
  folder: StateFolder,
  regions: readonly RegionId[],
  onEvent: (event: LaunchEvent) => void,
): Promise<void> {
  const found = (await Promise.all(regions.map((region) => databasesOf(region, folder)))).flat();
  const judged = found.map((database) => ({ ...database, detail: damageOf(database.file) }));
  const damaged = judged.filter((database): database is DamagedDatabase => database.detail !== undefined);
  const soundLogs = judged.filter(({ holds, detail }) => holds === "hub-log" && detail === undefined).length;
  const plan = planForDatabases(damaged, soundLogs);
  if (plan.kind === "refuse") throw new CannotLaunch(1, ...plan.lines);
  for (const { file } of damaged) {
    const aside = await folder.moveAside(file);
    // A log of changes belongs to the database that it was written for, and would damage a new one.
    for (const companion of COMPANIONS) await folder.moveAsideWith(`${file}${companion}`, `${aside}${companion}`);
  }
  for (const text of plan.notices) onEvent({ kind: "notice", text });
}

async function databasesOf(region: RegionId, folder: StateFolder): Promise<readonly Omit<DamagedDatabase, "detail">[]> {
  const root = folder.regionState(region);
  const names = await filesBelow(root);
  // What was moved aside earlier, by a start or by hand, is nobody's any more.
  const databases = names.filter((name) => name.endsWith(".sqlite") && !name.includes(".damaged"));
  for (const name of names) await access(join(root, name), constants.R_OK | constants.W_OK);
  return databases.map((name) => {
    const isLog = name.includes(`/${HUB_FOLDER}/`) && !name.endsWith("/metadata.sqlite");
    return { region, file: join(root, name), holds: isLog ? "hub-log" : "other" };
  });
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

/** What SQLite finds wrong with a file; undefined if it is sound. */
function damageOf(file: string): string | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    const [row] = database.prepare("PRAGMA quick_check(1)").all() as { readonly quick_check?: string }[];
    return row?.quick_check === "ok" ? undefined : (row?.quick_check ?? "it cannot be checked");
  } catch (error) {
    return (error as Error).message;
  } finally {
    database?.close();
  }
}
