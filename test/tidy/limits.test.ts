// Every limit has a reason, holds something, and stands on the page of all limits.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LIMITS_PAGE, limitsOf, limitsPage, usedLimits } from "./limit-rules.ts";
import { ROOT, readTree } from "./source-tree.ts";

const tree = readTree(".ts", ".tsx");
const file = (text: string) => ({
  path: "edge/limits.ts",
  text: `// Limits of tests.\n\nexport const EDGE_LIMITS = {\n${text}} as const;\n`,
});

describe("limits", () => {
  test("each hold something", () => {
    expect(usedLimits(tree)).toEqual([]);
  });

  test("are found where only a comment or a test names them", () => {
    const limits = file("  /** Two. */\n  a: 1,\n  b: 2,\n");
    const used = { path: "edge/a.ts", text: "x = EDGE_LIMITS.a;\n// EDGE_LIMITS.b" };
    expect(usedLimits([limits, used, { path: "test/a.test.ts", text: "EDGE_LIMITS.b" }])).toHaveLength(1);
  });

  test("each have a reason, which several may share", () => {
    const [edge] = limitsOf([file("  /** Two\n   * lines. */\n  a: 64 * KiB,\n  b: 2,\n")]);
    expect(edge?.limits).toEqual([
      { name: "a", value: "64 * KiB", reason: "Two lines." },
      { name: "b", value: "2", reason: "Two lines." },
    ]);
    expect(() => limitsOf([file("  a: 1,\n")])).toThrow("a has no reason");
    expect(() => limitsOf([file("  /** One. */\n  a: 1,\n\n  b: 1,\n")])).toThrow("b has no reason");
  });

  test("all stand on one page (`npm run limits` writes it)", () => {
    expect(readFileSync(ROOT + LIMITS_PAGE, "utf8")).toBe(limitsPage(limitsOf(tree)));
  });
});
