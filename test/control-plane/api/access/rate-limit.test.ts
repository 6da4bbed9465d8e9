// The token bucket: bursts, refills and its bounds, in simulated time.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type EpochMillis, epochMillis } from "../../../../config/units.ts";
import { type Bucket, takeOne } from "../../../../control-plane/api/access/rate-limit.ts";

const RATE = { burst: 3, perSecond: 0.5 };
const at = (seconds: number): EpochMillis => epochMillis(1_000_000 + seconds * 1000);

test("a full bucket gives its burst at once and then says when the next one is due", () => {
  let bucket: Bucket | undefined;
  for (let index = 0; index < 3; index++) {
    const taken = takeOne(bucket, RATE, at(0));
    expect(taken.kind).toBe("taken");
    bucket = taken.bucket;
  }
  expect(takeOne(bucket, RATE, at(0))).toMatchObject({ kind: "refused", retryAfter: 2 });
  expect(takeOne(bucket, RATE, at(1.999))).toMatchObject({ kind: "refused", retryAfter: 1 });
  expect(takeOne(bucket, RATE, at(2)).kind).toBe("taken");
});

test("refused requests take nothing, so the wait does not grow with impatience", () => {
  let bucket: Bucket = { left: 0, at: at(0) };
  for (let tenth = 1; tenth < 20; tenth++) {
    const taken = takeOne(bucket, RATE, at(tenth / 10));
    expect(taken.kind).toBe("refused");
    bucket = taken.bucket;
  }
  expect(takeOne(bucket, RATE, at(2.001)).kind).toBe("taken");
});

test("a clock that steps back fills nothing, and forward never beyond the burst", () => {
  expect(takeOne({ left: 0, at: at(10) }, RATE, at(0)).kind).toBe("refused");
  expect(takeOne({ left: 0, at: at(0) }, RATE, at(1e6)).bucket.left).toBe(2);
});

test("over any time, no more pass than the burst and what has flowed in", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 60 }), (gaps) => {
      let bucket: Bucket | undefined;
      let now = 0;
      let passed = 0;
      for (const gap of gaps) {
        now += gap;
        const taken = takeOne(bucket, RATE, epochMillis(now));
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
    const taken = takeOne(bucket, RATE, at(0), 1 / 4);
    bucket = taken.bucket;
    if (taken.kind === "taken") passed += 1;
  }
  expect(passed).toBe(4 * RATE.burst);
  expect(takeOne(bucket, RATE, at(0)).kind).toBe("refused");
});
