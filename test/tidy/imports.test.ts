// The import arrows, the split by runtime and the homes of libraries hold in the tree; and each rule does find a breach.

import { describe, expect, test } from "vitest";
import { globalFetches, importArrows, libraryHomes, runtimeSplit } from "./import-rules.ts";
import { importsOf, readTree, runtimeOf } from "./source-tree.ts";

const tree = readTree(".ts", ".tsx", ".mjs");
const file = (path: string, text: string) => [{ path, text }];

test("the tree has files to check", () => {
  expect(tree.length).toBeGreaterThan(50);
});

describe("imports between the top-level folders", () => {
  test("follow the arrows", () => {
    expect(importArrows(tree)).toEqual([]);
  });

  test.each([
    ["origin/gate.ts", "../edge/http/fields.ts"],
    ["origin/gate.ts", "../control-plane/purge/vector.ts"],
    ["control-plane/api/purge.ts", "../../edge/serve.worker.ts"],
    ["control-plane/api/purge.ts", "../../origin/origin.ts"],
    ["edge/serve.worker.ts", "../control-plane/hub/hub.worker.ts"],
    ["edge/serve.worker.ts", "../control-plane/worker.ts"],
    ["config/units.ts", "../edge/http/fields.ts"],
    ["edge/serve.worker.ts", "../test/origin/world.ts"],
  ])("are found when %s imports %s", (path, specifier) => {
    expect(importArrows(file(path, `import { x } from "${specifier}";`))).toHaveLength(1);
  });

  test("let the deployed entry mount the control plane, and the edge ask whether an entry is still valid", () => {
    expect(importArrows(file("edge/worker.ts", 'export { Hub } from "../control-plane/worker.ts";'))).toEqual([]);
    expect(
      importArrows(file("edge/shard/a.ts", 'import { covers } from "../../control-plane/purge/vector.ts";')),
    ).toEqual([]);
  });
});

describe("imports between runtimes", () => {
  test("keep to what the file's name promises", () => {
    expect(runtimeSplit(tree)).toEqual([]);
  });

  test.each([
    ["edge/a.ts", "./b.worker.ts"],
    ["edge/a.ts", "./b.node.ts"],
    ["edge/a.ts", "node:fs"],
    ["edge/a.ts", "cloudflare:workers"],
    ["edge/a.worker.ts", "./b.node.ts"],
    ["control-plane/a.node.ts", "./b.worker.ts"],
    ["control-plane/a.node.ts", "./worker.ts"],
    ["control-plane/a.browser.ts", "node:fs"],
    ["control-plane/a.browser.ts", "./b.node.ts"],
  ])("are found when %s imports %s", (path, specifier) => {
    expect(runtimeSplit(file(path, `import type { X } from "${specifier}";`))).toHaveLength(1);
  });

  test.each([
    ["edge/a.ts", "pure"],
    ["edge/a.worker.ts", "worker"],
    ["edge/worker.ts", "worker"],
    ["control-plane/cli/main.node.ts", "node"],
    ["control-plane/dashboard/app.browser.ts", "browser"],
    ["control-plane/dashboard/view/map.tsx", "pure"],
    ["test/origin/gate.test.ts", "test"],
  ])("take %s to run as %s", (path, runtime) => {
    expect(runtimeOf(path)).toBe(runtime);
  });
});

describe("each library", () => {
  test("is imported in its home alone", () => {
    expect(libraryHomes(tree)).toEqual([]);
  });

  test("is found outside its home, and so is one without a home", () => {
    expect(libraryHomes(file("edge/serve.worker.ts", 'import { Hono } from "hono/tiny";'))).toHaveLength(1);
    expect(libraryHomes(file("edge/shard/a.ts", 'import pad from "left-pad";'))).toHaveLength(1);
    expect(libraryHomes(file("edge/shard/store/entries.ts", 'import { LRUCache } from "lru-cache";'))).toEqual([]);
  });
});

test("every way to import is seen, and none in a comment", () => {
  const text = [
    'import a from "./a.ts";',
    'import {\n  b,\n} from "./b.ts";',
    'export { c } from "./c.ts";',
    'export * from "./d.ts";',
    'import "./e.ts";',
    'const f = await import("./f.ts");',
    '// import g from "./g.ts";',
    '/* import h from "./h.ts"; */',
  ].join("\n");
  expect(importsOf({ path: "edge/x.ts", text }).sort()).toEqual(
    ["a", "b", "c", "d", "e", "f"].map((name) => `./${name}.ts`),
  );
});

describe("fetches of the outside", () => {
  test("are made in one place, which keeps the platform's cache out", () => {
    expect(globalFetches(tree)).toEqual([]);
    expect(globalFetches(file("edge/a.worker.ts", "const answer = await fetch(url);"))).toHaveLength(1);
    expect(globalFetches(file("edge/a.worker.ts", "await node.fetch(url);\n  fetch(request: Request) {}"))).toEqual([]);
  });
});
