// The README's recipes are routes that the configuration accepts, and the commands that documents name exist.

import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { validate } from "../../config/schema/validate.ts";
import { ROOT, readTree } from "../tidy/source-tree.ts";

const readme = readFileSync(`${ROOT}README.md`, "utf8");
const recipes = [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, text = ""]) => text);

describe("each recipe of the README", () => {
  test("is found in a code block of its own", () => expect(recipes.length).toBeGreaterThanOrEqual(4));

  test.each(recipes)("is a valid route: %s", (text) => {
    const route = runInNewContext(`(${text})`);
    const origins = { site: { url: "https://origin.example" } };
    const regions = { weur: {}, eeur: {}, enam: {} };
    const checked = validate({ origins, regions, routes: [JSON.parse(JSON.stringify(route))] });
    expect(checked).toMatchObject({ kind: "valid" });
  });
});

describe("documents name", () => {
  const documents = readTree(".md");
  const named = (pattern: RegExp): Set<string> =>
    new Set(documents.flatMap(({ text }) => [...text.matchAll(pattern)].map(([, name = ""]) => name)));

  test("only npm scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { readonly scripts: object };
    const names = [...named(/npm run (?:-s )?([a-z][\w:-]*)/g)];
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("only commands that `meridian` has", () => {
    const commands = readTree(".node.ts").filter(({ path }) => path.startsWith("control-plane/cli/commands/"));
    const known = new Set(
      commands.flatMap(({ text }) => [...text.matchAll(/command\("([a-z-]+)/gi)].map(([, name = ""]) => name)),
    );
    const names = [...named(/npx meridian ([a-z][\w-]*)/g)];
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});
