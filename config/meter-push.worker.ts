// Sends what an isolate has tallied to a meter. Two sends at once, or a send after a lost answer, carry the same numbered
// push, so nothing counts twice. It never throws: measuring must not disturb what is measured; what could not be sent stays
// in the tally and goes with the next try.

import type { MeterAcknowledgement, Tally } from "./metrics.ts";
import type { Node } from "./ports.worker.ts";

/** `refused`: the meter will never take it (another version, too large): it is given up. `unreachable`: kept for next time. */
export type Pushed = "nothing" | "pushed" | "refused" | "unreachable";

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
