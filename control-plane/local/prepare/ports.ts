// The ports of a local run. All are at fixed offsets from the front door's, so that several runs can coexist and a region keeps
// its port when others are left out.

import { REGION_IDS, type RegionId } from "../../../config/world/regions.ts";

/** The default port of the front door. */
export const DEFAULT_FRONT_DOOR = 8787;
/** The range of front door ports that leaves room for every other port. */
export const FRONT_DOOR_RANGE = { least: 1025, most: 65_535 - 14 - REGION_IDS.length } as const;

export interface PortPlan {
  readonly frontDoor: number;
  readonly control: number;
  readonly exampleOrigin: number;
  readonly edges: Readonly<Record<RegionId, number>>;
}

/** The ports that belong to a front door. */
export const portPlan = (frontDoor: number): PortPlan => ({
  frontDoor,
  control: frontDoor - 1,
  exampleOrigin: frontDoor + 12,
  edges: Object.fromEntries(REGION_IDS.map((region, index) => [region, frontDoor + 14 + index])) as Record<
    RegionId,
    number
  >,
});
