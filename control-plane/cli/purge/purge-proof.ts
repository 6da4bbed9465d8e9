// States what is proven of a purge: its receipt, whose signature was checked before, and whether each hub's vector covers the
// purge. It claims no more than that: vectors are not signed, and a key from the same API proves only that the API signs its
// own statements.

import type { z } from "zod";
import type { receiptSchema, regionListSchema } from "../../api/schemas.ts";
import { covers, parseDot } from "../../purge/vector.ts";

/** One region: whether its hub has the purge, and the receipt's state for its shards. */
export interface RegionProof {
  readonly region: string;
  /** `silent`: the hub did not answer. */
  readonly hub: "has it" | "lacks it" | "silent";
  readonly receipt: string;
}

export interface PurgeProof {
  readonly id: string;
  readonly state: string;
  readonly regions: readonly RegionProof[];
  /** Whether every queried hub has the purge and all shards acknowledged it according to the receipt. */
  readonly holds: boolean;
  /** The key that signed the receipt. */
  readonly key: string;
  readonly proven: readonly string[];
  readonly notProven: readonly string[];
}

/** The key that a signature was checked with, and its source: kept apart (`file`) or fetched from the same API. */
export interface CheckedWith {
  readonly kid: string;
  readonly from: "file" | "api";
}

/** Compares a receipt with all hubs' vectors, if they were queried. An id that is no dot proves nothing. */
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

  const proven = [`The receipt's signature is valid for the deployment's key ${key.kid}.`];
  const notProven: string[] = [];
  if (key.from === "api") {
    notProven.push(
      "That this key is the cluster's: it came from the same API. Save it, and check with --key FILE from then on.",
    );
  }
  if (having.length > 0) proven.push(`${having.length} of ${regions.length} hubs report it in their logs.`);
  if (applied) proven.push("The hubs report that their shards have acknowledged it.");
  if (lacking.length > 0) notProven.push(`These hubs do not have it yet: ${lacking.join(", ")}.`);
  if (silent.length > 0) notProven.push(`These hubs did not answer: ${silent.join(", ")}.`);
  if (!applied)
    notProven.push(`The receipt is ${receipt.state}: as far as is known, some shards have not acknowledged it.`);
  if (receipt.state === "complete")
    proven.push("Every lease from before it has expired: no node serves an older response any more.");
  else {
    notProven.push(
      "That no node can serve an older response any more: that requires `complete`, which this receipt is not.",
    );
  }
  notProven.push(
    list === undefined
      ? "That the hubs still have it: they were not queried."
      : "That the hubs' reports are unaltered: only receipts are signed.",
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
