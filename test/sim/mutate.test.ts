// Every mutant has one place in the production code, and what it makes of that place is code.

import { stripTypeScriptTypes } from "node:module";
import { describe, expect, test } from "vitest";
import { CASES } from "./cases.ts";
import { type Change, MUTANTS } from "./mutants.ts";
import { mutatedFile } from "./mutate.node.ts";
import { mutated } from "./mutate.ts";
import { allTags, sourceOf, tagOf, tagsIn } from "./tags.node.ts";

describe("tags and mutants belong together", () => {
  test("each tag has exactly one place, and each mutant exactly one tag", () => {
    const tags = allTags().map(({ name }) => name);
    expect(tags.toSorted()).toEqual(MUTANTS.map(({ name }) => name).toSorted());
    expect(new Set(tags).size).toBe(tags.length);
  });

  test("what looks like a tag is one", () => {
    for (const { file } of allTags()) {
      const text = sourceOf(file);
      expect(tagsIn(file, text), file).toHaveLength(text.split(/mutants?:/).length - 1);
    }
  });

  test("a mutant without a tag is an error", () => {
    expect(() => tagOf("unheard-of")).toThrow("unheard-of has 0 tags");
  });

  test.each(MUTANTS)("$name changes its file into other code that can be read", (mutant) => {
    const { file, source } = mutatedFile(mutant);
    expect(source).not.toBe(sourceOf(file));
    expect(() => stripTypeScriptTypes(source)).not.toThrow();
  });

  test.each(allTags().filter(({ code }) => code !== undefined))("the tag $name names what its file names", (tag) => {
    const code = sourceOf(tag.file).replace(/\/\/.*/g, "");
    const words = tag.code?.replace(/"[^"]*"|\$\d?/g, "").match(/[A-Za-z]\w+/g) ?? [];
    for (const word of words) expect(code).toMatch(new RegExp(`\\b${word}\\b`));
  });

  test("every mutant has seeds that catch it, or a small case", () => {
    const byOrder = new Set(CASES.flatMap(({ catches }) => catches));
    const names = new Set(MUTANTS.map(({ name }) => name));
    expect(MUTANTS.filter(({ name, caughtWithin }) => caughtWithin === 0 && !byOrder.has(name))).toEqual([]);
    expect([...byOrder].filter((name) => !names.has(name))).toEqual([]);
  });
});

/** `statement` after the tag, as `change` makes it. */
function changed(statement: string, change: Change, code = ""): string {
  const head = `before();\n  // mutant: it${code}\n  // why\n  `;
  const source = `${head}${statement}\nrest();\n`;
  const [tag] = tagsIn("a.ts", source);
  if (tag === undefined) throw new Error("no tag");
  return mutated(source, tag, change).slice(head.length, -"\nrest();\n".length);
}

describe("a change", () => {
  const TABLE: readonly (readonly [string, Change, string])[] = [
    ["if (a(b) && c) return;", { part: "condition", to: "true" }, "if (true) return;"],
    ["if (a(b) && c) {\n  d();\n}", { part: "condition", to: "$1" }, "if ((a(b))) {\n  d();\n}"],
    ['if (a === ")") return;', { part: "condition", to: "!$" }, 'if (!(a === ")")) return;'],
    ["return a;", { part: "value", to: "false" }, "return false;"],
    ["return a ? b : c;", { part: "value", to: "$3" }, "return (c);"],
    ["const x = a?.b ?? c;", { part: "value", to: "$2" }, "const x = (c);"],
    ["const { x } = a;", { part: "value", to: "{}" }, "const { x } = {};"],
    ["this.#x = f(() => { g(a = 1); });", { part: "value", to: "h($)" }, "this.#x = h((f(() => { g(a = 1); })));"],
    ["return a || (b || c) || d;", { part: "value", to: "$2 && $3" }, "return ((b || c)) && (d);"],
    ["const x = a + b - c; // d + e", { part: "value", to: "$3" }, "const x = (c); // d + e"],
    ["f(a, { b: `;` });", { part: "statement", to: "" }, ""],
    ["f(a);", { part: "statement", to: "$ g();" }, "f(a); g();"],
  ];
  test.each(TABLE)("of %j by %j is %j", (statement, change, expected) => {
    expect(changed(statement, change)).toBe(expected);
  });

  test("takes the code from the tag where the mutant has none", () => {
    expect(changed("return a;", { part: "value" }, ", with b + $")).toBe("return b + (a);");
    expect(() => changed("return a;", { part: "value" })).toThrow("neither it nor its tag");
  });

  test("of a statement of another form is an error", () => {
    expect(() => changed("return a;", { part: "condition", to: "true" })).toThrow("not on a condition");
    expect(() => changed("f(a);", { part: "value", to: "true" })).toThrow("not on a value");
    expect(() => changed("return a;", { part: "value", to: "$2" })).toThrow("no operand 2");
    expect(() => changed("if (a) {\n  b();\n}\n}", { part: "statement", to: "" })).toThrow("no ;");
  });
});
