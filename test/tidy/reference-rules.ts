// References in documents and comments: a file, folder or document that is named exists, and a link leads somewhere.

import type { Rule, SourceFile } from "./source-tree.ts";

/** Names with a folder or a known ending, as documents and comments write them. */
const PATH =
  /(?<![\w/.@:-])((?:\.{1,2}\/)*(?:[\w@-]+\/)*[\w.-]*\w\.(?:ts|tsx|mjs|md|toml|json|css|html|yaml))(?![\w/-])/g;
/** Documents that were never part of the project, or are none. */
const FOREIGN = /\b(?:DESIGN|INTERFACE|PLATFORM|FIELD|NEXT)(?:\.md\b|\s+section|\s+")/;

/** Files that a user has or makes, or that a tool leaves: not the project's. */
const NOT_OURS =
  /^(?:my|your|their|example|other|sub|a|b|c|x|y|\d+|page|pages|index|app|site|report|urls|scopes|token|tokens|run|package-lock|tsconfig|openapi|receipt|keys|_payload|__data|x\.\w+|node|wrangler|sitemap\w*|style|main)\.\w+$|^(?:https?|node_modules|dist|\.meridian|\.wrangler)\b/;

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

/** The comments of code, line by line; all of a document, without its code blocks. */
function prose({ path, text }: SourceFile): string {
  if (path.endsWith(".md")) return text.replaceAll(/^```[\s\S]*?^```/gm, "");
  return text
    .split("\n")
    .filter((line) => /^\s*(?:\/\/|\/?\*)/.test(line))
    .join("\n");
}

/** References to files that do not exist. `paths`: all files of the project. */
export const deadReferences =
  (paths: readonly string[]): Rule =>
  (files) => {
    const names = new Set(paths.flatMap((path) => suffixesOf(path)));
    const headings = new Map(files.map((file) => [file.path, anchorsOf(file.text)]));
    return files.flatMap((file) => {
      const text = prose(file);
      const dead = new Set<string>();
      for (const [, path = ""] of text.matchAll(PATH)) {
        const name = path.replace(/^(?:\.{1,2}\/)+/, "");
        if (!NOT_OURS.test(name) && !names.has(name)) dead.add(path);
      }
      const foreign = FOREIGN.exec(text)?.[0];
      if (foreign !== undefined) dead.add(foreign);
      if (file.path.endsWith(".md")) for (const target of deadLinks(file, text, paths, headings)) dead.add(target);
      return [...dead].map((path) => `${file.path} names ${path}, which is not in this repository`);
    });
  };

/** `hub/log/ledger.ts` may be called `log/ledger.ts` or `ledger.ts`. */
const suffixesOf = (path: string): string[] => {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(index).join("/"));
};

/** Links of a document that lead to no file, or to no heading of one. */
function deadLinks(
  { path: from }: SourceFile,
  text: string,
  paths: readonly string[],
  headings: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const targets = [...text.matchAll(LINK)].map(([, target = ""]) => target);
  return targets.filter((target) => {
    if (/^(?:https?|mailto):/.test(target)) return false;
    const [file = "", anchor] = target.split("#");
    const resolved = file === "" ? from : new URL(file, `file:///${from}`).pathname.slice(1).replace(/\/$/, "");
    if (anchor !== undefined) return headings.get(resolved)?.has(anchor) !== true;
    return !paths.some((path) => path === resolved || path.startsWith(`${resolved}/`));
  });
}

/** The anchors that GitHub gives a document's headings. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
