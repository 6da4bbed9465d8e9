// Where the mutants' places are. A comment in the production code, `// mutant: NAME` on the line before a statement, names a
// safety mechanism; mutants.ts says what becomes of that statement without it. So code may be renamed, moved and formatted, and
// no mutant loses its place in silence. Where the wrong code needs names of the code's own, the tag has it, beside the right
// code, where a renaming meets it: `// mutant: NAME, with CODE`.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One tag in the production code. */
export interface Tag {
  readonly name: string;
  /** Relative to the root. */
  readonly file: string;
  /** Where the tagged statement begins in the file's text. */
  readonly at: number;
  /** The wrong code that the tag itself has, if it has any. */
  readonly code: string | undefined;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDERS = ["config", "control-plane", "edge", "origin"];
const TAG = /^ *\/\/ mutant: ([\w-]+)(?:, with (.+))?\n/gm;

/** The text of a file of the production code. */
export const sourceOf = (file: string): string => readFileSync(`${ROOT}${file}`, "utf8");

/** The tags in `text`, which is that of `file`. */
export function tagsIn(file: string, text: string): readonly Tag[] {
  return [...text.matchAll(TAG)].map(({ 0: line, 1: name = "", 2: code, index }) => {
    const rest = text.slice(index + line.length);
    // More comments may stand between a tag and its statement.
    const comments = /^(?: *\/\/.*\n)* */.exec(rest)?.[0] ?? "";
    return { name, file, at: index + line.length + comments.length, code };
  });
}

/** All tags of the production code. */
export function allTags(): readonly Tag[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`),
  );
  return files.filter((path) => path.endsWith(".ts")).flatMap((file) => tagsIn(file, sourceOf(file)));
}

/** The one place of a mutant. Throws unless exactly one tag has its name. */
export function tagOf(name: string): Tag {
  const tags = allTags().filter((tag) => tag.name === name);
  const [tag] = tags;
  if (tag === undefined || tags.length !== 1) {
    throw new Error(
      `mutant ${name} has ${tags.length} tags in the code, not one: ${tags.map(({ file }) => file).join(", ")}`,
    );
  }
  return tag;
}
