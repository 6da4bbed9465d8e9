// What `run.json` says of the run under way: where everything listens and which processes are its own.

import type { RegionId } from "../../config/regions.ts";

export interface RunRecord {
  readonly v: 1;
  readonly launcherPid: number;
  readonly startedAt: string;
  readonly frontDoor: string;
  readonly control: string;
  /** The way to the origin without the CDN, for measurements. */
  readonly direct: string;
  /** The launcher's own endpoint (admin.node.ts); it wants the admin token. */
  readonly admin: string;
  readonly exampleOrigin?: { readonly url: string; readonly pid: number };
  readonly regions: Readonly<Partial<Record<RegionId, RegionRecord>>>;
}

export interface RegionRecord {
  readonly edge: string;
  readonly control: string;
  /** Absent while the region is stopped. */
  readonly pid?: number;
}
