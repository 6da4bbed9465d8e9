// For which numbers of regions a loss is warned of: exactly those where the rest is no majority and yet somebody is left.

import { expect, test } from "vitest";
import { noMajorityWarning } from "../../../config/schema/majority.ts";
import { REGION_IDS } from "../../../config/world/regions.ts";
import { majorityOf } from "../../../control-plane/membership/suspension.ts";

test("a loss is warned of exactly where those who are left are not more than half of all", () => {
  for (let regions = 1; regions <= REGION_IDS.length; regions += 1) {
    const left = regions - 1;
    const stops = left > 0 && left < majorityOf(regions);
    expect([regions, noMajorityWarning(regions) !== undefined]).toEqual([regions, stops]);
  }
});
