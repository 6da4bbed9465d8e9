// Reads the project's own files for the tidy tests, and says of each what its name and place promise: its area, where it
// runs, what it imports. Rules are functions of such files, so that each can be shown a bad one.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A file of the project: its path from the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A rule gives a sentence for each breach: the file, and what is wrong with it. */
export type Rule = (files: readonly SourceFile[]) => string[];

/** Never looked into: what tools and runs leave behind. */
const LEFT_OUT = new Set(["node_modules", ".git", ".meridian", ".wrangler", "dist"]);

/** Names of all files below the root, sorted. */
export function filePaths(folder = ""): string[] {
  return readdirSync(ROOT + folder, { withFileTypes: true })
    .flatMap((entry) => {
      if (LEFT_OUT.has(entry.name)) return [];
      const path = folder + entry.name;
      return entry.isDirectory() ? filePaths(`${path}/`) : [path];
    })
    .sort();
}

/** All files with one of these endings. */
export const readTree = (...endings: readonly string[]): SourceFile[] =>
  filePaths()
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path, text: readFileSync(ROOT + path, "utf8") }));

export type Runtime = "pure" | "worker" | "node" | "browser" | "test";

/** Where a file runs, by its name: the two entries of the deployed script are the Worker's without a suffix. */
export function runtimeOf(path: string): Runtime {
  if (path.startsWith("test/")) return "test";
  if (path === "edge/worker.ts" || path === "control-plane/worker.ts") return "worker";
  // Scripts that start before anything is installed are plain JavaScript for whatever Node the machine has.
  if (path.endsWith(".mjs")) return "node";
  const suffix = /\.(worker|node|browser)\.tsx?$/.exec(path)?.[1];
  return suffix === undefined ? "pure" : (suffix as Runtime);
}

/** The text without its comments; strings stay. Good enough for a house style: no `//` in a string but after a colon. */
export const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1");

const IMPORTS = [
  /^\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']/gm,
  /^\s*import\s*["']([^"']+)["']/gm,
  /\bimport\(\s*["']([^"']+)["']\s*\)/g,
];

/** What a file imports, as written. */
export const importsOf = (file: SourceFile): string[] => {
  const code = withoutComments(file.text);
  return IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] as string));
};

/** The path from the root that a relative import means. */
export const resolveImport = (from: string, specifier: string): string =>
  new URL(specifier, `file:///${from}`).pathname.slice(1);

/** The package that an import means: `@a/b/c` is of `@a/b`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
