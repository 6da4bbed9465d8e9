// What a launcher says while it works: values, which a terminal shows as lines and `--json` prints one a line.

import type { Millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";

export type LaunchEvent =
  /** A part of the start is done. */
  | { readonly kind: "step"; readonly step: string; readonly tookMillis: Millis }
  /** Something that the user should know, and what can be done about it. */
  | { readonly kind: "notice"; readonly text: string }
  /** A region's process ended by itself; it is started again after a pause. */
  | { readonly kind: "region-lost"; readonly region: RegionId; readonly text: string }
  /** Another process ended by itself; a lost process runs again, or is given up after several losses in a row. */
  | {
      readonly kind: "process";
      readonly process: string;
      readonly state: "lost" | "restarted" | "failed";
      readonly text: string;
    };
