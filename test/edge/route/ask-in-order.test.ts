// One request and several regions, some of which fail: who is asked, how often, and what the request gets.

import { describe, expect, test } from "vitest";
import { type EpochMillis, epochMillis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { askInOrder, mustArriveOnce, type RegionReply } from "../../../edge/route/ask-in-order.ts";
import { RegionHealth } from "../../../edge/route/region-health.ts";

type Reply = RegionReply<string>;
const REGIONS: readonly RegionId[] = ["weur", "enam", "apac"];
const now = (): EpochMillis => epochMillis(1_000);
const answer: Reply = { kind: "answer", answer: "hello" };
const lost: Reply = { kind: "lost" };
const refused: Reply = { kind: "refused" };
const late: Reply = { kind: "late" };

async function ask(replies: readonly Reply[], { once = false, dead = [] as readonly RegionId[] } = {}) {
  const health = new RegionHealth();
  const asked: RegionId[] = [];
  const outcome = await askInOrder<string>(
    {
      regions: REGIONS,
      once,
      isAlive: async (region) => !dead.includes(region),
      ask: async (region) => {
        const reply = replies[asked.length] ?? expect.unreachable();
        asked.push(region);
        return reply;
      },
    },
    { health, now },
  );
  return { outcome, asked, avoided: [...health.unhealthy(now())] };
}

describe("a request that may be repeated", () => {
  test.each([
    ["the first region answers", [answer], { kind: "answer", answer: "hello", region: "weur" }, []],
    ["a lost region is left for the next and avoided", [lost, answer], { kind: "answer", region: "enam" }, ["weur"]],
    ["a region that is late ends the request: its time is up", [late], { kind: "late" }, []],
    ["what one region broke off, another may answer", [refused, answer], { kind: "answer", region: "enam" }, []],
    ["what two regions broke off goes to no third one", [refused, refused], { kind: "broke-off" }, []],
    ["lost regions do not count as breaking off", [lost, refused, lost], { kind: "broke-off" }, ["weur", "apac"]],
    ["all are lost", [lost, lost, lost], { kind: "lost", storage: false }, REGIONS],
    [
      "one of the lost regions cannot use its storage",
      [{ kind: "lost", storage: true }, lost, lost] satisfies Reply[],
      { kind: "lost", storage: true },
      REGIONS,
    ],
  ] as const)("%s", async (_case, replies, outcome, avoided) => {
    const got = await ask(replies);
    expect(got.outcome).toMatchObject(outcome);
    expect(got.asked).toEqual(REGIONS.slice(0, replies.length));
    expect(got.avoided.sort()).toEqual([...avoided].sort());
  });

  test("is sent without asking first whether the region lives", async () => {
    expect((await ask([answer], { dead: REGIONS })).asked).toEqual(["weur"]);
  });
});

describe("a request that must not arrive twice", () => {
  test.each([
    ["is lost", lost],
    ["breaks off", refused],
  ] as const)("goes to no second region when the first %s", async (_case, reply) => {
    const { outcome, asked } = await ask([reply], { once: true });
    expect(outcome).toEqual({ kind: "lost-on-the-way" });
    expect(asked).toEqual(["weur"]);
  });

  test("goes on to the next where the region says that it was never sent", async () => {
    const { asked } = await ask([{ kind: "lost", unsent: true }, answer], { once: true });
    expect(asked).toEqual(["weur", "enam"]);
  });

  test("is not sent to a region that shows no sign of life, which is avoided from then on", async () => {
    const { outcome, asked, avoided } = await ask([answer], { once: true, dead: ["weur"] });
    expect(outcome).toMatchObject({ kind: "answer", region: "enam" });
    expect(asked).toEqual(["enam"]);
    expect(avoided).toEqual(["weur"]);
  });

  test.each([
    ["POST", undefined, true],
    ["PATCH", undefined, true],
    ["PUT", undefined, false],
    ["PUT", {}, true],
    ["GET", undefined, false],
    ["GET", {}, true],
    ["DELETE", undefined, false],
  ])("is one whose method is not idempotent, or whose body is read once: %s with %o", (method, upload, expected) => {
    expect(mustArriveOnce({ method, upload })).toBe(expected);
  });
});
