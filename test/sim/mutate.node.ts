// Loads the production code with one mutant in it: a hook on the module loader that replaces a piece of one file's source as it
// is read. Nothing on disk changes, and nothing of this exists in production. Only for a worker thread that has not loaded
// that file yet.

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutants.ts";

const ROOT = new URL("../../", import.meta.url);

/** `source` with the mutant in it. Throws unless its piece occurs exactly once. */
export function mutated(source: string, mutant: Mutant): string {
  const parts = source.split(mutant.from);
  if (parts.length !== 2) {
    throw new Error(`mutant ${mutant.name}: its piece occurs ${parts.length - 1} times in ${mutant.file}, not once`);
  }
  return parts.join(mutant.to);
}

/** From here on `mutant.file` is loaded with the mutant in it. */
export function install(mutant: Mutant): void {
  const url = new URL(mutant.file, ROOT).href;
  // Checked at once: a file that is never loaded would hide that the piece is gone.
  const source = mutated(readFileSync(fileURLToPath(url), "utf8"), mutant);
  registerHooks({
    load: (loaded, context, nextLoad) =>
      loaded === url ? { format: "module-typescript", source, shortCircuit: true } : nextLoad(loaded, context),
  });
}
