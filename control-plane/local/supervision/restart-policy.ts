// The restart policy for processes of the local run: a process that exits by itself is restarted after a pause that doubles, and
// has failed after a few losses in a row. Running for long enough resets the count. A process that its user stopped stays
// stopped. Pure: state, event and time; supervised.node.ts starts, stops and waits.
// **Decided: a lost process is restarted**, as by any service supervisor. To keep a region down, stop it (`meridian region stop`).

import { type Millis, millis } from "../../../config/units.ts";
import { LOCAL_LIMITS } from "../limits.ts";

/** A process's state. `losses` counts how often in a row it exited by itself or did not start. */
export type Supervision =
  /** It should not run. */
  | { readonly kind: "stopped" }
  | { readonly kind: "starting"; readonly losses: number }
  | { readonly kind: "running"; readonly losses: number; readonly since: Millis }
  /** It was lost and is started again after `pause`. */
  | { readonly kind: "waiting"; readonly losses: number; readonly pause: Millis }
  /** It was lost too often: only its user can start it again. */
  | { readonly kind: "failed"; readonly losses: number };

/** An event of a process. `lost`: it exited by itself, or its start failed. `due`: the pause is over. */
export type Occurrence = "start-wanted" | "stop-wanted" | "started" | "lost" | "due";

/** A supervisor's report about its child. */
export type SupervisionNews =
  /** The child is lost; `why` is the cause, as far as known. */
  | { readonly kind: "lost"; readonly why: string; readonly pause: Millis }
  | { readonly kind: "restarted" }
  | { readonly kind: "failed"; readonly why: string; readonly losses: number };

export const STOPPED: Supervision = { kind: "stopped" };

/** The state after an event at `now`. A late event that no longer applies changes nothing. */
export function supervise(state: Supervision, occurrence: Occurrence, now: Millis): Supervision {
  switch (occurrence) {
    case "stop-wanted":
      return STOPPED;
    case "start-wanted":
      return state.kind === "running" || state.kind === "starting" ? state : { kind: "starting", losses: 0 };
    case "due":
      return state.kind === "waiting" ? { kind: "starting", losses: state.losses } : state;
    case "started":
      return state.kind === "starting" ? { kind: "running", losses: state.losses, since: now } : state;
    case "lost":
      return afterLoss(state, now);
  }
}

function afterLoss(state: Supervision, now: Millis): Supervision {
  if (state.kind !== "running" && state.kind !== "starting") return state;
  const isSettled = state.kind === "running" && now - state.since >= LOCAL_LIMITS.settledAfterMillis;
  const losses = isSettled ? 1 : state.losses + 1;
  if (losses > LOCAL_LIMITS.restartsInARow) return { kind: "failed", losses };
  return { kind: "waiting", losses, pause: pauseAfter(losses) };
}

/** The pause before the restart after so many losses in a row: it doubles up to a limit. */
const pauseAfter = (losses: number): Millis =>
  millis(Math.min(LOCAL_LIMITS.restartPauseMillis * 2 ** (losses - 1), LOCAL_LIMITS.restartPauseMaxMillis));
