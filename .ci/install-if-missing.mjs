// Runs before `npm start` and `npm test` with whatever Node the machine has: installs the locked dependencies when what is
// installed differs from the lockfile. Among them is the Node that everything else runs on.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** What is wrong with what is installed; undefined if nothing is. */
function difference() {
  // npm keeps its own account of what it installed.
  const account = "node_modules/.package-lock.json";
  if (!existsSync(account) || !existsSync("node_modules/.bin/node")) return "nothing is installed";
  const installed = JSON.parse(readFileSync(account, "utf8")).packages;
  const wanted = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;
  for (const [place, { version, optional }] of Object.entries(wanted)) {
    // Binaries for other platforms are optional and rightly absent.
    if (place === "" || (optional && installed[place] === undefined)) continue;
    if (installed[place]?.version !== version) return `${place} is not ${version}`;
  }
  return undefined;
}

const reason = difference();
if (reason !== undefined) {
  console.log(`Installing the locked dependencies (${reason}; about half a minute) ...`);
  // The bundled Node is newer than the one that runs npm here, so npm's engine warnings would mislead.
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { stdio: "inherit" });
  if (result.status !== 0) {
    console.error("npm ci failed: see above. Meridian needs npm 10 or newer and access to a package registry.");
    process.exit(1);
  }
}
