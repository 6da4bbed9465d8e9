// The production cores under a seeded scheduler: shards, shields, hubs and edges whose network loses, repeats, reorders and cuts,
// and whose processes and disks go. The same seeds give the same runs everywhere. `npm run simulate` goes on with more.

import { expect, test } from "vitest";
import { search } from "./fleet.node.ts";
import { MUTANTS } from "./mutants.ts";

/** How many seeds a test run takes; a failure names its seed. */
const SEEDS = 400;
const PATIENCE = 300_000;

test("no promise is broken in any of the first seeds", { timeout: PATIENCE }, async () => {
  const { failed, runs, purges } = await search(1, SEEDS, undefined);
  expect(failed).toBeUndefined();
  expect([runs, purges > runs]).toEqual([SEEDS, true]);
});

test.each(MUTANTS.filter(({ caughtWithin }) => caughtWithin <= 200).map((mutant) => [mutant.name, mutant] as const))(
  "without its mechanism a promise is broken: %s",
  { timeout: PATIENCE },
  async (_name, mutant) => {
    expect((await search(1, mutant.caughtWithin, mutant)).failed).toBeDefined();
  },
);
