// The hash spreads names evenly, similar ones above all, and its values depend on every part of the text.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hash32, mix32, shortHash } from "../../../edge/ring/hash.ts";

/** Chi-squared over 256 buckets: 255 expected, standard deviation 22.6. */
function unevenness(hashes: readonly number[], bits: "high" | "low"): number {
  const counts = new Array<number>(256).fill(0);
  for (const hash of hashes) {
    const bucket = bits === "high" ? hash >>> 24 : hash & 255;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  const due = hashes.length / 256;
  return counts.reduce((sum, count) => sum + (count - due) ** 2 / due, 0);
}

const families: readonly (readonly [string, (index: number) => string])[] = [
  ["names that end in a number", (index) => `https://shop.example/images/item-${index}.jpg`],
  ["names that begin with a number", (index) => `${index}.shop.example/`],
  ["hexadecimal names of one length", (index) => index.toString(16).padStart(8, "0")],
  ["one letter repeated", (index) => "a".repeat(index % 5000) + String(index / 5000)],
  ["numbers as code units", (index) => String.fromCharCode(index)],
];

describe("hash32", () => {
  test.each(families)("spreads %s as evenly as chance", (_, name) => {
    const hashes = Array.from({ length: 65_536 }, (_, index) => hash32(name(index)));
    // Five standard deviations to either side: too even would be as wrong as too uneven.
    for (const bits of ["high", "low"] as const) {
      expect(unevenness(hashes, bits)).toBeLessThan(255 + 5 * 22.6);
      expect(unevenness(hashes, bits)).toBeGreaterThan(255 - 5 * 22.6);
    }
  });

  test("changing one character changes about half the bits", () => {
    let changed = 0;
    const pairs = 20_000;
    for (let index = 0; index < pairs; index++) {
      let difference = hash32(`key-${index}-a`) ^ hash32(`key-${index}-b`);
      for (; difference !== 0; difference &= difference - 1) changed++;
    }
    expect(changed / pairs).toBeGreaterThan(15.8);
    expect(changed / pairs).toBeLessThan(16.2);
  });

  test("is a 32-bit integer that text and seed determine", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer(), (text, seed) => {
        const hash = hash32(text, seed);
        expect(hash).toBe(hash32(`${text}`, seed));
        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
      }),
    );
  });

  test("texts that differ in a trailing U+0000, in order or in seed differ", () => {
    const hashes = [
      hash32("a"),
      hash32("a\0"),
      hash32("a\0\0"),
      hash32("ab"),
      hash32("ba"),
      hash32("a", 1),
      hash32(""),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

test("mix32 never maps two integers to one", () => {
  const seen = new Set<number>();
  for (let value = 0; value < 200_000; value++) seen.add(mix32(value));
  expect(seen.size).toBe(200_000);
});

test("a short hash has 13 characters fit for a field or a name", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(shortHash(text)).toMatch(/^[0-9a-z]{13}$/);
    }),
  );
});
