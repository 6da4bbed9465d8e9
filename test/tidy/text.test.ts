// Headers, sizes, purity and test names hold in the tree; and each rule does find a breach.

import { describe, expect, test } from "vitest";
import { readTree, withoutComments } from "./source-tree.ts";
import { headers, noFocus, noHiddenInputs, sizes, testNames, titlesOf, typeNames } from "./text-rules.ts";

const tree = readTree(".ts", ".tsx", ".mjs", ".css", ".html", ".toml");
const file = (path: string, text: string) => [{ path, text }];

describe("pure files", () => {
  test("take the time and chance as arguments, and set no timers", () => {
    expect(noHiddenInputs(tree)).toEqual([]);
  });

  test.each([
    "const now = Date.now();",
    "const now = new Date();",
    "const pick = Math.random();",
    "const id = crypto.randomUUID();",
    "const start = performance.now();",
    "setTimeout(run, 10);",
    "const mode = process.env.MODE;",
  ])("are found with %s", (line) => {
    expect(noHiddenInputs(file("edge/a.ts", line))).toHaveLength(1);
    expect(noHiddenInputs(file("edge/a.worker.ts", line))).toEqual([]);
    expect(noHiddenInputs(file("edge/a.ts", `// ${line}`))).toEqual([]);
  });

  test("may make a date of an argument", () => {
    expect(noHiddenInputs(file("edge/a.ts", "const date = new Date(now);"))).toEqual([]);
  });
});

describe("every file", () => {
  test("begins with a comment that says what it is for", () => {
    expect(headers(tree)).toEqual([]);
  });

  test("is found without one", () => {
    expect(headers(file("edge/a.ts", 'import x from "y";'))).toHaveLength(1);
    expect(headers(file("a.css", "body { margin: 0 }"))).toHaveLength(1);
    expect(headers(file("edge/a.ts", "// Decides.\n"))).toEqual([]);
  });

  test("is short enough to be read at once", () => {
    expect(sizes(tree)).toEqual([]);
  });

  test("is found from one line beyond the limit", () => {
    expect(sizes(file("edge/a.ts", "x;\n".repeat(300)))).toEqual([]);
    expect(sizes(file("edge/a.ts", "x;\n".repeat(301)))).toHaveLength(1);
    expect(sizes(file("test/edge/a.test.ts", "x;\n".repeat(500)))).toEqual([]);
    expect(sizes(file("test/edge/a.test.ts", "x;\n".repeat(501)))).toHaveLength(1);
  });
});

describe("type names", () => {
  test("are unique in the product", () => {
    expect(typeNames(tree)).toEqual([]);
    expect(
      typeNames([...file("edge/a.ts", "type Held = 1;"), ...file("origin/b.ts", "export interface Held {}")]),
    ).toEqual(["Held is declared in edge/a.ts and origin/b.ts"]);
  });
});

describe("tests", () => {
  test("have names that are sentences about behaviour", () => {
    expect(testNames(tree)).toEqual([]);
  });

  test.each(["should work fine today", "test that it works", "parses", "two words"])(
    "are found with the name %j",
    (name) => {
      expect(testNames(file("test/a.test.ts", `test(${JSON.stringify(name)}, () => {});`))).toHaveLength(1);
    },
  );

  test("are read in every way to write them", () => {
    const text = 'test("a", f);\n  it(`b`, f);\ntest.skipIf(x)("c", f);\ntest(\n  "d",\n  f);';
    expect(titlesOf(text)).toEqual(["a", "b", "c", "d"]);
  });

  test("are all run: none is focused", () => {
    expect(noFocus(tree)).toEqual([]);
    expect(noFocus(file("test/a.test.ts", 'describe.only("x", () => {});'))).toHaveLength(1);
  });
});

test("comments are taken out and addresses in strings are not", () => {
  expect(withoutComments('a; // b\n/* c\nd */e; "http://f"')).toBe('a; \ne; "http://f"');
});
