// The order of probes: complete, interleaved, numbered, and not the same in every round.

import fc from "fast-check";
import { expect, it } from "vitest";
import { type ProbeKind, planProbes } from "../../../control-plane/latency/plan.ts";

const KINDS: ProbeKind[] = ["cold", "warm", "direct"];
const options = fc.record({
  places: fc.integer({ min: 1, max: 6 }),
  kinds: fc.subarray(KINDS, { minLength: 1 }),
  samples: fc.integer({ min: 1, max: 8 }),
  numbers: fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
});
const planOf = ({
  numbers,
  ...rest
}: {
  places: number;
  kinds: ProbeKind[];
  samples: number;
  numbers: Iterator<number>;
}) => planProbes({ ...rest, random: () => numbers.next().value as number });

it("makes each pair of place and kind once in every round, and one round more than is counted", () => {
  fc.assert(
    fc.property(options, (given) => {
      const plan = planOf(given);
      const size = given.places * given.kinds.length;
      expect(plan).toHaveLength(size * (given.samples + 1));
      for (let round = 0; round <= given.samples; round++) {
        const probes = plan.slice(round * size, (round + 1) * size);
        expect(new Set(probes.map(({ place, kind }) => `${place} ${kind}`)).size).toBe(size);
        expect(probes.every((probe) => probe.round === round)).toBe(true);
      }
    }),
  );
});

it("is interleaved: at no moment is any pair more than one probe ahead of another", () => {
  fc.assert(
    fc.property(options, (given) => {
      const counts = new Map<string, number>();
      for (let place = 0; place < given.places; place++)
        for (const kind of given.kinds) counts.set(`${place} ${kind}`, 0);
      for (const { place, kind } of planOf(given)) {
        counts.set(`${place} ${kind}`, (counts.get(`${place} ${kind}`) ?? 0) + 1);
        expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
      }
    }),
  );
});

it("numbers probes from 0 without gaps, so that each cold URL is unique", () => {
  fc.assert(
    fc.property(options, (given) => {
      expect(planOf(given).map(({ sequence }) => sequence)).toEqual(planOf(given).map((_, index) => index));
    }),
  );
});

it("orders rounds differently, so that no pair always follows the same one", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const plan = planProbes({ places: 3, kinds: KINDS, samples: 20, random });
  const rounds = new Set<string>();
  for (let round = 0; round <= 20; round++) {
    rounds.add(
      plan
        .filter((probe) => probe.round === round)
        .map(({ place, kind }) => `${place}${kind}`)
        .join(),
    );
  }
  expect(rounds.size).toBeGreaterThan(15);
});
