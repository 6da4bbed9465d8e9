// Reads a configuration file (TypeScript, which Node runs as it is) and checks it. Errors come back as lines that name the
// field; nothing is started with a configuration that has any.

import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Config } from "../../../config/schema/schema.ts";
import { validate } from "../../../config/schema/validate.ts";

/** The configuration that is used unless `--config` names another. */
export const DEFAULT_CONFIG = fileURLToPath(new URL("../../../config/meridian.config.ts", import.meta.url));

export type LoadedConfig =
  | { readonly kind: "loaded"; readonly config: Config }
  | { readonly kind: "unusable"; readonly lines: readonly string[] };

/** Loads the file at `path`, which exports its configuration by default. Never rejects. */
export async function loadConfiguration(path: string): Promise<LoadedConfig> {
  const file = resolve(path);
  let module: { readonly default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    return unusable(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (module.default === undefined)
    return unusable(`${file} has no default export: add export default defineConfig({ ... })`);
  const result = validate(module.default);
  if (result.kind === "valid") return { kind: "loaded", config: result.config };
  return unusable(
    `${file} is not a valid configuration:`,
    ...result.errors.map(({ path, detail }) => `  ${path}: ${detail}`),
  );
}

const unusable = (...lines: readonly string[]): LoadedConfig => ({ kind: "unusable", lines });
