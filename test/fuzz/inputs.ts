// Hostile inputs. Random characters alone are refused at the first look, so texts are put together from pieces that the decoder
// knows, mixed with what breaks readers: names that every object has, controls, halves of characters, escapes, big numbers.

import fc from "fast-check";

/** Names that plain objects have without being given them. */
export const INHERITED = [
  "constructor",
  "__proto__",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "length",
  "size",
];

const ODD = [
  ..."\0\t\n\r \u007f\u0085\u00a0\u2028\ufeff\ufffd",
  ..."\"'`\\<>{}[]()|^~%&=+;:,./?#@!$*-_",
  "\ud800",
  "\udfff",
  "😀",
  "é",
  "İ",
  "ß",
  "／",
  "%00",
  "%0d%0a",
  "%c0%af",
  "%ff",
  "%u0041",
  "%",
  "%2",
  "%25",
  "%2525",
  "..",
  "0",
  "-1",
  "1e9",
  "00",
  "2147483648",
  "9007199254740993",
  "99999999999999999999",
  "NaN",
  "Infinity",
  "null",
];

/** Texts of at most some thousand characters, mostly made of `pieces`. */
export function textOf(...pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...pieces) },
    { weight: 2, arbitrary: fc.constantFrom(...ODD) },
    { weight: 1, arbitrary: fc.constantFrom(...INHERITED) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
  );
  return fc.oneof(
    { weight: 20, arbitrary: fc.array(piece, { maxLength: 14 }).map((all) => all.join("")) },
    { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
    { weight: 1, arbitrary: fc.tuple(piece, piece, fc.nat(1500)).map(([a, b, times]) => (a + b).repeat(times)) },
  );
}

/** Values as JSON can write them, whose members have `names` or inherited ones. */
export function anyValueOf(names: readonly string[], leaf: fc.Arbitrary<unknown> = leaves): fc.Arbitrary<unknown> {
  const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...names) }, fc.constantFrom(...INHERITED));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthIdentifier: "value" },
      leaf,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.array(fc.tuple(name, tie("value")), { maxLength: 5 }).map(objectOf),
    ),
  }));
  return value;
}

/** What stands at the ends of a value. */
export const leaves: fc.Arbitrary<unknown> = fc.oneof(
  textOf("a", "weur", "https://h.example/a", "weur.abcd.1", "GET", "*"),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.constantFrom(null, true, false, 0, -0, 1.5, 2 ** 53, -1, 1e308),
);

/** One of some sound values with one of its parts replaced, added or taken away. */
export const mutated = (sound: readonly unknown[], part: fc.Arbitrary<unknown> = leaves): fc.Arbitrary<unknown> =>
  fc
    .tuple(fc.constantFrom(...sound), fc.nat(60), fc.oneof(part, fc.constant(undefined), anyValueOf(["a", "v"])))
    .map(([value, place, by]) => {
      const count = { left: place % (sizeOf(value) + 1) };
      return replaced(value, count, by);
    });

/** As parsing would make it: `__proto__` is a member like any other. */
const objectOf = (entries: readonly (readonly [string, unknown])[]): unknown =>
  JSON.parse(
    `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? "null"}`).join(",")}}`,
  );

const isNested = (value: unknown): value is object => typeof value === "object" && value !== null;

const sizeOf = (value: unknown): number =>
  isNested(value) ? Object.values(value).reduce<number>((sum, part) => sum + sizeOf(part), 1) : 1;

function replaced(value: unknown, count: { left: number }, by: unknown): unknown {
  if (count.left-- === 0) return by;
  if (Array.isArray(value)) return value.map((part) => replaced(part, count, by));
  if (!isNested(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, replaced(part, count, by)]));
}
