// Sends what an isolate has tallied to a meter. Two sends at once, or a send after a lost answer, carry the same numbered
// push, so nothing counts twice. It never throws: measuring must not disturb what is measured; what could not be sent stays
// in the tally and goes with the next try.

import { LIMITS } from "../limits.ts";
import type { Node } from "../node/ports.worker.ts";
import type { MeterAcknowledgement, Tally } from "./tally.ts";

/** `refused`: the meter will never take it (another version, too large): it is given up. `unreachable`: kept for next time. */
export type Pushed = "nothing" | "pushed" | "refused" | "unreachable";

/** When each tally was pushed last, and whether a push of what came since is set up. */
const paced = new WeakMap<Tally, { pushedAt: number; isSetUp: boolean }>();

/**
 * Pushes at once, if that was not done within the last second; else once that is over, with all that is counted until then.
 * `waitUntil` keeps the isolate alive for it.
 */
export function pushPaced(tally: Tally, meter: () => Node, waitUntil: (work: Promise<unknown>) => void): void {
  const before = paced.get(tally);
  const now = Date.now();
  const rest = before === undefined ? 0 : before.pushedAt + LIMITS.meterPushMillis - now;
  // A push that was set up by a request which was ended from outside never comes: then the next one goes at once.
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
