// Vectors join as least upper bounds; dots read as they were written.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coversAll, EMPTY_VECTOR, formatDot, join, parseDot } from "../../../control-plane/purge/vector.ts";

const vectors = fc.dictionary(fc.constantFrom("weur.aaaa", "enam.bbbb", "oc.cccc"), fc.integer({ min: 1, max: 5 }));

describe("vectors", () => {
  test("the join is the least vector that covers both, in any order and grouping", () => {
    fc.assert(
      fc.property(vectors, vectors, vectors, (a, b, c) => {
        expect(coversAll(join(a, b), a) && coversAll(join(a, b), b)).toBe(true);
        expect(join(a, b)).toEqual(join(b, a));
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
        if (coversAll(c, a) && coversAll(c, b)) expect(coversAll(c, join(a, b))).toBe(true);
      }),
    );
  });

  test("a join that brings nothing is the same object, so that nothing need be copied or compared again", () => {
    const known = { "weur.aaaa": 2 };
    expect(join(known, { "weur.aaaa": 1 })).toBe(known);
    expect(join(known, EMPTY_VECTOR)).toBe(known);
    expect(join(EMPTY_VECTOR, known)).toBe(known);
  });

  test("a dot reads as it was written", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{4,16}$/), fc.integer({ min: 1, max: 1e14 }), (incarnation, counter) => {
        const dot = { hub: `weur.${incarnation}`, counter };
        expect(parseDot(formatDot(dot))).toEqual(dot);
      }),
    );
  });

  test.each([
    "",
    "weur.aaaa",
    "weur.aaaa.0",
    "weur.aaaa.01",
    "weur.aaaa.-1",
    "weur.AAAA.1",
    "weur.aaaa.1.2",
    "weur.aaaa.1 ",
  ])("%j is no dot", (text) => {
    expect(parseDot(text)).toBeUndefined();
  });
});
