// How urgent a fill is, so that popular objects come first where an origin's requests have to queue: after a purge of everything,
// thousands of objects are fetched again, and most people wait for a few of them. A tier adds how often it used the stored response
// that is being replaced. A background refresh, for which no client waits, comes after every fill for which one does.

import { clientNetwork } from "../../../config/world/ip-network.ts";
import type { Demand, RequestContext } from "../../tier/wire.ts";
import type { ShardRequest } from "./shard-request.ts";

/** The request with this tier's demand added: how often the stored response was used, and whether a client waits. */
export function withDemand(
  asked: ShardRequest,
  { uses, waits }: { readonly uses: number | undefined; readonly waits: boolean },
): ShardRequest {
  const { request } = asked;
  const { demand } = request.context;
  const whole: Demand = { uses: (demand?.uses ?? 0) + (uses ?? 0), waits: waits && (demand?.waits ?? true) };
  return { ...asked, request: { ...request, context: { ...request.context, demand: whole } } };
}

/** The use count that a new response starts with: popularity outlasts one response, but fades. */
export const inheritedUses = (demand: Demand | undefined): number => Math.floor((demand?.uses ?? 0) / 2);

/** The rank of a request at its origin's gate: 0 or more if a client waits, negative if none does; higher for what is used more. */
export function rankOf(demand: Demand | undefined): number {
  if (demand === undefined) return 0;
  return demand.waits ? demand.uses : -1 / (1 + demand.uses);
}

/**
 * The client whose share of the origin's turns a fill uses: the one that began it, by address or IPv6 /64; none for a refresh.
 * Loopback addresses count as no client. All clients of a local run have one, so they would get a single share and leave turns
 * idle.
 */
export function askerOf({ client, demand }: Pick<RequestContext, "client" | "demand">): string | undefined {
  const { address } = client;
  if (address === undefined || demand?.waits === false) return undefined;
  return address === "::1" || address.startsWith("127.") ? undefined : clientNetwork(address);
}
