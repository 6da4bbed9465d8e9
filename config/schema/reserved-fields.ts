// Request fields that routes may not use for keys, variants or secrets, and why: some belong to one connection, some are set by
// Meridian from facts, some would share one client's answer with others, some select a part or an age rather than a variant.
// Validation and forwarding use the same lists.

/** Fields of one connection, never forwarded (RFC 9110 section 7.6.1), besides those that `Connection` names. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/** Fields that an origin may trust for a client's address, host or country, and that a client could forge. */
const CLAIMS: ReadonlySet<string> = new Set([
  "forwarded",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-original-forwarded-for",
  "true-client-ip",
  "fastly-client-ip",
  // CGI makes of it HTTP_PROXY, which many clients in servers take for their own proxy.
  "proxy",
]);

/** A field name as CGI, WSGI and similar gateways map it: there `X_Real.IP` equals `X-Real-IP` (RFC 3875 section 4.1.18). */
const asGatewaysRead = (name: string): string => name.replace(/[^0-9a-z]/g, "-");

/**
 * Whether a client's field would pass for `own`, a lower-case name that Meridian alone may set: by itself, or in the spelling
 * in which gateways hand it on.
 */
export const passesFor = (name: string, own: string): boolean => asGatewaysRead(name) === asGatewaysRead(own);

/**
 * Whether a field of this lower-case name says who or where a client is, so that only Meridian may set it: anything that a client
 * sends under it goes no further, in no spelling that an origin's gateway would read as it. `Cf-` belongs to the platform,
 * which adds its own; its signed assertion of a user is proof in itself and may pass.
 */
export function isClaim(name: string): boolean {
  const read = asGatewaysRead(name);
  return (
    CLAIMS.has(read) ||
    read.startsWith("x-forwarded-") ||
    read.startsWith("meridian-") ||
    (read.startsWith("cf-") && name !== "cf-access-jwt-assertion")
  );
}

/** Fields with a fixed role in caching by RFC 9110 and 9111: they select no variant. */
const PROTOCOL: ReadonlySet<string> = new Set([
  "age",
  "cache-control",
  "content-length",
  "expect",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "max-forwards",
  "pragma",
  "range",
]);

/** Why a route's key or variants cannot use a request field of this name, in any case, and what to do; undefined if they can. */
export function whyReserved(fieldName: string): string | undefined {
  const name = fieldName.toLowerCase();
  if (name === "cookie") return "list the cookies that matter in key.cookies instead";
  if (name === "authorization") return 'responses to it are one client\'s own; use mode: "bypass" for such a route';
  if (name === "host") return "every key includes the host";
  if (HOP_BY_HOP.has(name)) return "it belongs to one connection and is never forwarded";
  if (isClaim(name)) return "Meridian sets it from facts; for the client's country use key.country";
  if (name === "via" || name === "cdn-loop" || name === "traceparent" || name === "tracestate") {
    return "Meridian sets it on every request";
  }
  if (PROTOCOL.has(name)) return "it controls caching (RFC 9110, RFC 9111) and selects no variant";
  return undefined;
}

/** Prefix of every internal field; anything of that name from outside is removed at the door. */
export const INTERNAL_PREFIX = "meridian-internal-";
