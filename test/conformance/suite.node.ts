/// <reference path="./http-cache-tests.d.ts" />
// Runs the suite against a CDN of its own: the suite's origin, two regions before it, and the suite's client, which asks the
// edge of the region that is not the shield's. All over real sockets; everything that was started is ended.

import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { getResults, runTests } from "http-cache-tests/client/runner.mjs";
import { makeCacheTest } from "http-cache-tests/client/test.mjs";
import groups from "http-cache-tests/tests/index.mjs";
import surrogate from "http-cache-tests/tests/surrogate-control.mjs";
import { validate } from "../../config/schema/validate.ts";
import { launch } from "../../control-plane/local/launcher.node.ts";
import { freeFrontDoor } from "../fixtures/free-ports.node.ts";
import { CLIENT_REGION, conformanceConfig } from "./configuration.ts";
import { CORRECTED, CORRECTIONS } from "./corrections.ts";
import type { Outcome } from "./score.ts";
import { TARGETED } from "./targeted.ts";

/** Tests that run at once: more would only measure how busy this machine is. */
const TOGETHER = 200;
/** A run that takes longer hangs: the suite pauses for three seconds in most tests, and takes a quarter of a minute. */
const DEADLINE_MILLIS = 120_000;
/**
 * What follows the name of a test that failed where it should not and is asked once more, with the few others of its kind:
 * the suite counts whole seconds, and several hundred tests at once on a busy machine can be one late.
 */
const AGAIN = "-again";

export interface SuiteOptions {
  /** The front door's port, or the next one up whose ports are all free. */
  readonly frontDoor: number;
  /** Only this test, with everything that goes over its connections printed. */
  readonly only?: string | undefined;
  /** Whether a test is expected to fail. */
  readonly isExpected: (id: string) => boolean;
}

/** What came of the suite as it was released, of what is corrected, and of our own tests of targeted fields. */
export interface SuiteOutcomes {
  readonly released: readonly Outcome[];
  readonly corrected: readonly Outcome[];
  readonly targeted: readonly Outcome[];
}

/** Every test of the suite that is not for browsers alone, with its outcome. Rejects if the run cannot be made. */
export async function runSuite(options: SuiteOptions): Promise<SuiteOutcomes> {
  const { only } = options;
  const frontDoor = await freeFrontDoor(options.frontDoor);
  const origin = new Worker(new URL("./origin.node.ts", import.meta.url), { stdout: only === undefined });
  const stateFolder = await mkdtemp(join(tmpdir(), "meridian-conformance-"));
  try {
    const port = await new Promise<number>((resolve, reject) => origin.on("message", resolve).on("error", reject));
    const checked = validate(conformanceConfig(`http://127.0.0.1:${port}`));
    if (checked.kind === "invalid") throw new Error(JSON.stringify(checked.errors));
    const cluster = await launch({ config: checked.config, frontDoor, stateFolder, distances: "none" });
    try {
      const edge = cluster.edges[CLIENT_REGION];
      if (edge === undefined) throw new Error(`${CLIENT_REGION} has no edge`);
      return await outcomesAt(edge, options);
    } finally {
      await cluster.stop();
    }
  } finally {
    await origin.terminate();
    await rm(stateFolder, { recursive: true, force: true });
  }
}

async function outcomesAt(edge: string, { only, isExpected }: SuiteOptions): Promise<SuiteOutcomes> {
  const released = [...groups, surrogate];
  const corrected = { id: "corrected", name: "Corrected", tests: correctedTests(released) };
  const targeted = { id: "targeted", name: "Targeted", tests: TARGETED };
  const chosen = [...released, corrected, targeted].map((group: SuiteGroup) => ({
    ...group,
    tests: group.tests.filter(({ id, browser_only }) => browser_only !== true && (only ?? id) === id),
  }));
  for (const { tests } of chosen) for (const test of tests) if (only !== undefined) test.dump = true;
  // The suite writes into its tests, so those that may be asked again are copied before.
  const pristine = structuredClone(chosen.flatMap(({ tests }) => tests));
  // The client that the suite's published results were made with; it changes no fields, unlike the platform's own `fetch`.
  const fetch = createRequire(import.meta.resolve("http-cache-tests/cli.mjs"))("node-fetch") as unknown;
  await inTime(runTests(chosen, fetch, false, edge, TOGETHER));
  const surprising = pristine.filter(({ id }) => problemOf(id) !== undefined && !isExpected(id));
  await inTime(Promise.all(surprising.map((test) => makeCacheTest({ ...test, id: test.id + AGAIN }))));

  const again = new Set(surprising.map(({ id }) => id));
  const outcomes = chosen.flatMap(({ id: group, tests }) =>
    tests.map(({ id, kind = "required", depends_on = [] }): Outcome => {
      const problem = problemOf(again.has(id) ? id + AGAIN : id);
      return { id, group, kind, dependsOn: only === undefined ? depends_on : [], problem };
    }),
  );
  const own = new Set([corrected.id, targeted.id]);
  return {
    released: outcomes.filter(({ group }) => !own.has(group)),
    corrected: outcomes.filter(({ group }) => group === corrected.id),
    targeted: outcomes.filter(({ group }) => group === targeted.id),
  };
}

/** What the suite says of a test; undefined if it passed. */
function problemOf(id: string): string | undefined {
  const result = getResults()[id] ?? ["Missing", "did not run"];
  return result === true ? undefined : `${result[0]}: ${result[1]}`;
}

/** The suite has no deadline of its own. */
async function inTime(run: Promise<unknown>): Promise<void> {
  const late = sleep(DEADLINE_MILLIS, "late" as const, { ref: false });
  if ((await Promise.race([run, late])) === "late")
    throw new Error(`the suite did not end within ${DEADLINE_MILLIS / 1000} s`);
}

/** The tests of `corrections.ts`: the released ones' requests with other expectations. */
function correctedTests(released: readonly SuiteGroup[]): SuiteTest[] {
  const tests = released.flatMap((group) => group.tests);
  return CORRECTIONS.map(({ id, request, expect }) => {
    const test = tests.find((one) => one.id === id);
    if (test === undefined) throw new Error(`the suite has no test ${id}`);
    // The suite writes into its tests' requests.
    const requests = structuredClone(test.requests).map((one, index) =>
      index === request ? { ...one, ...expect } : one,
    );
    const said = requests.map((one) =>
      Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)),
    );
    return { ...test, id: id + CORRECTED, requests: said };
  });
}
