// Reads a local installation: the folder `.meridian`, searched from the working folder upward and then in the project itself,
// with its admin token and the record of the current run. A damaged file is an error that says what to do: using another
// run's address or no token would mislead.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RegionStatus } from "../local/admin.node.ts";
import { describeFileFault, type FileFault } from "../local/state/file-faults.ts";
import type { RunRecord } from "../local/state/run-record.ts";
import { judgeRun } from "../local/state/state-files.ts";
import { describeBadRun } from "../local/state/state-folder.node.ts";
import { CLI_LIMITS } from "./limits.ts";

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
export function readAdminToken(folder: string): string | undefined {
  const file = join(findStateFolder(folder), "token");
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  if (text.trim() !== "") return text.trim();
  throw new Error(`${file} is empty: restart Meridian (npm start), which creates a new one, or give --token`);
}

/** The current run, or one whose launcher was killed; undefined if there is none. */
export function readRun(folder: string): RunRecord | undefined {
  const file = join(findStateFolder(folder), "run.json");
  const json = readIfThere(file);
  if (json === undefined) return undefined;
  const found = judgeRun(json);
  if (found.kind === "good") return found.value;
  throw new Error(describeBadRun(file, found));
}

/** The launcher's report of the processes and links behind `api`; undefined if that is not a run of this installation. */
export async function askLauncher(folder: string, api: string): Promise<readonly RegionStatus[] | undefined> {
  try {
    const run = readRun(folder);
    if (run?.admin === undefined || run.control !== api) return undefined;
    const headers = { Authorization: `Bearer ${readAdminToken(folder)}` };
    const answer = await fetch(`${run.admin}/regions`, {
      headers,
      signal: AbortSignal.timeout(CLI_LIMITS.cliConnectMillis),
    });
    if (!answer.ok) return undefined;
    return ((await answer.json()) as { readonly regions?: readonly RegionStatus[] }).regions;
  } catch {
    // Supplementary: the rest is valid without it.
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const words = describeFileFault({ ...(error as FileFault), path: file });
    throw words === undefined ? error : new Error(words);
  }
}
