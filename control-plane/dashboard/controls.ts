// What the views may ask for. A view gets the state and these controls and nothing else: it neither knows the API nor keeps
// anything, so every view is a function of the state.

import type { RegionId } from "../../config/world/regions.ts";
import type { Action } from "./state.ts";

export interface Controls {
  /** Changes what is shown; reaches nobody else. */
  dispatch(action: Action): void;
  signIn(token: string): void;
  signOut(): void;
  /** Drains the region, or takes it back. */
  setDrained(region: RegionId, drained: boolean): void;
  /** Sends what the form holds, if it holds anything. */
  purge(): void;
  /** Asks what the form would purge. */
  dryRun(): void;
}
