// What this isolate knows of lost regions: one memory for the edge and for all shards that live in it, so that finding out
// what a silent region is costs one request its two seconds and not one request of each.

import { RegionHealth } from "../route/region-health.ts";

export const lostRegions = new RegionHealth();
