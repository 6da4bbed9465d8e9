// The launcher's events, which a terminal shows as text and `--json` prints one per line.

import type { Millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";

export type LaunchEvent =
  /** A step of the start is complete. */
  | { readonly kind: "step"; readonly step: string; readonly tookMillis: Millis }
  /** Information for the user, with advice. */
  | { readonly kind: "notice"; readonly text: string }
  /** A region's process exited by itself; it is restarted after a pause. */
  | { readonly kind: "region-lost"; readonly region: RegionId; readonly text: string }
  /** Another process exited by itself, a lost process was restarted, or it failed after several losses in a row. */
  | {
      readonly kind: "process";
      readonly process: string;
      readonly state: "lost" | "restarted" | "failed";
      readonly text: string;
    };
