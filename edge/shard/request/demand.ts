// How much a fill is wanted, so that where an origin's requests have to queue the popular go first: after a purge of everything
// thousands of objects are fetched anew, and most people wait for few of them. What was stored is asked how often it was used
// before it ended; each tier adds what it knows. A refresh that nobody waits for stands behind all for which somebody does.

import { clientNetwork } from "../../../config/world/ip-network.ts";
import type { Demand, RequestContext } from "../../tier/wire.ts";
import type { ShardRequest } from "./shard-request.ts";

/** The request with this tier's demand added to what the asking tier said: how often what it found was used, and whether somebody waits. */
export function withDemand(
  asked: ShardRequest,
  { uses, waits }: { readonly uses: number | undefined; readonly waits: boolean },
): ShardRequest {
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

/**
 * The client whose share of the origin's turns a fill takes: the one that it was begun for, by address or IPv6 /64, and nobody for a
 * refresh. Loopback is nobody either: behind it stands whatever runs on this machine, so it would give all of a local run's clients
 * one share and leave turns idle.
 */
export function askerOf({ client, demand }: Pick<RequestContext, "client" | "demand">): string | undefined {
  const { address } = client;
  if (address === undefined || demand?.waits === false) return undefined;
  return address === "::1" || address.startsWith("127.") ? undefined : clientNetwork(address);
}
