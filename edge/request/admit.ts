// The first decisions about a client's request, before any node is asked: is it one that we answer, for which route, from
// where and with what it may demand. Everything that follows reads only what is admitted here. Pure: the platform's facts
// about the client come in as values, and a refusal comes out as a problem document.

import { hasControl } from "../../config/field-value.ts";
import { LIMITS } from "../../config/limits.ts";
import type { Config, Route } from "../../config/schema/schema.ts";
import { withoutAlias } from "../../config/spelling/host-aliases.ts";
import { normaliseUrl } from "../../config/spelling/normal-url.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { EMPTY_VECTOR, parseDot, type Vector } from "../../control-plane/purge/vector.ts";
import { locate } from "../geo/locate.ts";
import type { Place } from "../geo/place.ts";
import type { Fields } from "../http/fields.ts";
import { loopOf } from "../http/forwardable.ts";
import { EDGE_LIMITS } from "../limits.ts";
import { chooseRoute } from "../route/protected-route.ts";
import { type CfFacts, clientOf, type TrustedClient } from "./client.ts";
import { hasBypassCookie, selectsByTooMuch } from "./keyed-fields.ts";

/**
 * How a request is treated. `cached`: by the route's cache; `passed`: through the same tiers, but no cache takes part;
 * `connection`: a WebSocket, which lasts, goes from the edge to the origin and holds no node on the way.
 */
export type Passage = "cached" | "passed" | "connection";

export interface Admitted {
  readonly kind: "admitted";
  readonly url: string;
  readonly host: string;
  readonly route: Route;
  readonly client: TrustedClient;
  readonly place: Place;
  /** Purges that the answer must not be older than (Meridian-Min-Purge). */
  readonly demanded: Vector;
  readonly passage: Passage;
}

export interface RefusedRequest {
  readonly kind: "refused";
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** RFC 9209 error type. */
  readonly proxyError: string;
}

export interface Arrival {
  readonly method: string;
  /** As the client wrote it, with the scheme and host that it reached us by. */
  readonly url: string;
  readonly fields: Fields;
  readonly cf: CfFacts | undefined;
  /** The address that the local front door vouches for, verified. */
  readonly assertedAddress: string | undefined;
  readonly local: boolean;
  readonly region: RegionId | undefined;
  readonly countryOf: (address: string) => string | undefined;
  readonly config: Config;
}

/** Admits a request, or says why not: 400, 404, 405, 414, 431 or 508. */
export function admit(arrival: Arrival): Admitted | RefusedRequest {
  const { fields, config, local } = arrival;
  if (arrival.url.length > LIMITS.urlCharacters) {
    return refused(414, "url-too-long", "URI too long", `URLs may have ${LIMITS.urlCharacters} characters.`);
  }
  if (sizeOf(fields) > EDGE_LIMITS.requestFieldBytes) {
    const detail = `Fields may have ${EDGE_LIMITS.requestFieldBytes} bytes together.`;
    return refused(431, "fields-too-large", "Request header fields too large", detail);
  }
  const normal = normaliseUrl(arrival.url);
  if (normal.kind === "invalid") return refused(400, "bad-url", "Bad request", normal.detail);
  const written = fields.get("host");
  // The platform builds the URL from this field without checking it: a slash in it would make a part of it the path.
  if (written !== undefined && /[\s/?#@\\]/.test(written)) {
    return refused(
      400,
      "bad-host",
      "Bad request",
      "Host holds a host name, and a port if need be (RFC 9110 section 7.2).",
    );
  }
  for (const [name, value] of fields) {
    if (!hasControl(value)) continue;
    const detail = `The field ${name} has a control character (RFC 9110 section 5.5).`;
    return refused(400, "bad-field", "Bad request", detail);
  }
  if (arrival.method === "PURGE") {
    return refused(405, "purge-not-here", "Method not allowed", "Purge through the control API: POST /v1/purges.");
  }
  if (arrival.method === "TRACE" || arrival.method === "CONNECT") {
    // An origin that answers TRACE says back what it was sent, the secret that proves us to it as well.
    return refused(405, "method-not-here", "Method not allowed", `${arrival.method} is not passed on.`);
  }
  if (loopOf(fields.get("cdn-loop")) >= EDGE_LIMITS.cdnLoop) {
    return refused(
      508,
      "loop",
      "Loop detected",
      "This request has passed through Meridian before (CDN-Loop).",
      "proxy_loop_detected",
    );
  }
  const url = withoutAlias(config.aliases, normal.url);
  const { host, pathname } = new URL(url);
  const choice = chooseRoute(
    config.routes,
    { host, path: pathname, method: arrival.method },
    config.strictPaths ? "strict" : "as-written",
  );
  if (choice.kind === "none") {
    return refused(404, "no-route", "Not found", `No route is configured for ${host}${pathname}.`);
  }
  if (choice.kind === "ambiguous") {
    // The client learns what is wrong with its path, not which rules there are.
    const detail =
      "This path has other readings (%2F, %5C, //, ;, capitals), for which other rules hold. Ask for the plain path.";
    return refused(400, "ambiguous-path", "Bad request", detail);
  }
  const { route } = choice;

  const client = clientOf({
    cf: arrival.cf,
    assertion: arrival.assertedAddress,
    meridianFrom: fields.get("meridian-from"),
    local,
  });
  const place = locate({
    from: client.from,
    cf: client.cf,
    address: client.address,
    countryOf: arrival.countryOf,
    region: arrival.region,
  });
  if ("kind" in place) return refused(400, "bad-meridian-from", "Bad request", place.detail);

  const demand = fields.get("meridian-min-purge");
  const dot = demand === undefined ? undefined : parseDot(demand.trim());
  if (demand !== undefined && dot === undefined) {
    return refused(400, "bad-min-purge", "Bad request", "Meridian-Min-Purge takes the id of a purge's receipt.");
  }
  const demanded = dot === undefined ? EMPTY_VECTOR : { [dot.hub]: dot.counter };
  return {
    kind: "admitted",
    url,
    host,
    route,
    client,
    place,
    demanded,
    passage: passageOf(arrival, route),
  };
}

/** As HTTP/1.1 writes them; what is not ASCII takes more bytes than this says, by three times at most. */
function sizeOf(fields: Fields): number {
  let size = 0;
  for (const [name, value] of fields) size += name.length + value.length + 4;
  return size;
}

/**
 * Whether this opens a WebSocket (RFC 6455 section 4.1). An Upgrade alone does not: it is ignored (RFC 9110 section 7.8), or
 * one field would lead any request past cache and gate, and a POST would lose its method and content on the way.
 */
const isHandshake = (method: string, fields: Fields): boolean =>
  method === "GET" && fields.get("upgrade")?.trim().toLowerCase() === "websocket" && fields.has("sec-websocket-key");

function passageOf({ method, fields }: Arrival, route: Route): Passage {
  if (route.websocket && isHandshake(method, fields)) return "connection";
  if (route.mode === "bypass" || (method !== "GET" && method !== "HEAD")) return "passed";
  if (selectsByTooMuch(fields, route) || hasBypassCookie(fields, route)) return "passed";
  // An event stream never ends: no request may wait for it, and a browser that asks for one says so.
  return fields.get("accept")?.toLowerCase().startsWith("text/event-stream") ? "passed" : "cached";
}

const refused = (
  status: number,
  code: string,
  title: string,
  detail: string,
  proxyError = "http_request_error",
): RefusedRequest => ({
  kind: "refused",
  status,
  code,
  title,
  detail,
  proxyError,
});
