// The regions' script with one safety mechanism taken out: a copy of the source tree with a mutant of the simulator's in it
// (test/sim/mutants.ts), from which the launcher bundles. The launcher itself stays whole, and nothing of this is in production.

import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDashboard } from "../../../control-plane/dashboard/build.node.ts";
import type { Mutant } from "../../sim/mutants.ts";
import { mutatedFile } from "../../sim/mutate.node.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface MutatedTree {
  /** What the launcher is to bundle. */
  readonly workerEntry: string;
  remove(): Promise<void>;
}

/** Copies the tree with `mutant` in it. Throws unless one tag has its name. */
export async function mutatedTree(mutant: Mutant): Promise<MutatedTree> {
  await buildDashboard();
  const folder = await mkdtemp(join(tmpdir(), "meridian-mutant-"));
  for (const part of ["edge", "origin", "control-plane", "config"]) {
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const { file, source } = mutatedFile(mutant);
  await writeFile(join(folder, file), source);
  const workerEntry = join(folder, "edge", "local.worker.ts");
  return { workerEntry, remove: () => rm(folder, { recursive: true, force: true }) };
}
