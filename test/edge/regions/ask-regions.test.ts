// What an edge remembers of drained regions is a hint: it may cost distance, never an answer for good.

import { expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { EDGE_LIMITS } from "../../../edge/limits.ts";
import { RegionAsker } from "../../../edge/regions/ask-regions.ts";
import { CONFIG, ShardWorld } from "../../fixtures/shard-world.ts";

// Found by the simulator: an edge that had heard of every region's draining asked nobody any more, and so never heard that
// they had been taken back.
test("where drained regions leave none, one request at a time finds out whether that is still so", () => {
  const { config } = new ShardWorld(CONFIG);
  let now = epochMillis(0);
  const asker = new RegionAsker(() => now);
  const route = config.routes[0] ?? expect.unreachable();
  const place = { coordinates: { latitude: 50, longitude: 8 }, source: "region" } as const;
  const regions = () => asker.regionsFor(config, { place, route }).map(({ region }) => region);
  const all = regions();
  expect(all.length).toBeGreaterThan(0);
  asker.learnDrained(all);
  expect(regions()).toEqual([]);
  now = epochMillis(EDGE_LIMITS.regionAvoidedMillis + 1);
  expect(regions()).toEqual(all);
  expect(regions()).toEqual([]);
  asker.learnDrained([]);
  expect(regions()).toEqual(all);
});
