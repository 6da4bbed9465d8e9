// Owners follow the weights, and a change of shards moves the keys that it must and no others.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { regionSchema } from "../../../config/schema/schema.ts";
import { REGION_IDS } from "../../../config/world/regions.ts";
import { buildRing, type Ring, weightsOf } from "../../../edge/ring/ring.ts";

const KEYS = Array.from({ length: 20_000 }, (_, index) => `https://shop.example/p/${index}`);

const sharesOf = (ring: Ring): number[] => {
  const counts = new Array<number>(ring.shards).fill(0);
  for (const key of KEYS) counts[ring.owner(key)] = (counts[ring.owner(key)] ?? 0) + 1;
  return counts.map((count) => count / KEYS.length);
};

describe("balance", () => {
  test.each([
    ["four equal shards", [1, 1, 1, 1]],
    ["one shard of double weight", [1, 1, 2]],
    ["weights far apart", [0.1, 1, 10]],
    ["sixteen shards", new Array<number>(16).fill(1)],
    ["a shard taken out", [1, 0, 1]],
  ] as const)("%s hold keys in proportion to their weights", (_, weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [shard, share] of sharesOf(buildRing("weur", weights)).entries()) {
      const due = (weights[shard] as number) / total;
      // Five standard deviations of the slots' and the keys' luck together.
      expect(Math.abs(share - due)).toBeLessThanOrEqual(5 * Math.sqrt(due * (1 / 65_536 + 1 / KEYS.length)));
    }
  });

  test("256 shards stay within a quarter of their due, by slots", () => {
    const ring = buildRing("enam", new Array<number>(256).fill(1));
    const counts = new Array<number>(256).fill(0);
    for (let index = 0; index < 200_000; index++) {
      const owner = ring.owner(`k${index}`);
      counts[owner] = (counts[owner] ?? 0) + 1;
    }
    const due = 200_000 / 256;
    expect(Math.max(...counts)).toBeLessThan(1.3 * due);
    expect(Math.min(...counts)).toBeGreaterThan(0.7 * due);
  });
});

describe("movement", () => {
  const weight = fc.constantFrom(0.5, 1, 1.5, 2, 4);
  const weights = fc.array(weight, { minLength: 2, maxLength: 12 });
  const region = fc.constantFrom(...REGION_IDS);
  const sample = KEYS.slice(0, 2_000);

  test("a new shard takes keys; no key moves between the others", () => {
    fc.assert(
      fc.property(region, weights, weight, (id, before, added) => {
        const [old, grown] = [buildRing(id, before), buildRing(id, [...before, added])];
        const moved = sample.filter((key) => old.owner(key) !== grown.owner(key));
        expect(moved.length).toBeGreaterThan(0);
        for (const key of moved) expect(grown.owner(key)).toBe(before.length);
      }),
      { numRuns: 30 },
    );
  });

  test("a shard that goes leaves its own keys to their next in order; all others stay", () => {
    fc.assert(
      fc.property(region, weights, fc.nat(), (id, before, pick) => {
        const gone = pick % before.length;
        const old = buildRing(id, before);
        const shrunk = buildRing(
          id,
          before.map((value, shard) => (shard === gone ? 0 : value)),
        );
        for (const key of sample) {
          expect(shrunk.owner(key)).toBe(old.owner(key) === gone ? old.successors(key, 1)[0] : old.owner(key));
        }
      }),
      { numRuns: 30 },
    );
  });

  test("a changed weight moves keys to that shard or from it, in one direction", () => {
    fc.assert(
      fc.property(region, weights, fc.nat(), (id, before, pick) => {
        const changed = pick % before.length;
        const old = buildRing(id, before);
        const heavier = buildRing(
          id,
          before.map((value, shard) => (shard === changed ? value * 2 : value)),
        );
        for (const key of sample) {
          if (old.owner(key) !== heavier.owner(key)) expect(heavier.owner(key)).toBe(changed);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("successors", () => {
  test("are distinct, without the owner and without shards of weight 0, as many as asked or as there are", () => {
    const weights = fc
      .array(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 12 })
      .filter((all) => all.some(Boolean));
    fc.assert(
      fc.property(weights, fc.nat({ max: 15 }), fc.string(), (all, count, key) => {
        const ring = buildRing("apac", all);
        const successors = ring.successors(key, count);
        const holders = all.filter((value) => value > 0).length;
        expect(successors).toHaveLength(Math.min(count, holders - 1));
        expect(new Set([ring.owner(key), ...successors]).size).toBe(successors.length + 1);
        for (const shard of successors) expect(all[shard]).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe("versions", () => {
  test("the same region and weights give the same ring", () => {
    const [one, other] = [buildRing("sam", [1, 2]), buildRing("sam", [1, 2])];
    expect(one.version).toBe(other.version);
    expect(KEYS.slice(0, 500).map((key) => one.owner(key))).toEqual(KEYS.slice(0, 500).map((key) => other.owner(key)));
  });

  test("another region, weight, order or number of shards gives another version", () => {
    const rings = [
      buildRing("sam", [1, 2]),
      buildRing("weur", [1, 2]),
      buildRing("sam", [2, 1]),
      buildRing("sam", [1, 2, 1]),
      buildRing("sam", [1, 2.5]),
      buildRing("sam", [12]),
    ];
    expect(new Set(rings.map((ring) => ring.version)).size).toBe(rings.length);
  });
});

test("regions place keys independently of each other", () => {
  const [here, there] = [buildRing("weur", [1, 1, 1, 1]), buildRing("eeur", [1, 1, 1, 1])];
  const same = KEYS.filter((key) => here.owner(key) === there.owner(key)).length / KEYS.length;
  expect(same).toBeGreaterThan(0.22);
  expect(same).toBeLessThan(0.28);
});

test("a number of shards means as many of weight 1", () => {
  expect(weightsOf(regionSchema.parse({ shards: 3 }))).toEqual([1, 1, 1]);
  expect(weightsOf(regionSchema.parse({ shards: [1, 0, 2.5] }))).toEqual([1, 0, 2.5]);
});

test.each([[[]], [[0, 0]], [[1, -1]], [[Number.NaN]], [new Array<number>(257).fill(1)]])(
  "a ring of impossible weights is a mistake of the programmer: %j",
  (weights) => {
    expect(() => buildRing("weur", weights)).toThrow(RangeError);
  },
);
