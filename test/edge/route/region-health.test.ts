// Memory of failed regions: longer pauses for repeated failures, one failure for many at once, forgotten at success.

import { expect, test } from "vitest";
import { addMillis, epochMillis, millis } from "../../../config/units.ts";
import { EDGE_LIMITS } from "../../../edge/limits.ts";
import { RegionHealth } from "../../../edge/route/region-health.ts";

const START = epochMillis(1_800_000_000_000);
const at = (offset: number) => addMillis(START, millis(offset));
const FIRST = EDGE_LIMITS.regionAvoidedMillis;

test("a region that failed is avoided for the first pause and no longer", () => {
  const health = new RegionHealth();
  health.failed("weur", START);
  expect([...health.unhealthy(START)]).toEqual(["weur"]);
  expect([...health.unhealthy(at(FIRST - 1))]).toEqual(["weur"]);
  expect([...health.unhealthy(at(FIRST))]).toEqual([]);
});

test("many requests that fail at once are one failure", () => {
  const health = new RegionHealth();
  for (let request = 0; request < 500; request++) health.failed("weur", at(request % FIRST));
  expect(health.unhealthy(at(FIRST)).size).toBe(0);
});

test("each further failure doubles the pause, up to the longest", () => {
  const health = new RegionHealth();
  let now = 0;
  const pauses: number[] = [];
  for (let failure = 0; failure < 8; failure++) {
    health.failed("weur", at(now));
    let pause = 0;
    while (health.unhealthy(at(now + pause)).size > 0) pause += FIRST;
    pauses.push(pause);
    now += pause;
  }
  const doubled = Array.from({ length: 8 }, (_, failure) => FIRST * 2 ** failure);
  expect(pauses).toEqual(doubled.map((pause) => Math.min(pause, EDGE_LIMITS.regionAvoidedMaxMillis)));
  expect(pauses.at(-1)).toBe(EDGE_LIMITS.regionAvoidedMaxMillis);
});

test("success ends the pause and the count", () => {
  const health = new RegionHealth();
  health.failed("weur", START);
  health.failed("weur", at(FIRST));
  health.succeeded("weur");
  expect(health.unhealthy(at(FIRST)).size).toBe(0);
  health.failed("weur", at(2 * FIRST));
  expect(health.unhealthy(at(3 * FIRST)).size).toBe(0);
});

test("regions are remembered apart", () => {
  const health = new RegionHealth();
  health.failed("weur", START);
  health.failed("oc", at(FIRST / 2));
  health.succeeded("apac");
  expect([...health.unhealthy(at(FIRST / 2))].sort()).toEqual(["oc", "weur"]);
  expect([...health.unhealthy(at(FIRST))]).toEqual(["oc"]);
});

test("a clock that is set back ends a pause instead of making it longer", () => {
  const health = new RegionHealth();
  health.failed("weur", START);
  expect(health.unhealthy(at(-3_600_000)).size).toBe(0);
});
