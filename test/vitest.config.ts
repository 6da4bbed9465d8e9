// Kinds of tests, told apart by where a file lies. `npm test` runs `pure`, `unit` and `first`; `npm run test:all` runs `proof` and
// `scenario` as well.

import { defineConfig } from "vitest/config";

const root = new URL("..", import.meta.url).pathname;

/** Tests of code that keeps something for as long as its isolate lives: each file gets a worker of its own. */
const STATEFUL = [
  "test/{control-plane/api,edge/body,edge/regions,edge/shard,edge/tier,fuzz,origin}/**/*.test.ts",
  "test/edge/*.test.ts",
  "test/sim/mutate.test.ts",
];
/** The simulator with all its seeds, mutants and orders: minutes of work on every core. */
const PROOFS = ["test/sim/{simulate,exhaustive,gossip-scale}.test.ts"];
/** One scenario from end to end: the whole CDN with nine regions, asked as its users ask it. */
const FIRST = ["test/scenario/cdn.test.ts"];
const SCENARIOS = ["test/scenario/**/*.test.ts"];

/** Properties over thousands of cases take seconds on two busy cores; a time is no assertion. */
const units = { environment: "node", testTimeout: 30_000 } as const;

/** Real processes and sockets: one file at a time, because they share the machine's cores. */
const processes = {
  environment: "node",
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 120_000,
} as const;

export default defineConfig({
  root,
  test: {
    // Also the core that vitest would leave to itself: it does next to nothing meanwhile.
    maxWorkers: "100%",
    reporters: ["default", `${root}test/closing-line.ts`],
    projects: [
      {
        root,
        test: {
          name: "pure",
          include: ["test/**/*.test.ts"],
          exclude: [...SCENARIOS, ...PROOFS, ...STATEFUL],
          // A worker of its own for each file costs half a minute in all.
          isolate: false,
          ...units,
        },
      },
      { root, test: { name: "unit", include: STATEFUL, ...units } },
      { root, test: { name: "proof", include: PROOFS, environment: "node", sequence: { groupOrder: 1 } } },
      { root, test: { name: "first", include: FIRST, ...processes, sequence: { groupOrder: 2 } } },
      {
        root,
        test: { name: "scenario", include: SCENARIOS, exclude: FIRST, ...processes, sequence: { groupOrder: 3 } },
      },
    ],
  },
});
