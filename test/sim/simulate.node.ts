// `npm run simulate`: runs more seeds than the tests do, on all cores, and says which seed broke which promise. With `--mutants`
// it runs each mutant until it is caught. Exit codes: 0 nothing was found (every mutant was caught), 1 otherwise.

import { parseArgs } from "node:util";
import { search } from "./fleet.node.ts";
import { MUTANTS } from "./mutants.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    mutant: { type: "string" },
    mutants: { type: "boolean", default: false },
  },
});
const count = (text: string): number => Math.min(10_000_000, Math.max(1, Math.trunc(Number(text)) || 1));
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${text} `);
};

if (values.mutants) {
  for (const mutant of MUTANTS) {
    const { failed } = await search(1, mutant.caughtWithin, mutant);
    const said = failed === undefined ? "NOT CAUGHT" : `seed ${failed.seed}: ${failed.check}`;
    console.log(`${mutant.name.padEnd(28)} ${said}`);
    if (failed === undefined) process.exitCode = 1;
  }
} else {
  const mutant = MUTANTS.find(({ name }) => name === values.mutant);
  const told = await search(count(values.seed), count(values.seeds), mutant, undefined, ({ runs }) =>
    progress(`${runs}`),
  );
  console.log(`${told.runs} runs, ${told.events} events, ${told.requests} requests, ${told.purges} purges`);
  if (told.failed !== undefined) {
    console.log(`seed ${told.failed.seed} breaks ${told.failed.check}: ${told.failed.detail}`);
    process.exitCode = 1;
  }
}
