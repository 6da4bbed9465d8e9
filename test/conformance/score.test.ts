// The score counts what the suite's own page counts, and the list is held against both kinds of surprise.

import { expect, test } from "vitest";
import { failuresOf, type Outcome, scoreOf, surprisesOf } from "./score.ts";

const outcome = (id: string, changes: Partial<Outcome> = {}): Outcome => ({
  id,
  group: "one",
  kind: "required",
  dependsOn: [],
  problem: undefined,
  ...changes,
});
const BECAUSE = { reason: "reason", section: "RFC" };

test("a test counts only if what it depends on passes, however far away", () => {
  const outcomes = [
    outcome("a", { problem: "no" }),
    outcome("b", { dependsOn: ["a"] }),
    outcome("c", { dependsOn: ["b"] }),
    outcome("d"),
  ];
  expect([...failuresOf(outcomes)]).toEqual([
    ["a", "no"],
    ["b", "depends on a"],
    ["c", "depends on b"],
  ]);
});

test("passes are counted by kind, in all and by group", () => {
  const { kinds, groups } = scoreOf([
    outcome("a"),
    outcome("b", { kind: "optimal", problem: "no" }),
    outcome("c", { group: "two", problem: "no" }),
  ]);
  expect(kinds).toEqual({
    required: { passed: 1, all: 2 },
    optimal: { passed: 0, all: 1 },
    check: { passed: 0, all: 0 },
  });
  expect(groups.map(({ group, kinds: { required } }) => [group, required.passed, required.all])).toEqual([
    ["one", 1, 1],
    ["two", 0, 1],
  ]);
});

test("an unexpected failure, an unexpected pass and a name that no test has are surprises", () => {
  const outcomes = [outcome("a", { problem: "no" }), outcome("b"), outcome("c", { problem: "as expected" })];
  expect(surprisesOf(outcomes, { b: BECAUSE, c: BECAUSE, z: BECAUSE })).toEqual({
    failed: [{ id: "a", problem: "no" }],
    passed: ["b"],
    unknown: ["z"],
  });
  expect(surprisesOf(outcomes, { a: BECAUSE, c: BECAUSE })).toEqual({ failed: [], passed: [], unknown: [] });
});
