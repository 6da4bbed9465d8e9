// The actions available to views. A view receives the state and these controls only: it neither calls the API nor keeps state,
// so every view is a function of the state.

import type { RegionId } from "../../config/world/regions.ts";
import type { Action } from "./state.ts";

export interface PageControls {
  /** Changes the page's state only. */
  dispatch(action: Action): void;
  signIn(token: string): void;
  signOut(): void;
  /** Drains or undrains the region. */
  setDrained(region: RegionId, drained: boolean): void;
  /** Submits the form, unless it is empty. */
  purge(): void;
  /** Requests a dry run of the form. */
  dryRun(): void;
}
