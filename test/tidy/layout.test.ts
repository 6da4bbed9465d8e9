// The top level, names and READMEs are as the house rules say; and each rule does find a breach.

import { expect, test } from "vitest";
import { barrels, names, readmes, topLevel } from "./layout-rules.ts";
import { filePaths, readTree } from "./source-tree.ts";

const paths = filePaths();

test("the top level is the fixed one", () => {
  expect(topLevel(paths)).toEqual([]);
});

test("anything else at the top level is found", () => {
  expect(topLevel(["src/a.ts", "notes.txt", "edge/a.ts", ".ci/run"])).toHaveLength(2);
});

test("names say what is in a file", () => {
  expect(names(paths)).toEqual([]);
});

test.each([
  "edge/util.ts",
  "edge/utils/a.ts",
  "config/types.ts",
  "origin/helpers.worker.ts",
  "control-plane/shared/a.ts",
  "edge/common.node.ts",
  "edge/lib/a.ts",
  "edge/index.ts",
  "edge/camelCase.ts",
])("the name %s is found", (path) => {
  expect(names([path])).toHaveLength(1);
});

test("no file only hands on what others export", () => {
  expect(barrels(readTree(".ts"))).toEqual([]);
});

test("a barrel is found, and a file that also does something is none", () => {
  const barrel = '// All of it.\nexport * from "./a.ts";\nexport { b } from "./b.ts";\n';
  expect(barrels([{ path: "edge/a.ts", text: barrel }])).toHaveLength(1);
  expect(barrels([{ path: "edge/a.ts", text: `${barrel}export const c = 1;\n` }])).toEqual([]);
});

test("each folder of the product has a README, and each test folder of more than three files", () => {
  expect(readmes(paths)).toEqual([]);
});

test("a folder without its README is found", () => {
  const folder = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}/${index}.ts`);
  expect(readmes(folder("edge/x", 1))).toHaveLength(1);
  expect(readmes([...folder("edge/x", 4), "edge/x/README.md"])).toEqual([]);
  expect(readmes(folder("test/x", 3))).toEqual([]);
  expect(readmes(folder("test/x", 4))).toHaveLength(1);
  expect(readmes(folder("test/edge/x", 4)), "the mirrored folder's README covers it").toEqual([]);
});
