// What a run of the suite is worth: which tests pass, counted by kind and by group, and what differs from the list of
// expected failures. A test counts only if what it depends on passes too, as the suite's own page counts.

/** How strongly the suite asks: the RFC's MUST, what a good cache does, and questions without a right answer. */
export type Kind = "required" | "optimal" | "check";
export const KINDS: readonly Kind[] = ["required", "optimal", "check"];

/** A test with what came of it. */
export interface Outcome {
  readonly id: string;
  readonly group: string;
  readonly kind: Kind;
  readonly dependsOn: readonly string[];
  /** Undefined where it passed by itself; else what the suite said. */
  readonly problem: string | undefined;
}

/** Why a test is expected to fail. */
export interface Expected {
  readonly reason: string;
  /** What the reason rests on: a section of an RFC, or the runtime. */
  readonly section: string;
}

export interface Tally {
  readonly passed: number;
  readonly all: number;
}

export interface Score {
  readonly kinds: Readonly<Record<Kind, Tally>>;
  /** In the suite's order. */
  readonly groups: readonly { readonly group: string; readonly kinds: Readonly<Record<Kind, Tally>> }[];
}

/** The tests that do not count as passed, each with why. */
export function failuresOf(outcomes: readonly Outcome[]): Map<string, string> {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const problemOf = (id: string): string | undefined => {
    const outcome = byId.get(id);
    if (outcome === undefined) return "is no test of this run";
    if (outcome.problem !== undefined) return outcome.problem;
    const missing = outcome.dependsOn.find((other) => problemOf(other) !== undefined);
    return missing === undefined ? undefined : `depends on ${missing}`;
  };
  const failures = new Map<string, string>();
  for (const { id } of outcomes) {
    const problem = problemOf(id);
    if (problem !== undefined) failures.set(id, problem);
  }
  return failures;
}

/** Counts passes by kind, in all and in each group. */
export function scoreOf(outcomes: readonly Outcome[]): Score {
  const failures = failuresOf(outcomes);
  const count = (these: readonly Outcome[]): Record<Kind, Tally> => {
    const tally = (kind: Kind): Tally => {
      const ofKind = these.filter((outcome) => outcome.kind === kind);
      return { passed: ofKind.filter(({ id }) => !failures.has(id)).length, all: ofKind.length };
    };
    return { required: tally("required"), optimal: tally("optimal"), check: tally("check") };
  };
  const names = [...new Set(outcomes.map(({ group }) => group))];
  return {
    kinds: count(outcomes),
    groups: names.map((group) => ({ group, kinds: count(outcomes.filter((outcome) => outcome.group === group)) })),
  };
}

/** What is not as the list says; empty in a good run. */
export interface Surprises {
  readonly failed: readonly { readonly id: string; readonly problem: string }[];
  readonly passed: readonly string[];
  /** Names in the list that no test has. */
  readonly unknown: readonly string[];
}

/** Compares a run with the list of expected failures. */
export function surprisesOf(outcomes: readonly Outcome[], expected: Readonly<Record<string, Expected>>): Surprises {
  const failures = failuresOf(outcomes);
  const ids = new Set(outcomes.map(({ id }) => id));
  return {
    failed: [...failures].filter(([id]) => expected[id] === undefined).map(([id, problem]) => ({ id, problem })),
    passed: Object.keys(expected).filter((id) => ids.has(id) && !failures.has(id)),
    unknown: Object.keys(expected).filter((id) => !ids.has(id)),
  };
}
