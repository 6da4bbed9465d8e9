// What the metrics say of an origin's breaker: each change once, and what it is now.

import { expect, test } from "vitest";
import { Tally } from "../../config/metrics/tally.ts";
import { countTransition, showBreaker } from "../../origin/count.ts";

test("a breaker's changes are counted by where they led, and no other event with them", () => {
  const tally = new Tally("isolate", "enam");
  for (const metric of [
    "breaker-opened",
    "breaker-half-open",
    "breaker-opened",
    "breaker-closed",
    "retry",
    "breaker-open",
  ] as const)
    countTransition(tally, "shop", metric);
  expect(tally.takeDeltas()?.deltas.counters).toEqual({
    "meridian_origin_breaker_transitions_total|shop|open": 2,
    "meridian_origin_breaker_transitions_total|shop|half-open": 1,
    "meridian_origin_breaker_transitions_total|shop|closed": 1,
  });
});

test.each([
  ["closed", 0],
  ["half-open", 1],
  ["open", 2],
] as const)("a breaker that is %s shows as %d", (state, value) => {
  const tally = new Tally("isolate", "enam");
  showBreaker(tally, "shop", 3, state);
  expect(tally.takeDeltas()?.deltas.gauges).toEqual({ "meridian_origin_breaker_state|shop|3": value });
});
