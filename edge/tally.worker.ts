// Counts what an isolate serves, and hands the counts to the region's meter: at most once a second, only after requests, so
// an idle isolate does nothing. What could not be handed over is sent again with the next push, under the same number.

import { LIMITS } from "../config/limits.ts";
import { pushTally } from "../config/metrics/meter-push.worker.ts";
import { Tally } from "../config/metrics/tally.ts";
import type { Environment } from "../config/node/environment.worker.ts";
import { nodesOf } from "../config/node/nodes.worker.ts";
import type { RegionId } from "../config/world/regions.ts";
import { EDGE_LIMITS } from "./limits.ts";

const tallies = new Map<RegionId, Tally>();
/** When the push that is waiting for its turn was set up, by region. */
const pushSetUpAt = new Map<RegionId, number>();

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
  const setUpAt = pushSetUpAt.get(region);
  // A request that is ended from outside takes its push along: after a while another one may set it up.
  if (setUpAt !== undefined && Date.now() - setUpAt < EDGE_LIMITS.meterPushGivenUpMillis) return;
  pushSetUpAt.set(region, Date.now());
  waitUntil(
    new Promise((resolve) => setTimeout(resolve, LIMITS.meterPushMillis))
      .then(() => pushTally(tallyOf(region), nodesOf(env).meter(region)))
      .finally(() => pushSetUpAt.delete(region)),
  );
}
