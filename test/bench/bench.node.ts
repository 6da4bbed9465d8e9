// `npm run bench`: runs one of the benchmarks, by name. Each is a script of its own that starts what it measures, prints a table and
// ends everything; this one only knows their names and what each is usually asked.

import process from "node:process";

const HELP = `Usage: npm run bench -- [part] [options]

  (none)      what hits, misses and encoded pages cost beside a bare Worker (--help tells its options)
  hits        what purges do to hits: hundreds a second, thousands of scopes in one
  idle        the first hit after idleness, in each of nine regions at their distances
  purges      lone purges from each of nine regions: applied and complete, in multiples of the distance
  large       large bodies over a distance: whole and as ranges, cold and warm, beside a plain fetch
  connections ten thousand connections at once to a running front door (--url)
  door        what the local front door takes of the processor for each request
  load        300 purges a second in three regions`;

/** By name: the script, and options that come before those given. */
const PARTS: Readonly<Record<string, readonly [script: string, ...options: string[]]>> = {
  connections: ["./connections.node.ts"],
  door: ["./door.node.ts"],
  hits: ["./hits-under-purges.node.ts"],
  idle: ["./first-hit.node.ts"],
  large: ["./large.node.ts"],
  purges: ["./purge-load.node.ts", "--regions=all", "--per-second=1", "--seconds=45", "--wait=complete"],
  load: ["./purge-load.node.ts"],
};

const [name = "", ...rest] = process.argv.slice(2);
const part = PARTS[name];
if (name === "help") console.log(HELP);
else if (part !== undefined) {
  const [script, ...options] = part;
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...options, ...rest);
  await import(script);
} else if (name === "" || name.startsWith("-")) await import("./hit.node.ts");
else {
  console.error(`There is no part ${name}.\n${HELP}`);
  process.exitCode = 2;
}
