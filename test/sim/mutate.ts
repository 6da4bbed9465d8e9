// Changes the statement that a tag names into what a mutant makes of it. What it knows of TypeScript is what a formatted
// statement needs: where it ends, its condition or its value, and the operands of that. It never changes anything by half:
// a statement of another form is an error.

import type { Change } from "./mutants.ts";
import type { Tag } from "./tags.node.ts";

/** A span of the source: from `from` up to but not including `to`. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** From the loosest. Operands are what stands between those of one line. */
const OPERATORS = [/ \? | : /g, / \?\? /g, / \|\| /g, / && /g, / [+-] /g];

/** `source` with `change` made at `tag`. Throws where the statement has no such part. */
export function mutated(source: string, tag: Tag, change: Change): string {
  const code = masked(source, tag.at);
  const { from, to } = spanOf(code, change.part, tag);
  const instead = change.to ?? tag.code;
  if (instead === undefined) throw new Error(`mutant ${tag.name}: neither it nor its tag has the code to put there`);
  const before = source.slice(from, to);
  const parts = operands(code.slice(from, to)).map((part) => before.slice(part.from, part.to));
  const after = instead.replace(/\$(\d?)/g, (_, index: string) => {
    if (index === "") return change.part === "statement" ? before : `(${before})`;
    const part = parts[Number(index) - 1];
    if (part === undefined) throw new Error(`mutant ${tag.name}: ${before} has no operand ${index}`);
    return `(${part})`;
  });
  return source.slice(0, from) + after + source.slice(to);
}

/** The source as long as it was, with all strings, comments and what comes before `at` blanked: only brackets are brackets. */
const masked = (source: string, at: number): string =>
  " ".repeat(at) +
  source
    .slice(at)
    .replace(/\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g, (text) =>
      "_".repeat(text.length),
    );

function spanOf(code: string, part: Change["part"], { name, at }: Tag): Span {
  if (part === "condition") {
    if (!code.startsWith("if (", at)) throw new Error(`mutant ${name}: its tag is not on a condition`);
    const from = at + "if (".length;
    return { from, to: ending(code, from, ")") };
  }
  const to = ending(code, at, ";");
  if (part === "statement") return { from: at, to: to + 1 };
  const head = /^return |^[^;(){}]*? = /.exec(
    code.slice(at, to).replace(/^(const|let) \{[^}]*\}/, (text) => "_".repeat(text.length)),
  );
  if (head === null) throw new Error(`mutant ${name}: its tag is not on a value`);
  return { from: at + head[0].length, to };
}

/** Where the first `mark` is that no bracket encloses. */
function ending(code: string, from: number, mark: string): number {
  let depth = 0;
  for (let index = from; index < code.length; index += 1) {
    const letter = code[index] as string;
    if (depth === 0 && letter === mark) return index;
    if ("([{".includes(letter)) depth += 1;
    if (")]}".includes(letter)) depth -= 1;
    if (depth < 0) break;
  }
  throw new Error(`no ${mark} ends what begins with ${code.slice(from, from + 40)}`);
}

/** The operands of the loosest operator outside of brackets; the whole where there is none. */
function operands(code: string): readonly Span[] {
  let depth = 0;
  const flat = [...code]
    .map((letter) => {
      if (")]}".includes(letter)) depth -= 1;
      const shown = depth === 0 ? letter : "_";
      if ("([{".includes(letter)) depth += 1;
      return shown;
    })
    .join("");
  for (const operator of OPERATORS) {
    const found = [...flat.matchAll(operator)];
    if (found.length === 0) continue;
    const starts = [0, ...found.map(({ 0: text, index }) => index + text.length)];
    return starts.map((from, index) => ({ from, to: found[index]?.index ?? code.length }));
  }
  return [{ from: 0, to: code.length }];
}
