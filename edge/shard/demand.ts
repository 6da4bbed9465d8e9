// How much a fill is wanted, so that where an origin's requests have to queue the popular go first: after a purge of everything
// thousands of objects are fetched anew, and most people wait for few of them. What was stored is asked how often it was used
// before it ended; each tier adds what it knows. A refresh that nobody waits for stands behind all for which somebody does.

import type { Asked } from "./asked.ts";

/** What a tier tells the next of how much it wants an answer. */
export interface Demand {
  /** How often the stored response was used that the answer will replace, half of its predecessor's uses among them. */
  readonly uses: number;
  /** Somebody waits for it, or nobody does: a refresh of what is served meanwhile. */
  readonly waits: boolean;
}

/** A request that asks further for what was stored and used so often here; the asking tier may have said something of its own. */
export function wanting(asked: Asked, uses: number | undefined, waits = true): Asked {
  const { request } = asked;
  const { demand } = request.context;
  const whole: Demand = { uses: (demand?.uses ?? 0) + (uses ?? 0), waits: waits && (demand?.waits ?? true) };
  return { ...asked, request: { ...request, context: { ...request.context, demand: whole } } };
}

/** What a new response is taken to have been used for what it replaces: popularity lasts, but fades. */
export const inheritedUses = (demand: Demand | undefined): number => Math.floor((demand?.uses ?? 0) / 2);

/** The rank of a request at its origin's gate: 0 or more while somebody waits for it, less if not; more for what is used more. */
export function rankOf(demand: Demand | undefined): number {
  if (demand === undefined) return 0;
  return demand.waits ? demand.uses : -1 / (1 + demand.uses);
}
