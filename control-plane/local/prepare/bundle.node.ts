// Bundles the script that every region runs: the edge, its Durable Objects and the control API, by path (the local
// launcher imports nothing of them). It builds what production runs, under the same compatibility date and flags.

import { fileURLToPath } from "node:url";
import { type BuildFailure, build, formatMessages, type Plugin } from "esbuild";
import { bundleDashboard } from "../../dashboard/build.node.ts";

/** The local entry, unless a test brings its own. */
export const LOCAL_ENTRY = fileURLToPath(new URL("../../../edge/local.worker.ts", import.meta.url));
/** The compatibility of wrangler.toml, the same here, so that nothing behaves differently locally. */
export const COMPATIBILITY = { date: "2026-10-01", flags: ["nodejs_compat", "enable_request_signal"] } as const;

// Some packages call `require` for Node's own modules, which workerd has, and expect Buffer to be there.
const BANNER =
  'import { createRequire } from "node:module"; import { Buffer } from "node:buffer"; ' +
  'const require = createRequire("/");';
const NODE_MODULES = "assert buffer crypto events fs http https net os path stream string_decoder url util zlib";

/**
 * Builds the control API's page for this script: the file in `dashboard/dist` may be missing or outdated. It is not written
 * there, so that a run needs no write access to the project.
 */
const dashboard: Plugin = {
  name: "dashboard",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /dashboard\/dist\/index\.html$/ }, () => ({ path: "page", namespace: "dashboard" }));
    onLoad({ filter: /.*/, namespace: "dashboard" }, async () => ({
      contents: await bundleDashboard(),
      loader: "text",
    }));
  },
};

/** Bundles `entry` into one ES module; nothing is written. Throws with the bundler's own messages when the source does not build. */
export async function bundleWorker(entry: string): Promise<string> {
  try {
    const result = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      format: "esm",
      platform: "neutral",
      target: "es2024",
      mainFields: ["module", "main"],
      conditions: ["workerd", "worker"],
      external: ["node:*", "cloudflare:*", ...NODE_MODULES.split(" ")],
      plugins: [dashboard],
      banner: { js: BANNER },
      // Miniflare's time to start a process grows with the square of what it is given: names stay, white space goes.
      minifyWhitespace: true,
      logLevel: "silent",
    });
    return result.outputFiles[0]?.text ?? "";
  } catch (error) {
    const { errors } = error as BuildFailure;
    if (errors === undefined) throw error;
    throw new Error(`the Worker does not build:\n${(await formatMessages(errors, { kind: "error" })).join("")}`);
  }
}
