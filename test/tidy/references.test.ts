// What documents and comments name is in the repository.

import { describe, expect, test } from "vitest";
import { deadReferences } from "./reference-rules.ts";
import { filePaths, readTree } from "./source-tree.ts";

describe("references", () => {
  test("lead to files and headings that exist", () => {
    expect(deadReferences(filePaths())(readTree(".ts", ".tsx", ".mjs", ".md"))).toEqual([]);
  });

  const dead = deadReferences(["edge/ring/ring.ts", "README.md"]);
  test.each([
    ["a comment", "edge/a.ts", "// The ring is in ring.ts and edge/ring/ring.ts.", 0],
    ["a comment that names a file that is gone", "edge/a.ts", "// See ring/owner.ts.", 1],
    ["code, which the compiler checks", "edge/a.ts", 'import "./gone.ts";', 0],
    ["a comment that cites a document from elsewhere", "edge/a.ts", "// DESIGN section 4 says why.", 1],
    [
      "a document",
      "README.md",
      "`edge/ring/ring.ts`, [ring](edge/ring) and [here](#what-it-is)\n\n## What it is?\n",
      0,
    ],
    ["a document with a dead link", "README.md", "[ring](edge/rings/README.md)", 1],
    ["a document with a dead anchor", "README.md", "[here](#what-it-was)\n\n## What it is\n", 1],
    ["a code block, which shows a user's files", "README.md", "```\ncat gone.ts\n```", 0],
  ])("are read in %s", (_what, path, text, count) => {
    expect(dead([{ path, text }])).toHaveLength(count);
  });
});
