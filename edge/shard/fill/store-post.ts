// When the answer to a POST may answer later GETs of its URL: it says for how long, and that it is that URL's representation
// (RFC 9110 section 9.3.3). Only where the route asks for it, because such an answer may hold anything that its one sender put in:
// the origin's word that it is everybody's is all there is. A POST itself is always passed on.

import type { Route } from "../../../config/schema/schema.ts";
import { normaliseUrl } from "../../../config/spelling/normal-url.ts";
import { hasExplicitLifetime } from "../../http/freshness.ts";
import { decideStore } from "../../http/store.ts";
import { bornAt, type Terms } from "../../http/terms.ts";
import { cacheKey } from "../../request/cache-key.ts";
import { matchRoute } from "../../route/match-route.ts";
import type { UpstreamAnswer } from "../../tier/tier.ts";
import type { ShardRequest } from "../request/shard-request.ts";

/** The terms on which the answer to a POST is kept as its URL's representation; undefined if it is not to be kept. */
export function termsOfPost(asked: ShardRequest, answer: UpstreamAnswer, routes: readonly Route[]): Terms | undefined {
  const { request, route, policy, personal } = asked;
  if (request.method !== "POST" || route.storePost !== "explicit" || route.mode !== "cache") return undefined;
  if (answer.status !== 200 || !isOfItsUrl(asked, answer, routes)) return undefined;
  const response = {
    status: answer.status,
    fields: answer.fields,
    bornAt: bornAt(answer),
    receivedAt: answer.responseAt,
  };
  if (!hasExplicitLifetime(response, policy)) return undefined;
  const decision = decideStore({ method: "GET", fields: request.fields, personal }, response, policy);
  return decision.kind === "store" ? decision.terms : undefined;
}

/**
 * Whether it says that it is the representation of the URL that was POSTed to, and GETs of it follow the same route. By its
 * key, not by its purge spelling: that takes URLs for one which are two.
 */
function isOfItsUrl(
  { request, route, key }: ShardRequest,
  { fields }: UpstreamAnswer,
  routes: readonly Route[],
): boolean {
  const reference = fields.get("content-location");
  if (reference === undefined || !URL.canParse(reference, request.context.url)) return false;
  const normal = normaliseUrl(new URL(reference, request.context.url).href.split("#", 1)[0] ?? "");
  if (normal.kind === "invalid") return false;
  const { host, pathname: path } = new URL(normal.url);
  if (matchRoute(routes, { host, path, method: "GET" }) !== route) return false;
  const { country } = request.context.client;
  return cacheKey({ url: normal.url, fields: request.fields, country }, route).key === key;
}
