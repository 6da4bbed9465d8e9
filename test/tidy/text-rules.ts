// What a file's text must and must not hold: a header, no clock and no chance in pure code, a size that can be read at
// once, and test names that say what happens. Comments are left out where code is meant.

import { type Rule, runtimeOf, withoutComments } from "./source-tree.ts";

/** What pure code takes as arguments, or leaves to a shell. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/, "Date.now"],
  [/\bnew Date\(\s*\)/, "new Date()"],
  [/(?<!new )\bDate\(\s*\)/, "Date()"],
  [/\bMath\.random\b/, "Math.random"],
  [/\bcrypto\.(?:randomUUID|getRandomValues)\b/, "crypto"],
  [/\bperformance\.now\b/, "performance.now"],
  [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\s*\(/, "a timer"],
  [/\bprocess\.(?:env|hrtime|exit|uptime)\b/, "process"],
];

/** Browser pages draw on a clock that a shell gives them, so `.tsx` views are held to the same. */
export const noHiddenInputs: Rule = (files) =>
  files
    .filter(({ path }) => runtimeOf(path) === "pure" && /\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .flatMap(({ path, text }) => {
      const code = withoutComments(text);
      return BANNED.filter(([pattern]) => pattern.test(code)).map(([, name]) => `${path} is pure and uses ${name}`);
    });

/** How a comment begins in each kind of file. */
const COMMENT: Readonly<Record<string, RegExp>> = {
  // A reference to types has to come first.
  ts: /^(?:\/\/\/ <reference.*\n)*(?:\/\/ |\/\*)/,
  tsx: /^(?:\/\/\/ <reference.*\n)*(?:\/\/ |\/\*)/,
  mjs: /^(?:#!.*\n)?\/\/ /,
  css: /^\/\*/,
  html: /^(?:\s|<!doctype html>|<html[^>]*>|<head>|<meta[^>]*>)*<!--/i,
  toml: /^# /,
};

export const headers: Rule = (files) =>
  files
    .filter(({ path, text }) => COMMENT[path.split(".").at(-1) as string]?.test(text) === false)
    .map(({ path }) => `${path} does not begin with a comment that says what it is for`);

/** A file beyond this is two ideas. Tests repeat one form and may be longer; generated files say so in their names. */
const mostLines = (path: string): number => (path.startsWith("test/") ? 500 : 300);

/** A safety mechanism's name (test/sim/tags.node.ts) is nothing to read. */
const MARK = /^ *\/\/ mutant: .*\n/gm;

export const sizes: Rule = (files) =>
  files
    .filter(({ path }) => /\.(?:tsx?|mjs|css)$/.test(path) && !path.includes(".generated."))
    .map(({ path, text }) => ({ path, lines: text.replaceAll(MARK, "").trimEnd().split("\n").length }))
    .filter(({ path, lines }) => lines > mostLines(path))
    .map(({ path, lines }) => `${path} has ${lines} lines; split it by idea`);

const TITLE =
  /^\s*(?:test|it)(?:\.(?:skipIf|runIf|only|skip|fails|concurrent)(?:\([^)]*\))?)?\(\s*(["'`])((?:(?!\1).)*)\1/gm;

/** The titles of tests, as written (those of `test.each` come after a table and are not read). */
export const titlesOf = (text: string): string[] => [...text.matchAll(TITLE)].map((match) => match[2] as string);

export const testNames: Rule = (files) =>
  files
    .filter(({ path }) => path.endsWith(".test.ts"))
    .flatMap(({ path, text }) =>
      titlesOf(text).flatMap((title) => {
        if (/^(?:should|test|it)\b/i.test(title)) return [`${path}: "${title}" says that it tests, not what happens`];
        if (title.trim().split(/\s+/).length < 3) return [`${path}: "${title}" is no sentence about behaviour`];
        return [];
      }),
    );

/** Focused tests hide all others, and nobody notices. */
export const noFocus: Rule = (files) =>
  files
    .filter(({ path }) => path.endsWith(".test.ts") && !path.startsWith("test/tidy/"))
    .filter(({ text }) => /\b(?:test|it|describe)\.only\b/.test(withoutComments(text)))
    .map(({ path }) => `${path} runs only a part of its tests`);

/** A type's name stands for one idea in the whole product. */
export const typeNames: Rule = (files) => {
  const byName = new Map<string, string[]>();
  for (const { path, text } of files) {
    // A generator contains the text of the file that it makes.
    if (path.startsWith("test/") || /\/make-[\w-]+\.node\.ts$/.test(path)) continue;
    for (const [, name = ""] of text.matchAll(/^(?:export )?(?:interface|type|class|enum) (\w+)/gm)) {
      byName.set(name, [...(byName.get(name) ?? []), path]);
    }
  }
  return [...byName]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name} is declared in ${paths.join(" and ")}`);
};
