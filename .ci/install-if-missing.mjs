// Runs before `npm start` and `npm test` with whatever Node the machine has: installs the locked dependencies when they
// are missing or the lockfile has changed since. Among them is the Node that everything else runs on.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const lock = readFileSync("package-lock.json", "utf8");
const marker = "node_modules/.meridian-installed-lock";
const installed = existsSync(marker) && readFileSync(marker, "utf8") === lock && existsSync("node_modules/.bin/node");
if (!installed) {
  console.log("Installing the locked dependencies (once; about half a minute) ...");
  // The bundled Node is newer than the one that runs npm here, so npm's engine warnings would mislead.
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { stdio: "inherit" });
  if (result.status !== 0) {
    console.error("npm ci failed: see above. Meridian needs npm 10 or newer and access to a package registry.");
    process.exit(1);
  }
  writeFileSync(marker, lock);
}
