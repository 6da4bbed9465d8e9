// The breaker: when it opens, who may probe, and which results count.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMillis, millis } from "../../config/units.ts";
import { Breaker, isFailureStatus, type Permit, placeOf } from "../../origin/breaker.ts";
import { ORIGIN_LIMITS } from "../../origin/limits.ts";

const at = (time: number) => epochMillis(time);
const breakerOf = (failures: number) => new Breaker({ failures, openFor: millis(1000) });

function permit(breaker: Breaker, time: number): Permit {
  const answer = breaker.ask(at(time));
  if (answer.kind === "open") throw new Error("expected a permit");
  return answer;
}
const fail = (breaker: Breaker, time: number) => breaker.settle(permit(breaker, time), "failure", at(time));

const failAt = (breaker: Breaker, time: number, place: string) =>
  breaker.settle(permit(breaker, time), "failure", at(time), place);

describe("one failing page", () => {
  test("never opens the breaker, however often it is asked for", () => {
    const breaker = breakerOf(10);
    for (let count = 0; count < 1_000; count += 1) failAt(breaker, count, "broken");
    for (let count = 0; count < 1_000; count += 1) failAt(breaker, count, count % 2 === 0 ? "broken" : "other");
    expect(breaker.state).toBe("closed");
  });

  test("is evidence once a third part of the site fails in the same run", () => {
    const breaker = breakerOf(4);
    for (const place of ["a", "a", "a", "b", "b"]) expect(failAt(breaker, 0, place)).toBe("unchanged");
    expect(failAt(breaker, 0, "c")).toBe("opened");
  });

  test("is forgotten by the success of any other", () => {
    const breaker = breakerOf(3);
    for (const place of ["a", "b", "a", "b"]) failAt(breaker, 0, place);
    breaker.settle(permit(breaker, 0), "success", at(0));
    expect(failAt(breaker, 0, "c")).toBe("unchanged");
  });

  test("does not add up over hours", () => {
    const breaker = breakerOf(3);
    failAt(breaker, 0, "a");
    failAt(breaker, ORIGIN_LIMITS.breakerRunMillis, "b");
    expect(failAt(breaker, 2 * ORIGIN_LIMITS.breakerRunMillis + 1, "c")).toBe("unchanged");
    failAt(breaker, 2 * ORIGIN_LIMITS.breakerRunMillis + 1, "b");
    expect(failAt(breaker, 3 * ORIGIN_LIMITS.breakerRunMillis + 1, "a")).toBe("opened");
  });

  test("needs no company where the connection itself failed", () => {
    const breaker = breakerOf(3);
    failAt(breaker, 0, "a");
    failAt(breaker, 0, "a");
    expect(fail(breaker, 0)).toBe("opened");
  });
});

test.each([
  ["origin", "/a/b?c", undefined],
  ["section", "/a/b?c=/d", "a"],
  ["section", "/?a/b", ""],
  ["section", "/a?b/c", "a"],
  ["path", "/a/b?c", "/a/b"],
] as const)("a failure of evidence %s at %s has the place %s", (evidence, path, place) => {
  expect(placeOf(evidence, path)).toBe(place);
});

