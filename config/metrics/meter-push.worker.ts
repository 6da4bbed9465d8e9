// Sends an isolate's tally to a meter. Concurrent sends, and a retry after a lost answer, carry the same numbered push, so
// nothing counts twice. It never throws: measuring must not disturb requests; an unsent push stays in the tally for the next
// attempt.

import { LIMITS } from "../limits.ts";
import type { Node } from "../node/ports.worker.ts";
import type { MeterAcknowledgement, Tally } from "./tally.ts";

/** `refused`: the meter will never accept it (another version, too large), so it is dropped. `unreachable`: kept for a retry. */
export type Pushed = "nothing" | "pushed" | "refused" | "unreachable";

/** When each tally was last pushed, and whether the next push is scheduled. */
const paced = new WeakMap<Tally, { pushedAt: number; isSetUp: boolean }>();

/**
 * Pushes at once if there was no push within the last second; otherwise when that second is over, with all counts until then.
 * `waitUntil` keeps the isolate alive for it.
 */
export function pushPaced(tally: Tally, meter: () => Node, waitUntil: (work: Promise<unknown>) => void): void {
  const before = paced.get(tally);
  const now = Date.now();
  const rest = before === undefined ? 0 : before.pushedAt + LIMITS.meterPushMillis - now;
  // A push scheduled by a request that was cancelled never runs: then the next one goes at once.
  if (rest <= 0 || rest > LIMITS.meterPushMillis) {
    paced.set(tally, { pushedAt: now, isSetUp: false });
    waitUntil(pushTally(tally, meter()));
  } else if (before?.isSetUp === false) {
    before.isSetUp = true;
    waitUntil(
      new Promise((resolve) => setTimeout(resolve, rest)).then(() => {
        paced.set(tally, { pushedAt: Date.now(), isSetUp: false });
        return pushTally(tally, meter());
      }),
    );
  }
}

/** Sends the tally's current push, if there is one, and acknowledges it. */
export async function pushTally(tally: Tally, meter: Node): Promise<Pushed> {
  const push = tally.takeDeltas();
  if (push === undefined) return "nothing";
  try {
    const response = await meter.fetch("https://meter/add", { method: "POST", body: JSON.stringify(push) });
    if (response.ok) {
      const answer = (await response.json()) as MeterAcknowledgement;
      tally.acknowledge(answer.sequence);
      return "pushed";
    }
    await response.body?.cancel();
    if (response.status !== 400 && response.status !== 413) return "unreachable";
    tally.acknowledge(push.sequence);
    console.warn(`meter: push refused with ${response.status}`);
    return "refused";
  } catch (problem) {
    console.warn(`meter: ${problem instanceof Error ? problem.message : "unreachable"}`);
    return "unreachable";
  }
}
