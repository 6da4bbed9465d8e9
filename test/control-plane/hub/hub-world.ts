// What tests of hubs share: three or nine of them that have met, and a purge's receipt, refusal, dot and holders.

import { expect } from "vitest";
import type { RegionId } from "../../../config/world/regions.ts";
import type { Receipt, Refusal } from "../../../control-plane/hub/commands.ts";
import type { PurgeOutcome } from "../../../control-plane/hub/hub.ts";
import type { LogLimits } from "../../../control-plane/hub/log/compaction.ts";
import { type Dot, parseDot } from "../../../control-plane/purge/vector.ts";
import { type FakeShard, Network, SETTLING } from "./network.ts";

export const THREE: RegionId[] = ["enam", "weur", "apac"];
export const NINE: RegionId[] = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"];

/** A network whose hubs have met. */
export async function met(regions: readonly RegionId[], seed = 1, logLimits?: LogLimits): Promise<Network> {
  const network = new Network(regions, seed, 2, logLimits);
  await network.run(SETTLING);
  for (const region of regions) expect(network.hub(region).state().joined).toBe(true);
  return network;
}
export function receiptOf(outcome: PurgeOutcome): Receipt {
  if (outcome.kind === "refused") throw new Error(`refused: ${outcome.refusal.code}`);
  return outcome.receipt;
}
export function refusalOf(outcome: PurgeOutcome): Refusal {
  if (outcome.kind !== "refused") throw new Error("was not refused");
  return outcome.refusal;
}
export const dotOf = (receipt: { readonly id?: string }): Dot => parseDot(receipt.id ?? "") as Dot;
export const shard = (network: Network, region: RegionId, index: number): FakeShard =>
  network.site(region).shards.get(index) as FakeShard;
export const holders = (network: Network, dot: Dot): RegionId[] =>
  [...network.sites].filter(([, site]) => site.log.find(dot) !== undefined).map(([region]) => region);
