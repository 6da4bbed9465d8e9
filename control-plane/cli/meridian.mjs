#!/usr/bin/env node
// Entry point of `npx meridian` under any Node: it starts the project's own Node, because the command line is TypeScript that
// an older Node cannot run. Plain JavaScript on purpose.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const main = fileURLToPath(new URL("./main.node.ts", import.meta.url));
const bundledNode = `${root}node_modules/.bin/node`;

if (!existsSync(`${root}node_modules/commander`)) {
  console.error(`Meridian's dependencies are missing. Install them once with:  npm ci --prefix ${root}`);
  process.exit(1);
}
const current = Number.parseInt(process.versions.node, 10);
if (current >= 24) {
  await import("./main.node.ts");
} else if (existsSync(bundledNode)) {
  const child = spawn(bundledNode, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches the child directly, since both are in the terminal's foreground group: this process only waits.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  child.on("error", (error) => {
    console.error(`${bundledNode} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 15)));
} else {
  console.error(
    `Meridian needs Node 24; this is ${process.version}, and the Node from the dependencies is missing.\n` +
      `Its install script may have been blocked. Repair it with:  npm rebuild node --prefix ${root}`,
  );
  process.exit(1);
}
