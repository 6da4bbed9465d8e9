// What a shard may release without a lease, which is the route's choice between availability and consistency (DESIGN section 4):
// serve what is stored, for a minute at most; ask further for everything, and release only what was fetched a moment ago; or
// refuse. A shield never serves unasked without a lease: what it gave would be released again below.

import { LIMITS } from "../../../config/limits.ts";
import type { Route } from "../../../config/schema/schema.ts";
import { between, type EpochMillis } from "../../../config/units.ts";
import { isWeak } from "../../http/entity-tag.ts";
import type { Fields } from "../../http/fields.ts";
import type { Tier } from "../../tier/wire.ts";
import type { LeaseState } from "./purge-knowledge.ts";

/** `full`: under a lease. `serve`: stored responses may go out all the same. `ask`: only what was just fetched may. */
export type Trust = "full" | "serve" | "ask" | "refuse";

/** How far what is known of purges may be trusted at `now`. Requests that are behind have been refused before. */
export function trustOf(standing: LeaseState, route: Pick<Route, "whenCutOff">, tier: Tier, now: EpochMillis): Trust {
  if (standing.kind === "leased") return "full";
  if (route.whenCutOff === "refuse" || standing.kind === "behind") return "refuse";
  const servesStill = standing.since !== undefined && between(standing.since, now) <= LIMITS.cutOffServeMillis;
  return route.whenCutOff === "serve" && tier === "shard" && servesStill ? "serve" : "ask";
}

/**
 * Whether a 304 proves that a stored response is what the origin has now. Only a strong tag does: two versions can share a date,
 * or a weak tag, and without a lease nobody knows whether a purge has come between them.
 */
export function isProvenByConfirmation(fields: Fields): boolean {
  const tag = fields.get("etag");
  return tag !== undefined && tag !== "" && !isWeak(tag);
}
