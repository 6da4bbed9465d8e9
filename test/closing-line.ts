// A reporter beside vitest's own: the last line of a run says how many tests passed, failed and were skipped, in the plain
// form that CI reads. A run in which no test ran is a failure, whatever else it did.

import type { Reporter, TestModule } from "vitest/node";

/** Tests by how they ended. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** `12 passed, 0 failed, 1 skipped`, alone on a line. */
export const closingLine = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** What the exit code has to be, beyond what vitest makes of failed tests: a run that ran nothing shows nothing. */
export const verdict = ({ passed, failed }: Tally): "ran" | "ran-nothing" =>
  passed + failed === 0 ? "ran-nothing" : "ran";

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // A test that was still pending when the run ended did not pass.
        counts[state === "pending" ? "failed" : state] += 1;
      }
      // A file that failed before its tests existed is one failure; so a broken import is never "0 failed".
      if (module.errors().length > 0) counts.failed += 1;
    }
    if (verdict(counts) === "ran-nothing") process.exitCode = 1;
    if (counts.skipped > 0) process.stdout.write(`Skipped for want of a browser: \`npm run browser\` installs one.\n`);
    process.stdout.write(`${closingLine(counts)}\n`);
  }
}
