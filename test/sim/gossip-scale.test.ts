// However many hubs there are, every one hears of a purge, within a stated multiple of the rounds that theory gives, and without
// more messages; `npm run gossip` prints the same as a table up to 1,000 hubs. Seeds are fixed: what passes once passes always.

import { describe, expect, test } from "vitest";
import { spread, theoryRounds } from "./gossip-rounds.ts";

const SEEDS = [1, 2, 3];
/** How many times the rounds of theory it may take: few hubs tell all at once, so a lost message waits for a repair, 10 to 20 rounds. */
const FEW = 8;
const MANY = 3;

describe.each([9, 16, 17])("%i hubs, which tell all others at once", (hubs) => {
  test("all know after one round when nothing is lost", () => {
    expect(spread({ hubs, loss: 0, seed: 1 })).toMatchObject({ reached: hubs, rounds: 1 });
  });

  test.each([0.1, 0.3])("all know within eight times the rounds of theory at a loss of %f", (loss) => {
    for (const seed of SEEDS) {
      const { reached, rounds } = spread({ hubs, loss, seed });
      expect([seed, reached]).toEqual([seed, hubs]);
      expect(rounds).toBeLessThanOrEqual(FEW * theoryRounds(hubs));
    }
  });
});

describe.each([18, 64, 200])("%i hubs, which tell a few who pass it on", (hubs) => {
  test.each([0, 0.1, 0.3])("all know within three times the rounds of theory at a loss of %f", (loss) => {
    for (const seed of SEEDS) {
      const { reached, rounds, messages } = spread({ hubs, loss, seed, until: "known" });
      expect([seed, reached]).toEqual([seed, hubs]);
      expect(rounds).toBeLessThanOrEqual(MANY * theoryRounds(hubs));
      // Theory has every hub that knows tell another in every round; an answer counts as much as a question.
      expect(messages / hubs).toBeLessThanOrEqual(2 * theoryRounds(hubs));
    }
  });
});

test("without repairs some hub never hears of it, so the above can fail", () => {
  expect(spread({ hubs: 200, loss: 0.1, seed: 1, repairs: "off" }).reached).toBeLessThan(200);
  expect(spread({ hubs: 9, loss: 0.3, seed: 1, repairs: "off" }).reached).toBeLessThan(9);
});

test("hubs that say who holds all come to rest with far fewer messages than hubs that must each hear all others", () => {
  const hubs = 64;
  const told = spread({ hubs, loss: 0.1, seed: 1 });
  const asked = spread({ hubs, loss: 0.1, seed: 1, holders: "not-told" });
  expect(told.reached).toBe(hubs);
  expect(told.messagesToRest).toBeLessThan(asked.messagesToRest / 2);
});
