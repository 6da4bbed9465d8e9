// `npm run soak`: nine regions for ten minutes, or what the options say. Prints what happens, then a table, and the evidence for
// whatever was older than promised. Exit codes: 0 nothing was found, 1 something was, 2 wrong use, 130 interrupted.
//   --minutes 10  --purges 300  --regions 9  --seed 1  --clients 3  --purgers 4  --port 24400  --mutant NAME (test/sim/mutants.ts)

import { parseArgs } from "node:util";
import { REGION_IDS, type RegionId } from "../../../config/world/regions.ts";
import { MUTANTS } from "../../sim/mutants.ts";
import { breachText, soakTable } from "./report.node.ts";
import { soak } from "./soak.node.ts";

/** The first two are the origin's shields; any few of them are far apart. */
const ORDER: readonly RegionId[] = ["enam", "weur", "apac", "sam", "oc", "afr", "wnam", "me", "eeur"];

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    purges: { type: "string", default: "300" },
    regions: { type: "string", default: "9" },
    seed: { type: "string", default: "1" },
    clients: { type: "string", default: "3" },
    purgers: { type: "string", default: "4" },
    port: { type: "string", default: "24400" },
    mutant: { type: "string" },
  },
});

/** A number within bounds, or the end of the program. */
function bounded(name: keyof typeof values, least: number, most: number): number {
  const number = Number(values[name]);
  if (number >= least && number <= most) return number;
  console.error(`--${name} is a number from ${least} to ${most}`);
  process.exit(2);
}

const regions = ORDER.slice(0, bounded("regions", 2, REGION_IDS.length));
if (values.mutant !== undefined && !MUTANTS.some(({ name }) => name === values.mutant)) {
  console.error(`--mutant is one of ${MUTANTS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
// The regions' processes end with this one only if it ends by itself.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const outcome = await soak({
  regions,
  minutes: bounded("minutes", 0, 10_000),
  purges: bounded("purges", 0, 1_000_000),
  seed: bounded("seed", 0, 2 ** 32 - 1),
  clientsEach: bounded("clients", 1, 100),
  purgers: bounded("purgers", 1, 100),
  frontDoor: bounded("port", 1_025, 65_000),
  mutant: values.mutant,
  say: (line) => console.log(line),
});
console.log(
  `\nseed ${values.seed}, ${regions.length} regions${values.mutant === undefined ? "" : `, mutant ${values.mutant}`}`,
);
console.log(soakTable(outcome));
for (const breach of outcome.book.breaches) console.log(`\n${breachText(breach)}`);
for (const problem of outcome.problems.slice(0, 50)) console.log(`PROBLEM: ${problem}`);
// Not merely set: once children were killed, Node's own clean-up at the end may wait for their pipes for ever.
process.exit(outcome.book.breaches.length + outcome.problems.length > 0 ? 1 : 0);
