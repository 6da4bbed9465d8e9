// Dependencies are exact, come from anywhere, and may be used: and each rule does find a breach.

import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exactVersions, hostsInLockfile, isCompatible, type Manifest, productionPaths } from "./package-rules.ts";
import { ROOT } from "./source-tree.ts";

const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as Manifest;
const lockText = readFileSync(`${ROOT}package-lock.json`, "utf8");
const { packages } = JSON.parse(lockText) as { packages: Record<string, { dev?: boolean }> };

const licenceOf = (path: string): string => {
  const { license } = JSON.parse(readFileSync(`${ROOT}${path}/package.json`, "utf8")) as { license?: string };
  return license ?? "none";
};

test("every version is exact", () => {
  expect(exactVersions(manifest)).toEqual([]);
  expect(
    exactVersions({ dependencies: { a: "^1.0.0", b: "1.0.0", c: "latest" }, devDependencies: { d: "1.x" } }),
  ).toHaveLength(3);
});

test("the lockfile names no place to install from", () => {
  expect(hostsInLockfile(lockText)).toEqual([]);
  expect(hostsInLockfile('{ "resolved": "https://mirror.example/a.tgz" }')).toHaveLength(2);
});

test("the lockfile holds what package.json wants", () => {
  const locked = packages[""] as Manifest;
  expect({ ...locked.dependencies, ...locked.devDependencies }).toEqual({
    ...manifest.dependencies,
    ...manifest.devDependencies,
  });
});

test("every package that runs in production has a licence that goes with MIT", () => {
  const paths = productionPaths(packages);
  expect(paths.length).toBeGreaterThan(5);
  expect(
    paths
      .filter((path) => existsSync(ROOT + path))
      .map((path) => `${path}: ${licenceOf(path)}`)
      .filter((line) => !isCompatible(line.split(": ")[1] as string)),
  ).toEqual([]);
});

// The dashboard and the latency report are bundled from these, so they are given away too.
test("so has every package that is asked for by name", () => {
  const direct = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const wrong = direct.filter((name) => !isCompatible(licenceOf(`node_modules/${name}`)));
  expect(wrong).toEqual([]);
});

test.each([
  ["MIT", true],
  ["(MIT OR Apache-2.0)", true],
  ["GPL-3.0 OR MIT", true],
  ["MIT AND GPL-3.0", false],
  ["GPL-3.0-only", false],
  ["AGPL-3.0", false],
  ["UNLICENSED", false],
  ["none", false],
])("the licence %s goes with MIT: %s", (licence, expected) => {
  expect(isCompatible(licence)).toBe(expected);
});

test("only packages that are marked as development's are left out", () => {
  expect(productionPaths({ "": {}, "node_modules/a": {}, "node_modules/b": { dev: true } })).toEqual([
    "node_modules/a",
  ]);
});
