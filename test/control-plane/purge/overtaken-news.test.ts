// News that overtake others: a hub tells a shard what comes after an answer that is still on its way. The records count at
// once. When the answer has come, the vector must say all that is known, or a shield is asked again and again by a vector
// that does not name the purge which its answers are refused for (found by the simulator).

import { expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { PurgeSet, purgeTarget } from "../../../control-plane/purge/purge-set.ts";

const HUB = "weur.test01";
const TARGET = purgeTarget("https://site.test/a", ["t3"]);

/** A hub's set with `count` purges of tags, and what it tells somebody who knows some of them. */
function hubWith(count: number): PurgeSet {
  const hub = new PurgeSet();
  for (let counter = 1; counter <= count; counter++) purge(hub, counter);
  return hub;
}

function purge(hub: PurgeSet, counter: number): void {
  const scopes = [{ kind: "tag", tag: `t${counter}` } as const];
  const event = { v: 1, kind: "purge", severity: "hard", scopes, by: "test", requestDigest: "" } as const;
  hub.apply({ ...event, dot: { hub: HUB, counter }, at: epochMillis(0) });
}

test("once what was overtaken has come, the vector covers both", () => {
  const hub = hubWith(2);
  const shard = new PurgeSet();
  const first = hub.newsSince({});
  purge(hub, 3);
  const second = hub.newsSince({ [HUB]: 2 });
  expect(shard.merge(second).gap).toBe(true);
  expect(shard.vector).toEqual({});
  expect(shard.verdict(TARGET, { [HUB]: 2 })).toBe("hard");
  expect(shard.merge(first).gap).toBe(false);
  expect(shard.vector).toEqual({ [HUB]: 3 });
  expect(shard.newsSince({ [HUB]: 2 }).records).toHaveLength(1);
});

test("several that follow on each other are made good together", () => {
  const hub = hubWith(1);
  const shard = new PurgeSet();
  const first = hub.newsSince({});
  for (const counter of [2, 3]) {
    purge(hub, counter);
    shard.merge(hub.newsSince({ [HUB]: counter - 1 }));
  }
  shard.merge(first);
  expect(shard.vector).toEqual({ [HUB]: 3 });
});

test("while something is missing between, nothing beyond it is claimed", () => {
  const hub = hubWith(4);
  const shard = new PurgeSet();
  const late = hub.newsSince({ [HUB]: 3 });
  shard.merge(late);
  shard.merge(hubWith(2).newsSince({}));
  expect(shard.vector).toEqual({ [HUB]: 2 });
  shard.merge({ ...hubWith(3).newsSince({ [HUB]: 2 }) });
  expect(shard.vector).toEqual({ [HUB]: 4 });
});

test("news behind a new gap do not borrow from an older one that has nothing to do with them", () => {
  const shard = new PurgeSet();
  const hub = hubWith(9);
  shard.merge({ ...hubWith(4).newsSince({ [HUB]: 3 }) });
  shard.merge(hub.newsSince({ [HUB]: 7 }));
  shard.merge(hubWith(3).newsSince({}));
  expect(shard.vector).toEqual({ [HUB]: 3 });
});

test("what begins when a purge was heard of behind a gap is not ended by it", () => {
  const shard = new PurgeSet();
  shard.merge(hubWith(3).newsSince({ [HUB]: 2 }));
  expect(shard.vector).toEqual({});
  expect(shard.verdict(TARGET, shard.vector)).toBe("hard");
  expect(shard.verdict(TARGET, shard.heard)).toBe("alive");
});

test("what somebody tells who heard of it behind a gap was heard of as well", () => {
  const teller = new PurgeSet();
  teller.merge({ v: 1, vector: { "enam.test01": 1 }, records: [] });
  teller.merge(hubWith(3).newsSince({ [HUB]: 2 }));
  const shard = new PurgeSet();
  shard.merge(teller.newsSince({}));
  expect(shard.verdict(TARGET, shard.heard)).toBe("alive");
  expect(shard.heard).toEqual({ [HUB]: 3, "enam.test01": 1 });
});

// Found by the simulator: what was missing had gone with a hub's disk, and a shield that was asked by what had been heard could
// never be told of it, nor answer.
test("what is missing for good counts as a purge of everything, of which others can be told", () => {
  const shard = new PurgeSet();
  const other = "enam.test01";
  shard.merge({ v: 1, vector: { [other]: 1 }, records: [] });
  shard.merge(hubWith(3).newsSince({ [HUB]: 2 }));
  shard.giveUpGap(epochMillis(0));
  expect(shard.vector).toEqual({ [HUB]: 3, [other]: 1 });
  const shield = new PurgeSet();
  expect(shield.merge(shard.newsSince({})).gap).toBe(false);
  for (const set of [shard, shield]) {
    expect(set.verdict(purgeTarget("https://site.test/b", []), { [HUB]: 2, [other]: 1 })).toBe("hard");
    expect(set.verdict(TARGET, set.vector)).toBe("alive");
  }
  const before = shard.version;
  shard.giveUpGap(epochMillis(0));
  expect(shard.version).toBe(before);
});
