// The line that CI reads has one of the forms that it knows, and a run without tests is no success.

import { expect, test } from "vitest";
import { closingLine, verdict } from "../closing-line.ts";

test("the closing line stands alone in the plain form", () => {
  expect(closingLine({ passed: 12, failed: 0, skipped: 3 })).toMatch(/^\d+ passed, \d+ failed, \d+ skipped$/);
});

test("a run that ran nothing, or skipped everything, is no success", () => {
  expect(verdict({ passed: 0, failed: 0, skipped: 9 })).toBe("ran-nothing");
  expect(verdict({ passed: 0, failed: 1, skipped: 0 })).toBe("ran");
  expect(verdict({ passed: 1, failed: 0, skipped: 0 })).toBe("ran");
});
