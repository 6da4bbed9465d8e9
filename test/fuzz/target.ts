// A target: a kind of input, and what must hold for each of that kind.

import fc from "fast-check";

export interface Target {
  readonly name: string;
  /** Tries inputs from a seed; what failed, with the smallest input that fails, or undefined. Calls `took` for each. */
  readonly attempt: (
    inputs: number,
    seed: number,
    took?: (input: unknown, millis: number) => void,
  ) => Promise<string | undefined>;
}

/** Says what must hold for an input by throwing where it does not. */
type Check<Input> = (input: Input) => void | Promise<void>;

/** Names a target. */
export const target = <Input>(name: string, input: fc.Arbitrary<Input>, check: Check<Input>): Target => ({
  name,
  attempt: async (inputs, seed, took) => {
    const property = fc.asyncProperty(input, async (value) => {
      const before = performance.now();
      // A check that does not wait costs no turn of the event loop.
      const waiting = check(value);
      if (waiting !== undefined) await waiting;
      took?.(value, performance.now() - before);
    });
    const result = await fc.check(property, { numRuns: inputs, seed });
    if (!result.failed) return undefined;
    return `${await fc.asyncDefaultReportMessage(result)}\n${String(result.errorInstance)}`;
  },
});

/** Ends the attempt where something does not hold. */
export function must(holds: boolean, what: string, ...values: readonly unknown[]): asserts holds {
  if (!holds) throw new Error([what, ...values.map((value) => JSON.stringify(value))].join(" "));
}

/** Two values that JSON writes alike. */
export const mustEqual = (one: unknown, other: unknown, what: string): void =>
  must(JSON.stringify(one) === JSON.stringify(other), what, one, other);
