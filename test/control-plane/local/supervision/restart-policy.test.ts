// When a lost process is started again, and when no more: every occurrence in every state, and the pauses of losses in a row.

import { describe, expect, test } from "vitest";
import { millis } from "../../../../config/units.ts";
import { LOCAL_LIMITS } from "../../../../control-plane/local/limits.ts";
import {
  type Occurrence,
  type Supervision,
  supervise,
} from "../../../../control-plane/local/supervision/restart-policy.ts";

const NOW = millis(1_000_000);
const STATES = {
  stopped: { kind: "stopped" },
  starting: { kind: "starting", losses: 2 },
  running: { kind: "running", losses: 2, since: millis(NOW - 1) },
  waiting: { kind: "waiting", losses: 2, pause: millis(1000) },
  failed: { kind: "failed", losses: 6 },
} satisfies Record<string, Supervision>;
const SAME = "same";

describe("a process", () => {
  test.each<[keyof typeof STATES, Occurrence, Supervision["kind"] | typeof SAME]>([
    ["stopped", "start-wanted", "starting"],
    ["stopped", "stop-wanted", "stopped"],
    ["stopped", "started", SAME],
    ["stopped", "lost", SAME],
    ["stopped", "due", SAME],
    ["starting", "start-wanted", SAME],
    ["starting", "stop-wanted", "stopped"],
    ["starting", "started", "running"],
    ["starting", "lost", "waiting"],
    ["starting", "due", SAME],
    ["running", "start-wanted", SAME],
    ["running", "stop-wanted", "stopped"],
    ["running", "started", SAME],
    ["running", "lost", "waiting"],
    ["running", "due", SAME],
    ["waiting", "start-wanted", "starting"],
    ["waiting", "stop-wanted", "stopped"],
    ["waiting", "started", SAME],
    ["waiting", "lost", SAME],
    ["waiting", "due", "starting"],
    ["failed", "start-wanted", "starting"],
    ["failed", "stop-wanted", "stopped"],
    ["failed", "started", SAME],
    ["failed", "lost", SAME],
    ["failed", "due", SAME],
  ])("that is %s and meets %s is then %s", (from, occurrence, to) => {
    const before = STATES[from];
    const after = supervise(before, occurrence, NOW);
    if (to === SAME) expect(after).toBe(before);
    else expect(after.kind).toBe(to);
  });

  test("that is lost again and again waits twice as long each time, and is then given up", () => {
    let state = supervise({ kind: "stopped" }, "start-wanted", NOW);
    const pauses: number[] = [];
    for (let loss = 0; loss < LOCAL_LIMITS.restartsInARow; loss++) {
      state = supervise(supervise(state, "started", NOW), "lost", millis(NOW + 10));
      if (state.kind !== "waiting") throw new Error(`given up after ${loss} losses`);
      pauses.push(state.pause);
      state = supervise(state, "due", NOW);
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000]);
    expect(supervise(state, "lost", NOW)).toEqual({ kind: "failed", losses: LOCAL_LIMITS.restartsInARow + 1 });
  });

  test.each([
    ["just settled", LOCAL_LIMITS.settledAfterMillis, 1],
    ["not settled yet", LOCAL_LIMITS.settledAfterMillis - 1, 4],
  ])("that ran and had %s counts its losses accordingly", (_, ran, losses) => {
    const running: Supervision = { kind: "running", losses: 3, since: NOW };
    expect(supervise(running, "lost", millis(NOW + ran))).toMatchObject({ kind: "waiting", losses });
  });

  test("that its user starts has all its restarts again", () => {
    expect(supervise(STATES.failed, "start-wanted", NOW)).toEqual({ kind: "starting", losses: 0 });
  });
});
