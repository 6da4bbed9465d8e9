// The token bucket: bursts, refills and its bounds, in simulated time.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bucket, secondsUntil, takeFrom } from "../../config/token-bucket.ts";
import { type EpochMillis, epochMillis } from "../../config/units.ts";

const RATE = { burst: 3, perSecond: 0.5 };
const at = (seconds: number): EpochMillis => epochMillis(1_000_000 + seconds * 1000);

test("a full bucket gives its burst at once and then says when the next one is due", () => {
  let bucket: Bucket | undefined;
  for (let index = 0; index < 3; index++) {
    const taken = takeFrom(bucket, RATE, at(0));
    expect(taken.kind).toBe("taken");
    bucket = taken.bucket;
  }
  for (const [second, wait] of [
    [0, 2],
    [1.999, 1],
  ] as const) {
    const refused = takeFrom(bucket, RATE, at(second));
    expect([refused.kind, secondsUntil(refused.bucket, RATE, 1)]).toEqual(["refused", wait]);
  }
  expect(takeFrom(bucket, RATE, at(2)).kind).toBe("taken");
});

test("refused requests take nothing, so the wait does not grow with impatience", () => {
  let bucket: Bucket = { left: 0, at: at(0) };
  for (let tenth = 1; tenth < 20; tenth++) {
    const taken = takeFrom(bucket, RATE, at(tenth / 10));
    expect(taken.kind).toBe("refused");
    bucket = taken.bucket;
  }
  expect(takeFrom(bucket, RATE, at(2.001)).kind).toBe("taken");
});

test("a clock that steps back fills nothing, and forward never beyond the burst", () => {
  expect(takeFrom({ left: 0, at: at(10) }, RATE, at(0)).kind).toBe("refused");
  expect(takeFrom({ left: 0, at: at(0) }, RATE, at(1e6)).bucket.left).toBe(2);
});

test("over any time, no more pass than the burst and what has flowed in", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 60 }), (gaps) => {
      let bucket: Bucket | undefined;
      let now = 0;
      let passed = 0;
      for (const gap of gaps) {
        now += gap;
        const taken = takeFrom(bucket, RATE, epochMillis(now));
        bucket = taken.bucket;
        if (taken.kind === "taken") passed += 1;
      }
      expect(passed).toBeLessThanOrEqual(RATE.burst + (now / 1000) * RATE.perSecond + 1e-6);
    }),
  );
});

test("what counts as a part of a request passes that much more often, from the same bucket", () => {
  let bucket: Bucket | undefined;
  let passed = 0;
  for (let count = 0; count < 20; count++) {
    const taken = takeFrom(bucket, RATE, at(0), 1 / 4);
    bucket = taken.bucket;
    if (taken.kind === "taken") passed += 1;
  }
  expect(passed).toBe(4 * RATE.burst);
  expect(takeFrom(bucket, RATE, at(0)).kind).toBe("refused");
});

const anyRate = fc.record({
  burst: fc.integer({ min: 1, max: 20_000 }),
  perSecond: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.double({ min: 1e-4, max: 10, noNaN: true })),
});

test("a request that comes again after the wait it was given is admitted, whatever the rate and the cost", () => {
  fc.assert(
    fc.property(anyRate, fc.double({ min: 0.01, max: 1, noNaN: true }), (rate, share) => {
      const cost = Math.max(0.1, share * rate.burst);
      let now = 0;
      let bucket = takeFrom(undefined, rate, at(now), rate.burst).bucket;
      for (let round = 0; round < 5; round++) {
        let taken = takeFrom(bucket, rate, at(now), cost);
        if (taken.kind === "refused") {
          now += secondsUntil(taken.bucket, rate, cost);
          taken = takeFrom(taken.bucket, rate, at(now), cost);
        }
        expect(taken.kind).toBe("taken");
        bucket = taken.bucket;
      }
    }),
  );
});

test("the wait is never a whole second longer than it has to be, and never none", () => {
  fc.assert(
    fc.property(anyRate, (rate) => {
      const { bucket } = takeFrom(undefined, rate, at(0), rate.burst);
      const wait = secondsUntil(bucket, rate, 1);
      expect(wait).toBeGreaterThanOrEqual(1);
      if (wait > 1) expect(takeFrom(bucket, rate, at(wait - 1)).kind).toBe("refused");
    }),
  );
});

test("a cost above the burst is never admitted", () => {
  expect(takeFrom(undefined, RATE, at(0), RATE.burst + 1).kind).toBe("refused");
});
