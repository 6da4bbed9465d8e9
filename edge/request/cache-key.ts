// What makes two requests the same for the cache: a route's key rules applied to a request. Two requests with equal keys are
// answered from the same entries, so the key holds everything that a shared fill forwards, apart from the fields that select
// variants (forwarded.ts; a property test compares them). GET and HEAD have one key, since HEAD is answered from GET's entry.
// A key begins with a namespace made of the rules themselves: changed rules start afresh instead of meeting entries that were
// stored under others. Purges name URLs as clients write them; `canonicalUrls` gives the spellings that entries carry.
// **Decided**: the order of parameters counts, in the key and in what the origin is asked, as other CDNs have it: origins sign
// queries as written, and Rack and PHP group `a[][x]` by order. A route that says `key.queryOrder: "sort"` has both sorted. A purge of a URL
// is about every order of its parameters.

import type { Route } from "../../config/schema/schema.ts";
import { normaliseUrl, targetOfUrl } from "../../config/spelling/normal-url.ts";
import { purgeSpelling } from "../../config/spelling/purge-spelling.ts";
import { SIGNATURE_PARAMETERS } from "../../config/spelling/signed-url.ts";
import type { Fields } from "../http/fields.ts";
import { shortHash } from "../ring/hash.ts";
import { matchRoute } from "../route/match-route.ts";
import { chooseRoute } from "../route/protected-route.ts";
import type { RequestContext } from "../tier/wire.ts";
import { deviceOf } from "./device.ts";
import { keyCookies, keyHeaders } from "./keyed-fields.ts";

export interface CacheKey {
  /** Namespace, URL and everything else that the rules name. Two keys are equal exactly if all of these are. */
  readonly key: string;
  /** The purge spelling of the URL with its query as the route's rules leave it: what purges of URLs, prefixes and hosts match. */
  readonly url: string;
  /** Path and query that the origin is asked for on a cached `forward: "key"` route. */
  readonly forwardPath: string;
}

/**
 * The key of a request for `url` (as `normaliseUrl` gives it) under `route`. `country` is the client's, in ISO 3166 letters;
 * it takes part only where the route says so.
 */
export function cacheKey(
  input: { readonly url: string; readonly fields: Fields; readonly country?: string | undefined },
  route: Route,
): CacheKey {
  const url = keyedUrl(input.url, route);
  const parts = [
    ...keyHeaders(input.fields, route),
    ...keyCookies(input.fields, route),
    ...(route.key.country ? [input.country ?? null] : []),
    ...(route.key.device ? [deviceOf(input.fields)] : []),
  ];
  const key = `${namespaceOf(route)} ${url}`;
  return {
    // A normalised URL has no space, and JSON keeps the parts apart for any content, so no two lists look alike.
    key: parts.length === 0 ? key : `${key} ${JSON.stringify(parts)}`,
    url: purgeSpelling(url),
    forwardPath: targetOfUrl(url),
  };
}

/** The key of a request between tiers. */
export const keyOf = (
  { fields, context }: { readonly fields: Fields; readonly context: Pick<RequestContext, "url" | "client"> },
  route: Route,
): CacheKey => cacheKey({ url: context.url, fields, country: context.client.country }, route);

/**
 * For a purge's URL (absolute, or `//host/path` for both schemes) the URLs that its entries carry: under the key rules of
 * every route that a GET or HEAD of it would follow. Where no route matches it is the normalised URL, and none where the
 * text is no URL at all, which the control API has refused before.
 */
export const canonicalUrls =
  (routes: readonly Route[]) =>
  (purgeUrl: string): string[] => {
    const spellings = purgeUrl.startsWith("//") ? [`http:${purgeUrl}`, `https:${purgeUrl}`] : [purgeUrl];
    const found = new Set<string>();
    for (const spelling of spellings) {
      const normal = normaliseUrl(spelling);
      if (normal.kind === "invalid") continue;
      const { host, pathname: path } = new URL(normal.url);
      for (const method of ["GET", "HEAD"]) {
        // Both, so that a purge is right for either value of `strictPaths`.
        const written = matchRoute(routes, { host, path, method });
        const strict = chooseRoute(routes, { host, path, method }, "strict");
        for (const route of new Set([written, strict.kind === "route" ? strict.route : written])) {
          found.add(purgeSpelling(route === undefined ? normal.url : keyedUrl(normal.url, route)));
        }
      }
    }
    return [...found];
  };

/** `url` with the query parameters that count, in the order in which they were asked, or sorted if the route says so. */
function keyedUrl(url: string, route: Route): string {
  const start = url.indexOf("?");
  if (start < 0) return url;
  const byRule = parameterFilter(route.key.query);
  // A signed URL names what the bare one names: in purges and explanations too, where the signature has not been removed.
  const counts = route.actions?.signed === undefined ? byRule : (name: string) => !SIGNATURE.has(name) && byRule(name);
  return withQuery(url.slice(0, start), url.slice(start + 1), route, counts);
}

/**
 * Path and query for the origin of a route that forwards everything, from `url` in its one spelling: every parameter, in the
 * order that the key has.
 */
export function wholeTarget(url: string, route: Route): string {
  const target = targetOfUrl(url);
  const start = target.indexOf("?");
  if (start < 0 || route.key.queryOrder === "keep") return target;
  return withQuery(target.slice(0, start), target.slice(start + 1), route, () => true);
}

function withQuery(before: string, query: string, route: Route, counts: (name: string) => boolean): string {
  const parameters = query
    .split("&")
    .filter((text) => text !== "")
    .map((text) => ({ name: parameterName(text), text }))
    .filter((parameter) => counts(parameter.name));
  if (parameters.length === 0) return before;
  // Parameters of one name keep their order.
  if (route.key.queryOrder === "sort") parameters.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return `${before}?${parameters.map((parameter) => parameter.text).join("&")}`;
}

const SIGNATURE: ReadonlySet<string> = new Set(Object.values(SIGNATURE_PARAMETERS));

/** The name as an origin would read it, so that `utm%5Fsource` does not pass for another parameter than `utm_source`. */
function parameterName(text: string): string {
  const end = text.indexOf("=");
  const written = (end < 0 ? text : text.slice(0, end)).replaceAll("+", " ");
  try {
    return decodeURIComponent(written);
  } catch (problem) {
    // Escapes that are no UTF-8: the name stands as it is written.
    if (problem instanceof URIError) return written;
    throw problem;
  }
}

function parameterFilter(query: Route["key"]["query"]): (name: string) => boolean {
  if (query === "all") return () => true;
  if (query === "none") return () => false;
  const patterns = "only" in query ? query.only : query.except;
  const listed = (name: string) =>
    patterns.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
  return "only" in query ? listed : (name) => !listed(name);
}

const namespaces = new WeakMap<Route, string>();

/** Everything of a route that decides what a key means and what its fills may have been made from: what it asks the origin, too. */
function namespaceOf(route: Route): string {
  let namespace = namespaces.get(route);
  if (namespace === undefined) {
    const asks = [route.actions?.rewrite, route.actions?.request].filter((rules) => rules !== undefined);
    namespace = shortHash(JSON.stringify([2, route.name, route.key, route.forward, route.variantHeaders, ...asks]));
    namespaces.set(route, namespace);
  }
  return namespace;
}
