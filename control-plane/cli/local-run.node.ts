// What the command line takes from a local installation: the folder `.meridian`, looked for from the working folder upward
// and then in the project itself, with its admin token and the record of the run under way. It only reads.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunRecord } from "../local/state-folder.node.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** The nearest `.meridian` at or above `folder`, else the project's own, which may not exist yet. */
export function findStateFolder(folder: string): string {
  for (let current = folder; ; current = dirname(current)) {
    const candidate = join(current, ".meridian");
    if (existsSync(candidate)) return candidate;
    if (dirname(current) === current) return join(PROJECT, ".meridian");
  }
}

/** The admin token of the installation nearest to `folder`; undefined before its first start. */
export const readAdminToken = (folder: string): string | undefined =>
  readIfThere(join(findStateFolder(folder), "token"))?.trim();

/** The run that is under way, or was until its launcher was killed; undefined if there is none. */
export function readRun(folder: string): RunRecord | undefined {
  const json = readIfThere(join(findStateFolder(folder), "run.json"));
  return json === undefined ? undefined : (JSON.parse(json) as RunRecord);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
