// The arithmetic of the benchmark.

import fc from "fast-check";
import { expect, test } from "vitest";
import { quantile, ratiosTo, spreadOf } from "./ratios.ts";

test.each([
  [[1], 0.5, 1],
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[1, 2, 3, 4, 5], 0.25, 2],
  [[1, 2], 1, 2],
])("of %j the value at %d is %d", (values, share, expected) => {
  expect(quantile(values, share)).toBe(expected);
});

test("a machine that is slow for some blocks changes no ratio", () => {
  const block = fc.double({ min: 1, max: 1000, noNaN: true });
  fc.assert(
    fc.property(fc.array(block, { minLength: 1 }), fc.double({ min: 0.1, max: 10, noNaN: true }), (base, factor) => {
      const ratios = ratiosTo(
        base,
        base.map((value) => value * factor),
      );
      for (const ratio of Object.values(ratios)) expect(ratio).toBeCloseTo(factor, 6);
    }),
  );
});

test("a spread holds its median, and blocks without a baseline are a mistake", () => {
  const { low, median, high } = spreadOf([5, 1, 9, 3]);
  expect([low, median, high]).toEqual([2.5, 4, 6]);
  expect(() => ratiosTo([1, 2], [1])).toThrow(/baseline/);
});
