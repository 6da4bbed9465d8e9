// Who may import whom: the arrows between the top-level folders, the split by runtime, and one home for each library. The
// tables below are the rules (ARCHITECTURE.md tells them as a story).

import {
  importsOf,
  packageOf,
  type Rule,
  type Runtime,
  resolveImport,
  runtimeOf,
  withoutComments,
} from "./source-tree.ts";

/** For each area the paths that it may import from. Whatever is not here is forbidden. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  config: ["config/"],
  origin: ["origin/", "config/"],
  edge: ["edge/", "origin/", "control-plane/purge/", "config/"],
  "control-plane": ["control-plane/", "config/"],
  test: ["test/", "edge/", "origin/", "control-plane/", "config/", ".ci/"],
};
/** Imports that the arrows forbid and that are meant: the deployed script's entries mount the control plane. */
const EXCEPTIONS: ReadonlySet<string> = new Set([
  "edge/worker.ts -> control-plane/worker.ts",
  // The same entry, with what only a local run has.
  "edge/local.worker.ts -> control-plane/worker.ts",
]);

export const importArrows: Rule = (files) =>
  files.flatMap((file) => {
    const allowed = ARROWS[file.path.split("/")[0] as string];
    if (allowed === undefined) return [];
    return importsOf(file)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => resolveImport(file.path, specifier))
      .filter((target) => !allowed.some((area) => target.startsWith(area)))
      .filter((target) => !EXCEPTIONS.has(`${file.path} -> ${target}`))
      .map((target) => `${file.path} imports ${target}, against the arrows`);
  });

const MAY_IMPORT: Readonly<Record<Runtime, readonly Runtime[]>> = {
  pure: ["pure"],
  worker: ["pure", "worker"],
  node: ["pure", "node"],
  browser: ["pure", "browser"],
  test: ["pure", "worker", "node", "browser", "test"],
};

export const runtimeSplit: Rule = (files) =>
  files.flatMap((file) => {
    const runtime = runtimeOf(file.path);
    return importsOf(file).flatMap((specifier) => {
      if (specifier.startsWith("node:") && (runtime === "pure" || runtime === "browser")) {
        return [`${file.path} is ${runtime} and imports ${specifier}`];
      }
      if (specifier.startsWith("cloudflare:") && runtime !== "worker" && !file.path.endsWith(".worker.ts")) {
        return [`${file.path} is ${runtime} and imports ${specifier}`];
      }
      if (!specifier.startsWith(".") || !/\.tsx?$/.test(specifier)) return [];
      const target = resolveImport(file.path, specifier);
      const targetRuntime = runtimeOf(target);
      return MAY_IMPORT[runtime].includes(targetRuntime)
        ? []
        : [`${file.path} is ${runtime} and imports ${target}, which is ${targetRuntime}`];
    });
  });

/** Where each package may be imported, by the beginning of the path. Tests may import any. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  "lru-cache": ["edge/shard/store/"],
  maxmind: ["edge/geo/", "control-plane/local/door/geo-database.node.ts"],
  hono: ["control-plane/api/", "control-plane/worker.ts"],
  "@hono/zod-openapi": ["control-plane/api/", "control-plane/worker.ts"],
  zod: ["config/", "control-plane/"],
  "structured-headers": ["edge/", "control-plane/latency/"],
  undici: ["control-plane/cli/", "control-plane/latency/", "control-plane/local/"],
  miniflare: ["control-plane/local/"],
  workerd: ["control-plane/local/"],
  esbuild: ["control-plane/local/", "control-plane/dashboard/", "control-plane/latency/"],
  commander: ["control-plane/cli/"],
  wrangler: ["control-plane/cli/"],
  picocolors: ["control-plane/cli/"],
  "cli-table3": ["control-plane/cli/"],
  "cli-progress": ["control-plane/cli/"],
  "chart.js": ["control-plane/latency/"],
  "d3-geo": ["config/", "control-plane/dashboard/", "control-plane/latency/"],
  "topojson-client": ["config/"],
  "world-atlas": ["config/"],
  "i18n-iso-countries": ["config/"],
  preact: ["control-plane/dashboard/"],
  uplot: ["control-plane/dashboard/"],
};

export const libraryHomes: Rule = (files) =>
  files.flatMap((file) => {
    if (file.path.startsWith("test/") || file.path.startsWith(".ci/")) return [];
    return importsOf(file).flatMap((specifier) => {
      // Relative files, the runtimes' own modules, and modules that a bundler or launcher puts beside the script.
      if (specifier.startsWith(".") || /^[a-z]+:/.test(specifier) || /\.(?:mmdb|html)$/.test(specifier)) return [];
      const name = packageOf(specifier);
      const homes = HOMES[name];
      if (homes === undefined) return [`${file.path} imports ${name}, which has no home in test/tidy/import-rules.ts`];
      return homes.some((home) => file.path.startsWith(home)) ? [] : [`${file.path} imports ${name} outside its home`];
    });
  });

/** The one place from which the deployed script fetches anything of the outside: it keeps the platform's cache out. */
const FETCHES = "origin/fetch.worker.ts";

/** Calls of the global `fetch` in the Worker's code. Nodes and bindings are fetched as members. */
export const globalFetches: Rule = (files) =>
  files
    .filter(({ path }) => path.endsWith(".worker.ts") && !path.startsWith("test/") && path !== FETCHES)
    .filter(({ text }) => /(?<![.\w#]|override |async )fetch\((?![a-z]+(?:: |, env))/.test(withoutComments(text)))
    .map(({ path }) => `${path} calls fetch: only ${FETCHES} may, which keeps the platform's cache out`);
