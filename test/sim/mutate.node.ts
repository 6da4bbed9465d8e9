// Loads the production code with one mutant in it: a hook on the module loader that changes one statement of one file as it is
// read. Nothing on disk changes, and nothing of this exists in production. Only for a worker thread that has not loaded that
// file yet.

import { registerHooks } from "node:module";
import type { Mutant } from "./mutants.ts";
import { mutated } from "./mutate.ts";
import { sourceOf, tagOf } from "./tags.node.ts";

const ROOT = new URL("../../", import.meta.url);

/** The file that `mutant` is about, and its text with the mutant in it. Throws unless one tag has the mutant's name. */
export function mutatedFile(mutant: Mutant): { readonly file: string; readonly source: string } {
  const tag = tagOf(mutant.name);
  return { file: tag.file, source: mutated(sourceOf(tag.file), tag, mutant.change) };
}

/** From here on the file of `mutant` is loaded with the mutant in it. */
export function install(mutant: Mutant): void {
  // Made at once: a file that is never loaded would hide that its tag is gone.
  const { file, source } = mutatedFile(mutant);
  const url = new URL(file, ROOT).href;
  registerHooks({
    load: (loaded, context, nextLoad) =>
      loaded === url ? { format: "module-typescript", source, shortCircuit: true } : nextLoad(loaded, context),
  });
}
