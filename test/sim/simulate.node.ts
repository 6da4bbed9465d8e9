// The simulator on the command line: `npm run simulate -- --seeds 100000`. It runs seeds on all cores, shows how far it is, and
// stops at the first that finds something, which it then makes as short as it can and tells. `--seed S` runs one seed and
// tells its story; `--mutant NAME` takes a safety mechanism out (`--mutant list` names them), `--mutant all` tries each.

import { parseArgs } from "node:util";
import { cores, search } from "./fleet.node.ts";
import { MUTANTS, type Mutant } from "./mutants.ts";
import { install } from "./mutate.node.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    first: { type: "string", default: "1" },
    seed: { type: "string" },
    mutant: { type: "string" },
  },
});

const number = (text: string, name: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} takes a whole number, not ${text}`);
};

if (values.mutant === "list") for (const { name, breaks } of MUTANTS) console.log(`${name.padEnd(32)} ${breaks}`);
else if (values.mutant === "all") await tryAll();
else {
  const mutant = MUTANTS.find(({ name }) => name === values.mutant);
  if (values.mutant !== undefined && mutant === undefined) {
    console.error(`No mutant is called ${values.mutant}. --mutant list names them.`);
    process.exitCode = 2;
  } else if (values.seed !== undefined) await tell(number(values.seed, "seed"), mutant);
  else await searchSeeds(mutant);
}

async function searchSeeds(mutant: Mutant | undefined): Promise<void> {
  const count = number(values.seeds, "seeds");
  const startedAt = performance.now();
  const what = mutant === undefined ? "" : `, with ${mutant.name}: ${mutant.breaks}`;
  console.log(`${count} seeds from ${values.first} on ${cores()} threads${what}`);
  let told = startedAt;
  const found = await search(number(values.first, "first"), count, mutant, cores(), ({ runs, requests, purges }) => {
    const now = performance.now();
    if (now - told < 2_000) return;
    told = now;
    const perSecond = Math.round((1_000 * runs) / (now - startedAt));
    console.log(`  ${runs} runs, ${perSecond} a second; ${requests} requests, ${purges} purges`);
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const sums = `${found.runs} runs, ${found.events} events, ${found.requests} requests, ${found.purges} purges, ${seconds} s`;
  if (found.failed === undefined) {
    console.log(`Nothing found: ${sums}.`);
    return;
  }
  const { seed, check, detail } = found.failed;
  console.log(`Seed ${seed}: ${check}: ${detail}\n(${sums})`);
  process.exitCode = 1;
  await tell(seed, mutant);
}

/** Runs one seed; if it finds something, in as few steps as will do. */
async function tell(seed: number, mutant: Mutant | undefined): Promise<void> {
  if (mutant !== undefined) install(mutant);
  // Only now, so that the mutant is in what they load.
  const { planOf } = await import("./plan.ts");
  const { simulate } = await import("./world.ts");
  const { shrink } = await import("./shrink.ts");
  const whole = await simulate(planOf(seed), true);
  const [first] = whole.findings;
  if (first === undefined) {
    console.log(whole.story.join("\n"));
    console.log(`Seed ${seed} finds nothing: ${whole.events} events.`);
    return;
  }
  const { plan, result } = await shrink(planOf(seed), first.check);
  const { steps, ...world } = plan;
  console.log(`Shortest run that fails ${first.check}: ${steps.length} of ${planOf(seed).steps.length} steps`);
  console.log(JSON.stringify(world));
  for (const step of steps) console.log(`  ${JSON.stringify(step)}`);
  console.log("What happens (milliseconds of true time):");
  // What follows the first finding is seldom of use.
  const end = result.story.findIndex((line) => line.includes("!! "));
  console.log(result.story.slice(0, end + 1).join("\n"));
  process.exitCode = 1;
}

async function tryAll(): Promise<void> {
  for (const mutant of MUTANTS) {
    const { failed, runs } = await search(number(values.first, "first"), mutant.caughtWithin, mutant);
    const what = failed === undefined ? "NOT CAUGHT" : `seed ${failed.seed}, ${failed.check}`;
    console.log(`${mutant.name.padEnd(32)} ${what} (${runs} runs, of ${mutant.caughtWithin})`);
    if (failed === undefined) process.exitCode = 1;
  }
}
