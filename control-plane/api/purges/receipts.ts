// Receipts for clients: a hub's receipt with scopes grouped by kind and instants in ISO 8601, and the status for the requested
// state. It never claims a later state than the hub reported.

import type { z } from "zod";
import type { EpochMillis } from "../../../config/units.ts";
import type { PurgeCommand, Receipt, ReceiptState } from "../../hub/commands.ts";
import type { MinVersion, Scope } from "../../purge/event.ts";
import type { receiptSchema } from "../schemas.ts";

/** The API's receipt without its signature. */
export type UnsignedReceipt = Omit<z.output<typeof receiptSchema>, "signature">;

/** An instant in ISO 8601, UTC. */
export const instant = (at: EpochMillis): string => new Date(at).toISOString();

/** Scopes by kind, in the order given. */
export function groupScopes(scopes: readonly Scope[]): UnsignedReceipt["scopes"] {
  const grouped: UnsignedReceipt["scopes"] = { urls: [], prefixes: [], tags: [], hosts: [], everything: false };
  for (const scope of scopes) {
    switch (scope.kind) {
      case "url":
        grouped.urls.push(scope.url);
        break;
      case "prefix":
        grouped.prefixes.push(scope.prefix);
        break;
      case "tag":
        grouped.tags.push(scope.tag);
        break;
      case "host":
        grouped.hosts.push(scope.host);
        break;
      case "everything":
        grouped.everything = true;
        break;
    }
  }
  return grouped;
}

const minVersionAnswer = ({ notEtags, lastModified }: MinVersion): NonNullable<UnsignedReceipt["minVersion"]> => ({
  ...(notEtags === undefined ? {} : { notEtags: [...notEtags] }),
  ...(lastModified === undefined ? {} : { lastModified: instant(lastModified) }),
});

/** The answer for a receipt, to be signed; `wait` is the state that the client requested, if any. */
export function receiptAnswer(receipt: Receipt, wait?: PurgeCommand["wait"]): UnsignedReceipt {
  const answer: UnsignedReceipt = {
    id: receipt.id,
    state: receipt.state,
    soft: receipt.severity === "soft",
    scopes: groupScopes(receipt.scopes),
    by: receipt.by,
    acceptedAt: instant(receipt.acceptedAt),
    hub: receipt.hub,
    regions: receipt.regions.map((region) => ({
      region: region.region,
      state: region.state,
      ...(region.appliedAt === undefined ? {} : { appliedAt: instant(region.appliedAt) }),
      ...(region.entries === undefined ? {} : { entries: region.entries }),
      ...(region.reason === undefined ? {} : { reason: region.reason }),
    })),
    missing: [...receipt.missing],
  };
  const { settleSeconds, minVersion } = receipt;
  if (settleSeconds !== undefined) answer.settleSeconds = settleSeconds;
  if (minVersion !== undefined) answer.minVersion = minVersionAnswer(minVersion);
  if (receipt.reason !== undefined) answer.reason = receipt.reason;
  if (receipt.appliedAt !== undefined) answer.appliedAt = instant(receipt.appliedAt);
  if (receipt.completeAt !== undefined) answer.completeAt = instant(receipt.completeAt);
  if (receipt.completeBy !== undefined) answer.completeBy = instant(receipt.completeBy);
  if (wait !== undefined && !reached(receipt.state, wait)) answer.detail = notReached(receipt.state, wait);
  return answer;
}

/** 200 if the purge has reached the requested state, else 202. */
export const receiptStatus = (state: ReceiptState, wait: PurgeCommand["wait"]): 200 | 202 =>
  reached(state, wait) ? 200 : 202;

// A partial purge is accepted, but not known to be applied everywhere.
const ORDER: Readonly<Record<ReceiptState, number>> = { partial: 0, accepted: 0, applied: 1, complete: 2 };
const reached = (state: ReceiptState, wait: PurgeCommand["wait"]): boolean => ORDER[state] >= ORDER[wait];

const notReached = (state: ReceiptState, wait: PurgeCommand["wait"]): string =>
  `timed out waiting for ${wait}: the state is ${state}; read this receipt again later`;
