// What can be said of a purge: what its receipt says, whose signature was checked before, and whether each region's hub, asked
// for its own vector, has the purge in its log. It never calls more proven than that: what hubs say of their logs is not
// signed, and a key that came from the same API proves no more than that the API signs what it says.

import type { z } from "zod";
import type { receiptSchema, regionListSchema } from "../../api/schemas.ts";
import { covers, parseDot } from "../../purge/vector.ts";

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
  /** Whether every hub that was asked has the purge and the receipt says that all shards acknowledged it. */
  readonly holds: boolean;
  /** The key with which the receipt is signed. */
  readonly key: string;
  readonly proven: readonly string[];
  readonly notProven: readonly string[];
}

/** The key that a signature was checked with, and whether somebody kept it apart (`file`) or the same API gave it. */
export interface CheckedWith {
  readonly kid: string;
  readonly from: "file" | "api";
}

/** Compares a receipt with the vectors of all hubs, where they were asked. An id that is no dot proves nothing anywhere. */
export function provePurge(
  receipt: z.output<typeof receiptSchema>,
  key: CheckedWith,
  list: z.output<typeof regionListSchema> | undefined,
): PurgeProof {
  const dot = parseDot(receipt.id);
  const regions = (list?.regions ?? []).map((region): RegionProof => {
    const said = receipt.regions.find((one) => one.region === region.id)?.state ?? "not named";
    if (!region.hub) return { region: region.id, hub: "silent", receipt: said };
    return { region: region.id, hub: dot && covers(region.hub.vector, dot) ? "has it" : "lacks it", receipt: said };
  });
  const names = (hub: RegionProof["hub"]) => regions.filter((one) => one.hub === hub).map(({ region }) => region);
  const [having, lacking, silent] = [names("has it"), names("lacks it"), names("silent")];
  const applied = receipt.state === "applied" || receipt.state === "complete";

  const proven = [`The receipt is as the deployment with the key ${key.kid} signed it.`];
  const notProven: string[] = [];
  if (key.from === "api") {
    notProven.push("That this key is the cluster's: the API gave it. Keep it, and check with --key FILE from then on.");
  }
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
  notProven.push(
    list === undefined
      ? "That the hubs still have it: they were not asked."
      : "That nobody changed what the hubs say of their logs: only receipts are signed.",
  );
  return {
    id: receipt.id,
    state: receipt.state,
    regions,
    holds: applied && having.length === regions.length,
    key: key.kid,
    proven,
    notProven,
  };
}
