// The simulator on the command line: `npm run simulate -- --seeds 1000000`. It runs seeds on all cores, shows how far it is, and
// stops at the first that finds something, which it then makes as short as it can and tells. `--seed S` tells one run;
// `--family F` takes all seeds from one family; `--mutant NAME` takes a safety mechanism out (`--mutant list` names them), and
// `--mutants` tries each of them with the seeds that the test allows it, or with `--seeds` each.

import { parseArgs } from "node:util";
import { FAMILIES, type Family } from "./families.ts";
import { cores, search } from "./fleet.node.ts";
import { MUTANTS, type Mutant } from "./mutants.ts";
import { install } from "./mutate.node.ts";
import { stepTold } from "./shrink.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    first: { type: "string", default: "1" },
    seed: { type: "string" },
    family: { type: "string" },
    mutant: { type: "string" },
    mutants: { type: "boolean", default: false },
  },
});

const number = (text: string, name: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} takes a whole number, not ${text}`);
};

const mutant = MUTANTS.find(({ name }) => name === values.mutant);
const family = FAMILIES.find((name) => name === values.family) ?? (mutant && (mutant.family ?? "mixed"));
const first = number(values.first, "first");

if (values.mutant === "list") for (const { name, breaks } of MUTANTS) console.log(`${name.padEnd(32)} ${breaks}`);
else if (values.mutants) await tryAll();
else if (values.mutant !== undefined && mutant === undefined)
  refuse(`No mutant is called ${values.mutant}: see --mutant list.`);
else if (values.family !== undefined && values.family !== family) refuse(`Families are ${FAMILIES.join(", ")}.`);
else if (values.seed !== undefined) await tell(number(values.seed, "seed"), mutant, family);
else await searchSeeds(number(values.seeds ?? "10000", "seeds"), mutant, family);

function refuse(why: string): void {
  console.error(why);
  process.exitCode = 2;
}

async function searchSeeds(count: number, of: Mutant | undefined, from: Family | undefined): Promise<void> {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  console.log(`${count} seeds from ${first} on ${cores()} threads${of === undefined ? "" : `, where ${of.breaks}`}`);
  let toldAt = 0;
  const progress = ({ runs, requests, purges }: { runs: number; requests: number; purges: number }): void => {
    if (seconds() - toldAt < 5) return;
    toldAt = seconds();
    const left = Math.round(((count - runs) * seconds()) / runs);
    const pace = `${Math.round(runs / seconds())} a second, about ${left} s left`;
    console.log(`  ${runs} of ${count} runs, ${pace}; ${requests} requests, ${purges} purges`);
  };
  const { failed, runs, events, requests, purges } = await search(first, count, of, cores(), progress, from);
  const sums = `${runs} runs, ${events} events, ${requests} requests, ${purges} purges, ${seconds().toFixed(1)} s`;
  if (failed === undefined) {
    console.log(`Nothing found: ${sums}.`);
    return;
  }
  console.log(`Seed ${failed.seed} breaks a promise (${sums}). Looking for the shortest run that does ...`);
  await tell(failed.seed, of, from);
}

/** Runs one seed; if it finds something, in as few steps as will do. */
async function tell(seed: number, of: Mutant | undefined, from: Family | undefined): Promise<void> {
  if (of !== undefined) install(of);
  // Only now, so that the mutant is in what they load.
  const { planOf } = await import("./families.ts");
  const { simulate } = await import("./world.ts");
  const { shrink } = await import("./shrink.ts");
  const plan = planOf(seed, from);
  const whole = await simulate(plan, true);
  const [found] = whole.findings;
  if (found === undefined) {
    console.log(whole.story.join("\n"));
    console.log(`Seed ${seed} finds nothing: ${whole.events} events.`);
    return;
  }
  const shortest = await shrink(plan, found.check, simulate);
  const { steps, ...world } = shortest.plan;
  console.log(`\nThe world:\n  ${JSON.stringify(world)}`);
  console.log(`What is done to it, in milliseconds of true time (${steps.length} of ${plan.steps.length} steps):`);
  for (const step of steps) console.log(`  ${stepTold(step)}`);
  console.log("What happens:");
  // What follows the first finding is seldom of use.
  const end = shortest.result.story.findIndex((line) => line.includes("!! "));
  console.log(shortest.result.story.slice(0, end + 1).join("\n"));
  const { check, detail } = shortest.result.findings[0] ?? found;
  console.log(`\nSeed ${seed} breaks ${check}: ${detail}`);
  const options = [from === undefined ? "" : ` --family ${from}`, of === undefined ? "" : ` --mutant ${of.name}`];
  console.log(`Again: npm run simulate -- --seed ${seed}${options.join("")}`);
  process.exitCode = 1;
}

async function tryAll(): Promise<void> {
  for (const one of MUTANTS) {
    if (one.caughtWithin === 0) continue;
    const most = values.seeds === undefined ? one.caughtWithin : number(values.seeds, "seeds");
    const startedAt = performance.now();
    const { failed, runs } = await search(first, most, one);
    const took = `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
    const what = failed === undefined ? "NOT CAUGHT" : `seed ${failed.seed}, ${failed.check}`;
    console.log(
      `${one.name.padEnd(32)} ${(one.family ?? "mixed").padEnd(10)} ${what} (${runs} runs of ${most}, ${took})`,
    );
    if (failed === undefined) process.exitCode = 1;
  }
}
