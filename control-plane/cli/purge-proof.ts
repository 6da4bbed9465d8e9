// What can be said of a purge beyond its receipt: whether each region's hub, asked for its own vector, has the purge in its
// log. It compares what hubs say and never calls more proven than that: receipts are not signed, and no hub says yet that
// nothing older can be released any more (`complete`, DESIGN section 4).

import type { z } from "zod";
import type { receiptSchema, regionListSchema } from "../api/schemas.ts";
import { covers, parseDot } from "../purge/vector.ts";

/** One region's part: what its hub knows, and what the receipt says of its shards. */
export interface RegionProof {
  readonly region: string;
  /** `silent`: the hub did not answer, so nothing is known. */
  readonly hub: "has it" | "lacks it" | "silent";
  readonly receipt: string;
}

export interface PurgeProof {
  readonly id: string;
  readonly state: string;
  readonly regions: readonly RegionProof[];
  /** Whether every hub of the deployment has the purge and the receipt says that all shards acknowledged it. */
  readonly holds: boolean;
  readonly proven: readonly string[];
  readonly notProven: readonly string[];
}

/** Compares a receipt with the vectors of all hubs. An id that is no dot proves nothing anywhere. */
export function provePurge(
  receipt: z.output<typeof receiptSchema>,
  list: z.output<typeof regionListSchema>,
): PurgeProof {
  const dot = parseDot(receipt.id);
  const regions = list.regions.map((region): RegionProof => {
    const said = receipt.regions.find((one) => one.region === region.id)?.state ?? "not named";
    if (!region.hub) return { region: region.id, hub: "silent", receipt: said };
    return { region: region.id, hub: dot && covers(region.hub.vector, dot) ? "has it" : "lacks it", receipt: said };
  });
  const names = (hub: RegionProof["hub"]) => regions.filter((one) => one.hub === hub).map(({ region }) => region);
  const [having, lacking, silent] = [names("has it"), names("lacks it"), names("silent")];
  const applied = receipt.state === "applied" || receipt.state === "complete";

  const proven: string[] = [];
  const notProven: string[] = [];
  if (having.length > 0) proven.push(`${having.length} of ${regions.length} hubs say that it is in their logs.`);
  if (applied) proven.push("The hubs say that the shards which ask them for purges have acknowledged it.");
  if (lacking.length > 0) notProven.push(`These hubs do not know it yet: ${lacking.join(", ")}.`);
  if (silent.length > 0) notProven.push(`These hubs did not answer: ${silent.join(", ")}.`);
  if (!applied)
    notProven.push(`The receipt is ${receipt.state}: some shards have not acknowledged it, as far as is known.`);
  if (receipt.state === "complete")
    proven.push("Every lease from before it is over: no node releases anything older any more.");
  else {
    notProven.push(
      "That no node can release anything older any more: that is `complete`, and this receipt does not say it.",
    );
  }
  notProven.push("That nobody changed these answers: receipts are not signed.");
  return {
    id: receipt.id,
    state: receipt.state,
    regions,
    holds: applied && having.length === regions.length,
    proven,
    notProven,
  };
}
