// Where files are: the fixed top level, names that say something, and a README where a folder has become a place of its own.

import type { SourceFile } from "./source-tree.ts";

/** The whole top level; dotfiles may be added. */
const TOP_LEVEL = new Set([
  "edge",
  "origin",
  "control-plane",
  "config",
  "test",
  "wrangler.toml",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "README.md",
  "ARCHITECTURE.md",
  "LICENSE",
]);

export const topLevel = (paths: readonly string[]): string[] =>
  [...new Set(paths.map((path) => path.split("/")[0] as string))]
    .filter((name) => !TOP_LEVEL.has(name) && !name.startsWith("."))
    .map((name) => `${name} does not belong at the top level`);

/** Names that say only that something had no place. */
const NAMELESS = new Set([
  "util",
  "utils",
  "helper",
  "helpers",
  "shared",
  "common",
  "lib",
  "libs",
  "type",
  "types",
  "misc",
]);
const SUFFIXES = /\.(?:(?:worker|node|browser|test|worker\.test|generated|config|d)\.)?(?:tsx?|mjs|css|html|json)$/;

export const names = (paths: readonly string[]): string[] =>
  paths
    .filter((path) => /^(?:edge|origin|control-plane|config|test)\//.test(path))
    .flatMap((path) => {
      const parts = path.split("/").map((part) => part.replace(SUFFIXES, ""));
      const nameless = parts.find((part) => NAMELESS.has(part));
      if (nameless !== undefined) return [`${path}: "${nameless}" says nothing of what is in it`];
      if (parts.at(-1) === "index" && /\.tsx?$/.test(path)) return [`${path}: name it for what it is`];
      if (/\.tsx?$/.test(path) && !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(parts.at(-1) as string)) {
        return [`${path} is not in kebab-case`];
      }
      return [];
    });

/** A barrel only hands on what is elsewhere, so that nobody sees who uses what. The deployed entries are made for it. */
export const barrels = (files: readonly SourceFile[]): string[] =>
  files
    .filter(({ path }) => path.endsWith(".ts") && path !== "edge/worker.ts" && path !== "edge/local.worker.ts")
    .filter(({ text }) => {
      const statements = text
        .replace(/\/\*[\s\S]*?\*\//g, "")
        .replace(/^\s*\/\/.*$/gm, "")
        .split(";");
      const code = statements.map((statement) => statement.trim()).filter((statement) => statement !== "");
      return code.length > 0 && code.every((statement) => /^export\b[^=]*\bfrom\s*["']/.test(statement));
    })
    .map(({ path }) => `${path} only hands on what other files export`);

/** A test folder with more files than this needs a README that says where to begin. A product folder always needs one. */
const FILES_WITHOUT_README = 3;

/** Folders that mirror another's tree: the README of the mirrored folder explains the subject. */
const MIRROR = /^test\/(?:edge|origin|control-plane|config)(?:\/|$)/;

export const readmes = (paths: readonly string[]): string[] => {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    if (path.startsWith(".") || !path.includes("/")) continue;
    const folder = path.slice(0, path.lastIndexOf("/"));
    folders.set(folder, [...(folders.get(folder) ?? []), path.slice(folder.length + 1)]);
  }
  return [...folders]
    .filter(([folder, files]) => !MIRROR.test(folder) && files.filter(isText).length > filesWithoutReadme(folder))
    .filter(([, files]) => !files.includes("README.md"))
    .map(([folder, files]) => `${folder} has ${files.length} files and no README.md`);
};

const filesWithoutReadme = (folder: string): number => (/^test(?:\/|$)/.test(folder) ? FILES_WITHOUT_README : 0);

const isText = (name: string): boolean => /\.(?:tsx?|mjs|css|html|json|md)$/.test(name) && name !== "README.md";
