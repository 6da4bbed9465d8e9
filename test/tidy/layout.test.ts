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

test("a folder of more than three files has a README", () => {
  expect(readmes(paths)).toEqual([]);
});

test("a folder with one file too many and no README is found", () => {
  const folder = (count: number) => Array.from({ length: count }, (_, index) => `edge/x/${index}.ts`);
  expect(readmes(folder(3))).toEqual([]);
  expect(readmes(folder(4))).toHaveLength(1);
  expect(readmes([...folder(4), "edge/x/README.md"])).toEqual([]);
});
