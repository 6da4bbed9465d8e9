// Runs seeds on worker threads, as many at a time as there are cores, and gathers what they found. With mutants each gets
// seeds until it is caught or its allowance is used up.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Family } from "./families.ts";
import type { Mutant } from "./mutants.ts";
import type { Batch, Outcome } from "./seeds.node.ts";

/** What a search came to. */
export interface Search {
  readonly runs: number;
  readonly events: number;
  readonly requests: number;
  readonly purges: number;
  readonly failed: NonNullable<Outcome["failed"]> | undefined;
}

export const cores = (): number => availableParallelism();

/** How many seeds a thread takes at a time: often enough for progress, seldom enough to cost nothing. */
const BATCH = 25;

/** Runs `count` seeds from `first` on `threads` threads, and stops at the first finding; a mutant's are of its family. */
export async function search(
  first: number,
  count: number,
  mutant: Mutant | undefined,
  threads = cores(),
  progress: (soFar: Search) => void = () => undefined,
  family: Family | undefined = mutant && (mutant.family ?? "mixed"),
): Promise<Search> {
  let next = first;
  let soFar: Search = { runs: 0, events: 0, requests: 0, purges: 0, failed: undefined };
  const take = (): Batch | undefined => {
    if (soFar.failed !== undefined || next >= first + count) return undefined;
    const from = next;
    next = Math.min(first + count, from + BATCH);
    return { from, to: next, family };
  };
  const took = (outcome: Outcome): void => {
    const earlier =
      soFar.failed !== undefined && (outcome.failed?.seed ?? Number.POSITIVE_INFINITY) > soFar.failed.seed;
    soFar = {
      runs: soFar.runs + outcome.runs,
      events: soFar.events + outcome.events,
      requests: soFar.requests + outcome.requests,
      purges: soFar.purges + outcome.purges,
      failed: earlier ? soFar.failed : (outcome.failed ?? soFar.failed),
    };
    progress(soFar);
  };
  await Promise.all(Array.from({ length: threads }, () => work(mutant, take, took)));
  return soFar;
}

/** One thread, until there is nothing left to take. Rejects if the thread fails, as it does when a mutant's piece is gone. */
function work(
  mutant: Mutant | undefined,
  take: () => Batch | undefined,
  took: (outcome: Outcome) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./seeds.node.ts", import.meta.url), { workerData: { mutant: mutant?.name } });
    const go = (): void => {
      const batch = take();
      if (batch === undefined) void worker.terminate().then(() => resolve());
      else worker.postMessage(batch);
    };
    worker.on("message", (outcome: Outcome) => {
      took(outcome);
      go();
    });
    worker.on("error", reject);
    go();
  });
}
