// One request on a cached route, with everything that follows from the request and its route, worked out once.

import type { Config, Route } from "../../../config/schema/schema.ts";
import type { EpochMillis } from "../../../config/units.ts";
import { Fields } from "../../http/fields.ts";
import { type Policy, policyOf } from "../../http/terms.ts";
import { candidateNames, variantKey } from "../../http/vary.ts";
import { type CacheKey, keyOf } from "../../request/cache-key.ts";
import { hasBypassCookie, isPersonal, keyCookieField, selectsByTooMuch } from "../../request/keyed-fields.ts";
import type { TierRequest } from "../../tier/tier.ts";
import type { LeaseState } from "../purges/purge-knowledge.ts";

export interface ShardRequest extends CacheKey {
  readonly request: TierRequest;
  readonly route: Route;
  readonly policy: Policy;
  /** Whether it is specific to one client, so that no other request may share its fill. */
  readonly personal: boolean;
  readonly standing: LeaseState;
  readonly arrivedAt: EpochMillis;
}

export function shardRequestOf(
  config: Config,
  arrived: Pick<ShardRequest, "request" | "route" | "standing" | "arrivedAt">,
): ShardRequest {
  const { request, route } = arrived;
  const policy = policyOf(route, config.maxRetentionSeconds);
  const personal = isPersonal(request.fields, route);
  return { ...keyOf(request, route), ...arrived, policy, personal };
}

/**
 * What two requests must have in common to share a fill: key, method, request directives, and every field that may select a
 * variant, until the answer's `Vary` (`names`) is known.
 */
export function flightKeyOf(
  { key, request, route, policy }: Pick<ShardRequest, "key" | "request" | "route" | "policy">,
  names: readonly string[],
): string {
  const { fields, method } = request;
  const insistence = fields.get("cache-control") ?? fields.get("pragma") ?? "";
  const selecting = variantKey([...new Set([...names, ...candidateNames(route)])].sort(), fields);
  return [key, method, policy.clientCacheControl === "honour" ? insistence.toLowerCase() : "", selecting].join("\n");
}

/** Request fields that a cache never forwards: they concern one client's copy, or we set them (RFC 9111 section 4.3.1). */
const OWN_FIELDS = ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range"];

/** A request's fields without those that concern the client's own copy. */
export function withoutOwnFields(request: Fields): Fields {
  const fields = Fields.from(request);
  for (const name of OWN_FIELDS) fields.delete(name);
  return fields;
}

/** The request for the whole object instead of a range. */
export function withoutRange(request: TierRequest): TierRequest {
  const fields = Fields.from(request.fields);
  for (const name of ["range", "if-range"]) fields.delete(name);
  return { ...request, fields };
}

/** The request as a refresh sends it, for all clients: of the one client it keeps only the cookies in the key. */
export function impersonal<Of extends Pick<ShardRequest, "personal" | "route" | "request">>(asked: Of): Of {
  const fields = Fields.from(asked.request.fields);
  for (const name of ["cache-control", "pragma", "authorization", "cookie"]) fields.delete(name);
  const cookie = keyCookieField(asked.request.fields, asked.route);
  if (cookie !== undefined) fields.set("cookie", cookie);
  return { ...asked, personal: false, request: { ...asked.request, method: "GET", fields } };
}

/** Why the cache takes no part in a request that is passed on, as `Cache-Status` says it. */
export function whyPassed({ request, route }: ShardRequest): {
  readonly reason: "bypass" | "method";
  readonly detail?: string;
} {
  if (route.mode === "bypass") return { reason: "bypass" };
  if (request.method !== "GET" && request.method !== "HEAD") return { reason: "method" };
  if (hasBypassCookie(request.fields, route)) return { reason: "bypass", detail: "bypass-cookie" };
  const isTooLong = selectsByTooMuch(request.fields, route);
  return { reason: "bypass", detail: isTooLong ? "selecting-value-too-long" : "event-stream" };
}
