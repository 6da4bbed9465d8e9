// Counts what an isolate serves, and hands the counts to the region's meter: at most once a second, only after requests, so
// an idle isolate does nothing. What could not be handed over is sent again with the next push, under the same number.

import type { Environment } from "../config/environment.worker.ts";
import { LIMITS } from "../config/limits.ts";
import { type MeterAcknowledgement, Tally } from "../config/metrics.ts";
import { nodesOf } from "../config/nodes.worker.ts";
import type { RegionId } from "../config/regions.ts";
import { NODE_URL } from "./message.worker.ts";

const tallies = new Map<RegionId, Tally>();
const pushing = new Set<RegionId>();

/** The tally of what this isolate serves for `region`. */
export function tallyOf(region: RegionId): Tally {
  let tally = tallies.get(region);
  if (tally === undefined) {
    tally = new Tally(crypto.randomUUID(), region);
    tallies.set(region, tally);
  }
  return tally;
}

/** Pushes the region's counts after a short while, together with what is counted meanwhile; at most one push waits. */
export function pushSoon(region: RegionId, env: Environment, waitUntil: (work: Promise<unknown>) => void): void {
  if (pushing.has(region)) return;
  pushing.add(region);
  waitUntil(
    new Promise((resolve) => setTimeout(resolve, LIMITS.meterPushMillis))
      .then(() => push(region, env))
      .finally(() => pushing.delete(region)),
  );
}

async function push(region: RegionId, env: Environment): Promise<void> {
  const tally = tallyOf(region);
  const deltas = tally.takeDeltas();
  if (deltas === undefined) return;
  try {
    const response = await nodesOf(env)
      .meter(region)
      .fetch(`${NODE_URL}/add`, { method: "POST", body: JSON.stringify(deltas) });
    if (response.ok) tally.acknowledge((await response.json<MeterAcknowledgement>()).sequence);
    else await response.body?.cancel();
  } catch {
    // The meter cannot be reached: the same push goes again after the next request, so nothing is lost or counted twice.
  }
}
