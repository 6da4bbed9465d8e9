// What a shard may release without a lease. The route chooses between availability and consistency: serve what is stored, for a minute
// at most; revalidate everything, and release only what was just fetched; or refuse. A shield never answers from its store
// without a lease, because a tier below would release that answer again.

import { LIMITS } from "../../../config/limits.ts";
import type { Route } from "../../../config/schema/schema.ts";
import { between, type EpochMillis } from "../../../config/units.ts";
import { isWeak } from "../../http/entity-tag.ts";
import type { Fields } from "../../http/fields.ts";
import type { Tier } from "../../tier/wire.ts";
import type { LeaseState } from "./purge-knowledge.ts";

/** `full`: under a lease. `serve`: stored responses may be released without one. `ask`: only what was just fetched may. */
export type Trust = "full" | "serve" | "ask" | "refuse";

/** How far the known purges can be trusted at `now`. Requests that demand newer knowledge have been refused before. */
export function trustOf(standing: LeaseState, route: Pick<Route, "whenCutOff">, tier: Tier, now: EpochMillis): Trust {
  if (standing.kind === "leased") return "full";
  if (route.whenCutOff === "refuse" || standing.kind === "behind") return "refuse";
  const servesStill = standing.since !== undefined && between(standing.since, now) <= LIMITS.cutOffServeMillis;
  return route.whenCutOff === "serve" && tier === "shard" && servesStill ? "serve" : "ask";
}

/**
 * Whether a 304 proves that a stored response is what the origin has now. Only a strong tag does: two versions can share a date or a
 * weak tag, and without a lease a purge between them may be unknown.
 */
export function isProvenByConfirmation(fields: Fields): boolean {
  const tag = fields.get("etag");
  return tag !== undefined && tag !== "" && !isWeak(tag);
}
