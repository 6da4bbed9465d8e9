// Limits: each area's are in a `limits.ts` of its own, and config/LIMITS.md lists them all. The page is made of those files.

import { type Rule, type SourceFile, withoutComments } from "./source-tree.ts";

/** The page that lists all limits. */
export const LIMITS_PAGE = "config/LIMITS.md";

export interface Limit {
  readonly name: string;
  /** As the code has it: `64 * KiB`. */
  readonly value: string;
  readonly reason: string;
}

export interface LimitFile {
  readonly path: string;
  /** The constant's name: `SHARD_LIMITS`. */
  readonly constant: string;
  /** What its header says that it limits. */
  readonly about: string;
  readonly limits: readonly Limit[];
}

const isLimitFile = (path: string): boolean => path.endsWith("/limits.ts") && !path.startsWith("test/");

/** The limits that these files declare, by path. Throws where a limit has no reason: a comment stands before one or several. */
export function limitsOf(files: readonly SourceFile[]): LimitFile[] {
  return files
    .filter(({ path }) => isLimitFile(path))
    .map(({ path, text }) => {
      const constant = /^export const (\w+) = \{$/m.exec(text)?.[1];
      if (constant === undefined) throw new Error(`${path} exports no limits`);
      const about = text
        .slice(0, text.indexOf("\n\n"))
        .replaceAll(/^\/\/ /gm, "")
        .replaceAll("\n", " ");
      return { path, constant, about, limits: entriesOf(path, text) };
    });
}

function entriesOf(path: string, text: string): Limit[] {
  const limits: Limit[] = [];
  let reason = "";
  for (const [whole, comment, name, value] of text.matchAll(/^ {2}\/\*\*([\s\S]*?)\*\/$|^ {2}(\w+): (.*),$|^$/gm)) {
    if (comment !== undefined) reason = comment.replaceAll(/\s*\n\s*\*\s?/g, " ").trim();
    else if (whole === "") reason = "";
    else if (reason === "") throw new Error(`${path}: ${name} has no reason`);
    else limits.push({ name: name as string, value: value as string, reason });
  }
  return limits;
}

/** The page of all limits. */
export function limitsPage(files: readonly LimitFile[]): string {
  const count = files.reduce((sum, { limits }) => sum + limits.length, 0);
  const parts = files.map(({ path, constant, about, limits }) => {
    const rows = limits.map(
      ({ name, value, reason }) => `| \`${name}\` | ${value.replaceAll("_", ",")} | ${cell(reason)} |`,
    );
    return [
      `## ${path}`,
      "",
      `${about} (\`${constant}\`)`,
      "",
      "| limit | value | reason |",
      "|---|---|---|",
      ...rows,
    ].join("\n");
  });
  const intro = `All ${count} limits, made by \`npm run limits\` of the files that they stand in; a test compares the two.`;
  return `${["# Limits", intro, ...parts].join("\n\n")}\n`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** A limit that nothing reads limits nothing. Tests do not count: they may name one that the code has forgotten. */
export const usedLimits: Rule = (files) => {
  const code = files
    .filter(({ path }) => !path.startsWith("test/") && !isLimitFile(path))
    .map(({ text }) => withoutComments(text))
    .join("\n");
  const used = new Set([...code.matchAll(/\b(\w*LIMITS\.\w+)/g)].map((match) => match[1]));
  return limitsOf(files).flatMap(({ path, constant, limits }) =>
    limits
      .filter(({ name }) => !used.has(`${constant}.${name}`))
      .map(({ name }) => `${path}: nothing is held to ${name}`),
  );
};
