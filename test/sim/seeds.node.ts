// A worker thread that runs seeds, with one mutant or none, and says of each batch what it found. It takes the next batch when
// it is told to; a thread is one JavaScript world, and so holds one mutant at most.

import { parentPort, workerData } from "node:worker_threads";
import type { Family } from "./families.ts";
import { MUTANTS } from "./mutants.ts";
import { install } from "./mutate.node.ts";

/** Seeds `from` up to but not including `to`. */
export interface Batch {
  readonly from: number;
  readonly to: number;
  /** Of which family all of them are; each of its own without. */
  readonly family?: Family | undefined;
}

/** What a batch came to; `failed` is its first seed with a finding. */
export interface Outcome {
  readonly runs: number;
  readonly events: number;
  readonly requests: number;
  readonly purges: number;
  readonly failed: { readonly seed: number; readonly check: string; readonly detail: string } | undefined;
}

const { mutant: name } = workerData as { readonly mutant: string | undefined };
if (name !== undefined) {
  const mutant = MUTANTS.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`no mutant is called ${name}`);
  install(mutant);
}

// Only now, so that the mutant is in what they load.
const { planOf } = await import("./families.ts");
const { simulate } = await import("./world.ts");

parentPort?.on("message", (batch: Batch) => {
  void run(batch).then((outcome) => parentPort?.postMessage(outcome));
});

/** Stops at the first seed that finds something. */
async function run({ from, to, family }: Batch): Promise<Outcome> {
  const sums = { runs: 0, events: 0, requests: 0, purges: 0 };
  for (let seed = from; seed < to; seed++) {
    const { findings, events, requests, purges } = await simulate(planOf(seed, family));
    sums.runs++;
    sums.events += events;
    sums.requests += requests;
    sums.purges += purges;
    const [first] = findings;
    if (first !== undefined) return { ...sums, failed: { seed, check: first.check, detail: first.detail } };
  }
  return { ...sums, failed: undefined };
}