describe("a breaker", () => {
  test("opens at the last of the failures in a row and not before", () => {
    const breaker = breakerOf(3);
    expect([fail(breaker, 0), fail(breaker, 0)]).toEqual(["unchanged", "unchanged"]);
    expect(breaker.state).toBe("closed");
    expect(fail(breaker, 0)).toBe("opened");
    expect(breaker.ask(at(1))).toEqual({ kind: "open", retryIn: 999 });
  });

  test("begins to count anew after a success", () => {
    const breaker = breakerOf(2);
    fail(breaker, 0);
    breaker.settle(permit(breaker, 0), "success", at(0));
    expect(fail(breaker, 0)).toBe("unchanged");
    expect(fail(breaker, 0)).toBe("opened");
  });

  test("counts a request that was given up neither as a failure nor as a success", () => {
    const breaker = breakerOf(2);
    fail(breaker, 0);
    breaker.settle(permit(breaker, 0), "abandoned", at(0));
    expect(fail(breaker, 0)).toBe("opened");
  });

  test("lets exactly one probe through when its time is up", () => {
    const breaker = breakerOf(1);
    fail(breaker, 0);
    expect(breaker.ask(at(999)).kind).toBe("open");
    expect(breaker.ask(at(1000)).kind).toBe("permit");
    expect(breaker.ask(at(1000))).toEqual({ kind: "open", retryIn: 0 });
    expect(breaker.ask(at(50_000)).kind).toBe("open");
  });

  test("closes when the probe succeeds and stays open for the whole time again when it fails", () => {
    const breaker = breakerOf(1);
    fail(breaker, 0);
    expect(breaker.settle(permit(breaker, 1000), "failure", at(1200))).toBe("opened");
    expect(breaker.ask(at(2199)).kind).toBe("open");
    breaker.settle(permit(breaker, 2200), "success", at(2300));
    expect(breaker.state).toBe("closed");
  });

  test("lets the next request probe at once when a probe is given up", () => {
    const breaker = breakerOf(1);
    fail(breaker, 0);
    breaker.settle(permit(breaker, 1000), "abandoned", at(1001));
    expect(breaker.ask(at(1001)).kind).toBe("permit");
  });

  test("ignores the late result of a request from before it opened", () => {
    const breaker = breakerOf(1);
    const slow = permit(breaker, 0);
    const slower = permit(breaker, 0);
    fail(breaker, 0);
    expect(breaker.settle(slow, "success", at(10))).toBe("unchanged");
    expect(breaker.state).toBe("open");
    const probe = permit(breaker, 1000);
    breaker.settle(slower, "failure", at(1001));
    expect(breaker.state).toBe("half-open");
    breaker.settle(probe, "success", at(1002));
    expect(breaker.state).toBe("closed");
  });

  test("never asks for a longer wait than its open time when the clock is set back", () => {
    const breaker = breakerOf(1);
    fail(breaker, 100_000);
    expect(breaker.ask(at(0))).toEqual({ kind: "open", retryIn: 1000 });
  });

  test("has at most one probe under way and recovers with the origin, whatever happens", () => {
    const action = fc.record({
      kind: fc.constantFrom("ask", "settle"),
      pass: fc.nat(600),
      result: fc.constantFrom("success" as const, "failure" as const, "abandoned" as const),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(action, { maxLength: 100 }), (failures, history) => {
        const breaker = breakerOf(failures);
        const permits: Permit[] = [];
        let probes = 0;
        let now = 0;
        for (const { kind, pass, result } of history) {
          now += pass;
          if (kind === "ask") {
            const before = breaker.state;
            const answer = breaker.ask(at(now));
            if (answer.kind !== "permit") continue;
            if (before !== "closed") probes += 1;
            expect(probes).toBeLessThanOrEqual(1);
            permits.push(answer);
          } else {
            const settled = permits.shift();
            if (settled === undefined) continue;
            const before = breaker.state;
            breaker.settle(settled, result, at(now));
            if (before === "half-open" && breaker.state !== "half-open") probes = 0;
          }
        }
        for (const left of permits) breaker.settle(left, "abandoned", at(now));
        // The origin works again: within one open time a request gets through, and its success closes the breaker.
        breaker.settle(permit(breaker, now + 1000), "success", at(now + 1000));
        expect(breaker.state).toBe("closed");
      }),
    );
  });
});

test.each([
  [499, false],
  [500, false],
  [501, false],
  [502, true],
  [503, true],
  [504, true],
  [505, false],
  [200, false],
])("an answer with status %d counts as a failure of the origin: %s", (status, expected) => {
  expect(isFailureStatus(status)).toBe(expected);
});
