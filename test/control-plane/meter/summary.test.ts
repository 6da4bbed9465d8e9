// What people are shown of the counts: ratios, percentiles and series, with nothing counted that was not.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TIME_BUCKETS } from "../../../config/metrics/metric-catalogue.ts";
import { bucketOf, type Distribution } from "../../../config/metrics/tally.ts";
import { quantileOf, ratio, summarise } from "../../../control-plane/meter/summary.ts";

const of = (times: readonly number[]): Distribution => {
  const buckets = new Array<number>(TIME_BUCKETS.length + 1).fill(0);
  for (const time of times) buckets[bucketOf(time)] = (buckets[bucketOf(time)] as number) + 1;
  return { buckets, sum: times.reduce((sum, time) => sum + time, 0) };
};

describe("a quantile", () => {
  test("of nothing is nothing", () => {
    expect(quantileOf(of([]), 0.5)).toBeNull();
  });

  test("lies straight within its bucket", () => {
    // Four times between 25 and 50 ms: half of them are taken to lie below the middle.
    expect(quantileOf(of([0.03, 0.03, 0.03, 0.03]), 0.5)).toBeCloseTo(37.5);
    expect(quantileOf(of([0.03, 0.03, 0.03, 0.03]), 1)).toBeCloseTo(50);
  });

  test("beyond the last bound is the last bound", () => {
    expect(quantileOf(of([500]), 0.5)).toBe(60_000);
  });

  test("is never off by more than the bucket that the exact value lies in", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.0001, max: 59, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        (times, quantile) => {
          const sorted = [...times].sort((a, b) => a - b);
          const exact = sorted[Math.ceil(quantile * sorted.length) - 1] as number;
          const estimate = (quantileOf(of(times), quantile) as number) / 1000;
          const bucket = bucketOf(exact);
          expect(estimate).toBeGreaterThanOrEqual((TIME_BUCKETS[bucket - 1] ?? 0) - 1e-9);
          expect(estimate).toBeLessThanOrEqual((TIME_BUCKETS[bucket] as number) + 1e-9);
        },
      ),
    );
  });
});

test.each([
  ["hit", 1, 1],
  ["stale", 1, 1],
  ["collapsed", 1, 1],
  ["revalidated", 0, 1],
  ["miss", 0, 1],
  ["error", 0, 1],
  ["bypass", 0, 0],
  ["refused", 0, 0],
])("a request that was a %s is %i hit of %i cacheable", (outcome, hits, cacheable) => {
  const counters = { [`meridian_requests_total|edge|${outcome}|2xx|all`]: 1 };
  expect(summarise({ counters, distributions: {}, gauges: {} })).toMatchObject({ requests: 1, hits, cacheable });
});

test("only answers with 5xx are errors", () => {
  const counters = {
    "meridian_requests_total|none|error|5xx|all": 2,
    "meridian_requests_total|origin|miss|4xx|all": 4,
    "meridian_requests_total|edge|hit|2xx|all": 8,
  };
  expect(summarise({ counters, distributions: {}, gauges: {} })).toMatchObject({ requests: 14, errors: 2 });
});

test("a ratio is a share, or null of nothing", () => {
  expect(ratio(1, 4)).toBe(0.25);
  expect(ratio(0, 0)).toBeNull();
});
