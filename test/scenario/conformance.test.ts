// The public HTTP cache test suite against a running CDN, as `npm run conformance` runs it: nothing fails or passes that the
// list of expected failures does not say.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Score, Surprises, Tally } from "../conformance/score.ts";

const COMMAND = fileURLToPath(new URL("../conformance/run.node.ts", import.meta.url));

interface Report {
  readonly score: Score;
  readonly corrected: Tally;
  readonly targeted: Tally;
  readonly surprises: Surprises;
}

test("the CDN passes what the list says that it passes, and nothing else", { timeout: 300_000 }, async () => {
  const run = promisify(execFile)(process.execPath, [COMMAND, "--json", "--port", "25787"], { maxBuffer: 2 ** 24 });
  const { stdout } = await run.catch((error: { readonly stdout: string }) => error);
  const { surprises, score, corrected, targeted } = JSON.parse(stdout) as Report;
  expect(surprises).toEqual({ failed: [], passed: [], unknown: [] });
  expect(corrected.passed).toBe(corrected.all);
  expect(targeted.passed).toBe(targeted.all);
  expect(score.kinds.required.passed).toBeGreaterThanOrEqual(150);
  expect(score.kinds.optimal.passed).toBeGreaterThanOrEqual(89);
});
