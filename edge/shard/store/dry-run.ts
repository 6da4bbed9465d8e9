// What a purge would match, without purging: the same matching as the purge set's, from nothing known. An entry that an earlier purge
// invalidated stays in the store until it is looked up or evicted, and no longer counts.

import { type Bytes, bytes, epochMillis } from "../../../config/units.ts";
import type { Scope } from "../../../control-plane/purge/event.ts";
import { PurgeSet } from "../../../control-plane/purge/purge-set.ts";
import { EMPTY_VECTOR } from "../../../control-plane/purge/vector.ts";
import type { DryRunResponse } from "../../../control-plane/purge/wire.ts";
import type { Entry } from "./entry.ts";

/** Counts the entries that `scopes` match and that are not dead by what is `known`, and the bytes of their bodies. */
export function dryRun(
  scopes: readonly Scope[],
  entries: Iterable<Entry>,
  known: PurgeSet,
  canonicalUrls: (url: string) => readonly string[],
): DryRunResponse {
  const purges = new PurgeSet(canonicalUrls);
  const dot = { hub: "dry.run0", counter: 1 };
  purges.apply({
    v: 1,
    dot,
    at: epochMillis(0),
    kind: "purge",
    severity: "hard",
    scopes,
    by: "dry-run",
    requestDigest: "",
  });
  let count = 0;
  let held = 0;
  for (const entry of entries) {
    if (purges.verdict(entry.target, EMPTY_VECTOR) === "alive") continue;
    if (known.verdict(entry.target, entry.seen) === "hard") continue;
    count += 1;
    held += entry.body?.byteLength ?? 0;
  }
  return { v: 1, entries: count, bytes: bytes(held) satisfies Bytes };
}
