// Exactly what an origin sees of a request, apart from its method, path and body. Two extents:
//   "key"         a cached route: fields that are in the key, fields that select variants, and facts that the key
//                 determines. Nothing else, so no client can put anything into a response that others are served (a property
//                 test compares pairs of requests). Not even the client's address or trace: a shared response belongs to many.
//   "everything"  bypass routes, `forward: all`, and messages that no cache takes part in (other methods than GET and HEAD,
//                 WebSockets, requests whose answer is one client's alone): all fields but those of the connection, with the
//                 client's address.
// Either way, what says who a client is comes from facts (client.ts), never from the client's own X-Forwarded-For and the like.
// RFC 9110 section 7.6 (forwarding), RFC 7239 (Forwarded), RFC 8586 (CDN-Loop).

import { isClaim } from "../../config/schema/reserved-fields.ts";
import type { Route } from "../../config/schema/schema.ts";
import { type ClientFacts, toOrigin } from "../action/fields.ts";
import { Fields } from "../http/fields.ts";
import { via, withoutHopByHop } from "../http/forwardable.ts";
import { SURROGATE_CAPABILITY, SURROGATE_FIELD } from "../http/targeted.ts";
import { candidateNames } from "../http/vary.ts";
import { deviceOf } from "./device.ts";
import { isPersonal, keyCookieField, selectingValue, wholeCookieField } from "./keyed-fields.ts";
import { traceparent } from "./trace.ts";

export { isPersonal } from "./keyed-fields.ts";

export interface ForwardInput {
  readonly request: Fields;
  readonly route: Route;
  readonly client: {
    readonly address?: string | undefined;
    readonly country?: string | undefined;
    readonly scheme: "http" | "https";
    /** As the client asked for it, with a port if it is not the scheme's own. */
    readonly host: string;
  };
  readonly requestId: string;
  /** The `Host` for the origin. */
  readonly originHost: string;
  /** The member of CDN-Loop that names us. */
  readonly loop: string;
  /** Fields that select variants of this URL, in addition to the route's own: its answers named them in `Vary`. Lower-case. */
  readonly selecting?: readonly string[] | undefined;
  /** "everything" treats the request as a bypass route's; the route says by default. */
  readonly extent?: "key" | "everything";
}

/** The fields to send to the origin. Conditions and ranges of a fill are its own and come on top. */
export function forwardedFields(input: ForwardInput): Fields {
  const { route } = input;
  const byRoute = route.mode === "cache" && route.forward === "key" ? "key" : "everything";
  const extent = input.extent ?? byRoute;
  const fields = extent === "key" ? keyFields(input) : allFields(input);
  if (route.key.device) fields.append("meridian-device", deviceOf(input.request));
  const rules = route.actions?.request;
  if (rules !== undefined) toOrigin(fields, rules, factsFor(input, extent));
  return fields;
}

/** What the route's own fields may say about the client: on shared fills nothing that the key does not hold. */
function factsFor({ route, request, client }: ForwardInput, extent: "key" | "everything"): ClientFacts {
  const { scheme, host } = client;
  if (extent === "everything") return { ...client, device: deviceOf(request) };
  return {
    scheme,
    host,
    country: route.key.country ? client.country : undefined,
    device: route.key.device ? deviceOf(request) : undefined,
  };
}

function keyFields({ request, route, client, requestId, originHost, loop, selecting = [] }: ForwardInput): Fields {
  const fields = new Fields();
  fields.append("host", originHost);
  // A constant: some origins refuse requests without one, and the client's own would be an input that no key holds.
  fields.append("user-agent", "Meridian");
  const own = [...route.key.headers.map((name) => name.toLowerCase()), ...candidateNames(route)];
  const names = new Set([...own, ...selecting]);
  for (const name of names) {
    const value = selectingValue(request, name);
    if (value !== undefined) fields.set(name, value);
  }
  const personal = isPersonal(request, route);
  const authorization = request.get("authorization");
  const cookie = personal ? wholeCookieField(request) : keyCookieField(request, route);
  if (cookie !== undefined && cookie !== "") fields.append("cookie", cookie);
  if (authorization !== undefined) fields.append("authorization", authorization);
  appendOrigin(fields, { ...client, address: undefined, country: route.key.country ? client.country : undefined });
  if (obeysSurrogateControl(route)) fields.append("surrogate-capability", SURROGATE_CAPABILITY);
  fields.append("cdn-loop", loop);
  fields.append("via", via(undefined));
  fields.append("traceparent", traceparent(undefined, requestId));
  return fields;
}

function allFields({ request, route, client, requestId, originHost, loop, extent }: ForwardInput): Fields {
  const fields = new Fields();
  fields.append("host", originHost);
  for (const [name, value] of withoutHopByHop(request)) {
    if (!SET_HERE.has(name) && !isClaim(name)) fields.append(name, value);
  }
  // The runtime makes the next connection's handshake from this one word; no other upgrade is passed on.
  if (request.get("upgrade")?.trim().toLowerCase() === "websocket") fields.append("upgrade", "websocket");
  // An answer that may be stored is stored under these values, so they are what the origin answers to.
  for (const name of extent === undefined && route.mode === "cache" ? candidateNames(route) : []) {
    const value = selectingValue(request, name);
    if (value === undefined) fields.delete(name);
    else fields.set(name, value);
  }
  appendOrigin(fields, client);
  if (extent === undefined && route.mode === "cache" && obeysSurrogateControl(route)) {
    fields.append("surrogate-capability", SURROGATE_CAPABILITY);
  }
  const passed = request.get("cdn-loop")?.trim();
  fields.append("cdn-loop", passed ? `${passed}, ${loop}` : loop);
  fields.append("via", via(request.get("via")));
  fields.append("traceparent", traceparent(request.get("traceparent"), requestId));
  return fields;
}

/** Only where the route obeys that field does an origin hear that it may use it. */
const obeysSurrogateControl = ({ targets }: Route): boolean =>
  targets.some((name) => name.toLowerCase() === SURROGATE_FIELD);

/** Fields that `allFields` writes itself. */
const SET_HERE: ReadonlySet<string> = new Set(["host", "cdn-loop", "via", "traceparent"]);

/** Where the request came from, in the old fields and the new. */
function appendOrigin(fields: Fields, client: ForwardInput["client"]): void {
  const { address, country, scheme, host } = client;
  if (address !== undefined) fields.append("x-forwarded-for", address);
  fields.append("x-forwarded-proto", scheme);
  fields.append("x-forwarded-host", host);
  const node = address?.includes(":") ? `[${address}]` : address;
  const parameters = [...(node === undefined ? [] : [`for=${word(node)}`]), `host=${word(host)}`, `proto=${scheme}`];
  fields.append("forwarded", parameters.join(";"));
  if (country !== undefined) fields.append("meridian-country", country);
}

/** A token as it is, anything else quoted (RFC 7239 section 4): addresses and ports have colons, which tokens may not. */
const word = (text: string): string =>
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
