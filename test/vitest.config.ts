// Two kinds of tests: `unit` (pure cores and single objects, in parallel) and `scenario` (real processes, sockets and a
// browser, one file at a time because they share the machine's two cores).

import { defineConfig } from "vitest/config";

const root = new URL("..", import.meta.url).pathname;

export default defineConfig({
  root,
  test: {
    reporters: ["default", `${root}test/closing-line.ts`],
    projects: [
      {
        root,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/scenario/**"],
          // Properties over thousands of cases take seconds on two busy cores; a time is no assertion.
          testTimeout: 30_000,
          environment: "node",
        },
      },
      {
        root,
        test: {
          name: "scenario",
          include: ["test/scenario/**/*.test.ts"],
          environment: "node",
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
