// A worker thread that tries every order of one case, with one mutant in the production code, and says what it found.

import { parentPort, workerData } from "node:worker_threads";
import { MUTANTS } from "./mutants.ts";
import { install } from "./mutate.node.ts";

const { mutant: name, of } = workerData as { readonly mutant: string; readonly of: string };
const mutant = MUTANTS.find((one) => one.name === name);
if (mutant === undefined) throw new Error(`no mutant is called ${name}`);
install(mutant);

// Only now, so that the mutant is in what they load.
const { CASES } = await import("./cases.ts");
const { explore, MOST_ORDERS } = await import("./interleavings.ts");

const found = CASES.find((one) => one.name === of);
if (found === undefined) throw new Error(`no case is called ${of}`);
parentPort?.postMessage(await explore(found.begin, MOST_ORDERS));
