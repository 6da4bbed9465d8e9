// How many entries a purge ended: what a shard counts, and what a hub makes of it.

import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../../config/units.ts";
import { HUB_LIMITS } from "../../../../control-plane/hub/limits.ts";
import { EndedEntries } from "../../../../control-plane/hub/receipts/purged-entry-counts.ts";
import { canonicalUrls } from "../../../../edge/request/cache-key.ts";
import { countEnded } from "../../../../edge/shard/store/count-purged.ts";
import { ShardWorld } from "../../../fixtures/shard-world.ts";

const dot = (counter: number) => ({ hub: "weur.test01", counter });
const at = (time: number) => epochMillis(time);

describe("a shard", () => {
  test("counts the entries that news end or make stale, and not those that an earlier purge had ended", async () => {
    const world = new ShardWorld();
    for (const [path, tag] of [
      ["/a", "shoes"],
      ["/b", "shoes"],
      ["/c", "hats"],
    ] as const) {
      const visit = world.send(path);
      (await world.only()).answer(200, { "cache-control": "max-age=600", "cache-tag": tag }, "page");
      await visit;
    }
    await world.settle();
    const count = () =>
      countEnded(
        world.hub.newsSince(world.knowledge.vector),
        world.entries.of("shard:weur:0"),
        world.knowledge.purges,
        canonicalUrls(world.config.routes),
      );
    expect(count()).toBe(0);
    world.purge({ kind: "url", url: "http://site.test/a" });
    expect(count()).toBe(1);
    world.push();
    world.purge({ kind: "tag", tag: "shoes" }, "soft");
    expect(count()).toBe(1);
    world.push();
    expect(count()).toBe(0);
    // The one that is stale ends as well; the one that has ended does not end again.
    world.purge({ kind: "everything" });
    expect(count()).toBe(2);
  });
});

describe("a hub", () => {
  test("knows how many entries a purge ended once every shard has counted", () => {
    const ended = new EndedEntries(3);
    expect(ended.begin([dot(1)], at(0))).toBe(true);
    expect(ended.counted([dot(1)])).toEqual(dot(1));
    ended.note(dot(1), 0, 2);
    ended.note(dot(1), 1, 0);
    expect(ended.of(dot(1))).toBeUndefined();
    ended.note(dot(1), 0, 2);
    expect(ended.of(dot(1))).toBeUndefined();
    ended.note(dot(1), 2, 3);
    expect(ended.of(dot(1))).toBe(5);
  });

  test("counts for one purge a second, and not for several that come or are told together", () => {
    const ended = new EndedEntries(1);
    expect(ended.begin([dot(1), dot(2)], at(0))).toBe(false);
    expect(ended.begin([dot(3)], at(0))).toBe(true);
    expect(ended.begin([dot(4)], at(HUB_LIMITS.countEndedMillis - 1))).toBe(false);
    expect(ended.counted([dot(4)])).toBeUndefined();
    expect(ended.counted([dot(3), dot(4)])).toBeUndefined();
    expect(ended.begin([dot(5)], at(HUB_LIMITS.countEndedMillis))).toBe(true);
  });

  test("remembers as many purges as receipts", () => {
    const ended = new EndedEntries(1);
    for (let counter = 1; counter <= HUB_LIMITS.receiptsRemembered + 1; counter += 1) {
      ended.begin([dot(counter)], at(counter * HUB_LIMITS.countEndedMillis));
      ended.note(dot(counter), 0, 1);
    }
    expect([ended.of(dot(1)), ended.of(dot(2))]).toEqual([undefined, 1]);
  });
});
