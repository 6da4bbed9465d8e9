// Each decoder and normal form with a thousand hostile inputs, the same ones in each run, so that what fails once fails again.
// `npm run fuzz` takes another seed each time. The message of a failure has the seed and the smallest input that fails.

import { expect, test } from "vitest";
import { TARGETS } from "./targets.ts";

const INPUTS = 1000;
const SEED = 20_261_201;

test.each(TARGETS.map((one) => [one.name, one] as const))(
  "nothing that is sent makes the target %s fail",
  async (_, { attempt }) => {
    expect(await attempt(INPUTS, SEED)).toBeUndefined();
  },
);

test("every target has a name of its own, and together they try thousands of inputs", () => {
  expect(new Set(TARGETS.map(({ name }) => name)).size).toBe(TARGETS.length);
  expect(TARGETS.length * INPUTS).toBeGreaterThan(30_000);
});
