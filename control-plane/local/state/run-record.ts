// The format of `run.json`, the record of the current run: addresses and processes. It is written before the first region is
// started, so that the next start knows the processes of a launcher that was killed during its own.

import type { RegionId } from "../../../config/world/regions.ts";

export interface RunRecord {
  readonly v: 1;
  readonly launcherPid: number;
  readonly startedAt: string;
  readonly frontDoor: string;
  readonly control: string;
  /** The way to the origin without the CDN, for measurements. Absent until the run is ready. */
  readonly direct?: string;
  /** The launcher's own endpoint (admin.node.ts); it wants the admin token. Absent until the run is ready. */
  readonly admin?: string;
  readonly exampleOrigin?: { readonly url: string; readonly pid: number };
  readonly regions: Readonly<Partial<Record<RegionId, RegionRecord>>>;
}

export interface RegionRecord {
  readonly edge: string;
  readonly control: string;
  /** Absent while the region is stopped, or is not up yet. */
  readonly pid?: number;
  /** A text in its runtime's command line, and in no other's. */
  readonly sign?: string;
}
