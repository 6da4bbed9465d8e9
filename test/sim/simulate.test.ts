// Two thousand runs of the whole CDN with faults find nothing; each mutant, in which one safety mechanism is taken out, is found
// within its number of seeds. What this begins, `npm run simulate` continues.

import { describe, expect, test } from "vitest";
import { search } from "./fleet.node.ts";
import { MUTANTS, type Mutant } from "./mutants.ts";

const SEEDS = 2_000;
/** Ten times what it takes on two cores that have nothing else to do. */
const PATIENCE = 300_000;

/** What was found, with the command that tells the story. */
const told = (failed: Awaited<ReturnType<typeof search>>["failed"]): string | undefined =>
  failed && `${failed.check}: ${failed.detail}\nThe story: npm run simulate -- --seed ${failed.seed}`;

test(
  `${SEEDS} seeds find no broken promise`,
  async () => {
    const { runs, purges, requests, failed } = await search(1, SEEDS, undefined, 2);
    expect(told(failed)).toBeUndefined();
    expect(runs).toBe(SEEDS);
    // The runs are about something.
    expect(purges).toBeGreaterThan(3 * SEEDS);
    expect(requests).toBeGreaterThan(30 * SEEDS);
  },
  PATIENCE,
);

describe("each mutant is caught", () => {
  test.each(MUTANTS.filter(({ caughtWithin }) => caughtWithin > 0))(
    "$name: $breaks",
    async (mutant: Mutant) => {
      const { failed, runs } = await search(1, mutant.caughtWithin, mutant, 2);
      expect(failed, `not caught within ${runs} seeds`).toBeDefined();
    },
    PATIENCE,
  );

  test("a mutant of which nobody knows is an error, in the thread that was to run it", async () => {
    await expect(search(1, 1, { ...(MUTANTS[0] as Mutant), name: "unheard-of" }, 1)).rejects.toThrow("unheard-of");
  });
});

test("the same seed is the same run to the byte", async () => {
  const { planOf } = await import("./families.ts");
  const { simulate } = await import("./world.ts");
  const [one, other] = [await simulate(planOf(6), true), await simulate(planOf(6), true)];
  expect(other.story).toEqual(one.story);
  expect(one.story.length).toBeGreaterThan(100);
});
