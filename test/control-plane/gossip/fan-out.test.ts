// Whom a hub tells, and when it tries again.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseTargets, repairDelay, sample } from "../../../control-plane/gossip/fan-out.ts";
import { GOSSIP_LIMITS } from "../../../control-plane/gossip/limits.ts";

const peers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const never = (): number => {
  throw new Error("asked for randomness");
};

describe("whom to tell", () => {
  test("all while they are few, a few at random beyond", () => {
    expect(chooseTargets(peers(GOSSIP_LIMITS.gossipDirect), never)).toEqual(peers(GOSSIP_LIMITS.gossipDirect));
    expect(chooseTargets(peers(GOSSIP_LIMITS.gossipDirect + 1), () => 0.999)).toHaveLength(GOSSIP_LIMITS.gossipFanOut);
  });

  test("a sample has no peer twice and as many as there are", () => {
    fc.assert(
      fc.property(
        fc.nat(20),
        fc.nat(25),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999999, noNaN: true })),
        (count, wanted, stream) => {
          const chosen = sample(peers(count), wanted, () => stream.next().value as number);
          expect(chosen).toHaveLength(Math.min(count, wanted));
          expect(new Set(chosen).size).toBe(chosen.length);
        },
      ),
    );
  });
});

test("repairs come more and more rarely, and never rarer than the limit", () => {
  expect(repairDelay(0, 0)).toBe(GOSSIP_LIMITS.gossipRepairFirstMillis);
  expect(repairDelay(1, 0)).toBe(2 * GOSSIP_LIMITS.gossipRepairFirstMillis);
  expect(repairDelay(1, 0.999)).toBeGreaterThanOrEqual(GOSSIP_LIMITS.gossipRepairFirstMillis);
  expect(repairDelay(1_000_000, 0)).toBe(GOSSIP_LIMITS.gossipRepairMostMillis);
});
