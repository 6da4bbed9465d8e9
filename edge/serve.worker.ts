// The story of a request at the edge: admit it, choose the regions that may serve it, ask the owner of its key in the first,
// fall through to the next if that one is lost, and explain the answer. Before and after that the route's own actions have
// their turn (action/README.md). The edge keeps nothing of a response but copies that end with a shard's lease (copies.ts); what
// it remembers of regions (lost, drained) is a hint that costs distance when it is wrong, never an answer.

import type { Environment } from "../config/node/environment.worker.ts";
import { configOf, ownRegion } from "../config/node/nodes.worker.ts";
import { HOP_BY_HOP } from "../config/schema/reserved-fields.ts";
import { normalHost } from "../config/spelling/normal-host.ts";
import { type EpochMillis, epochMillis, type Millis, millis } from "../config/units.ts";
import { regionsOf } from "../config/world/places.ts";
import type { RegionId } from "../config/world/regions.ts";
import { actAfterwards } from "./action/afterwards.ts";
import { actBefore } from "./action/before.ts";
import { actionPorts } from "./action/ports.worker.ts";
import { actionsOf, type RouteActions } from "./action/route-actions.ts";
import { answerFields } from "./answer.ts";
import type { Body } from "./body/source.ts";
import { vouchedAddress } from "./client-assertion.worker.ts";
import { connect } from "./connection.worker.ts";
import { contentOf, GET_PATIENCE, UPLOAD_PATIENCE } from "./content.worker.ts";
import { type CountedResponse, count } from "./count.ts";
import { type FieldLine, Fields } from "./http/fields.ts";
import { withoutInternal } from "./http/forwardable.ts";
import { isSafe } from "./http/invalidate.ts";
import { problem } from "./http/problem.ts";
import { askRegions, learnDrained } from "./regions/regions.worker.ts";
import { type Admitted, admit, type RefusedRequest } from "./request/admit.ts";
import type { CfFacts } from "./request/client.ts";
import { pushSoon, tallyOf } from "./tally.worker.ts";
import { headersOf } from "./tier/message.worker.ts";
import type { Answered, ResponseFacts } from "./tier/wire.ts";
import { WithheldNews } from "./withheld-news.ts";

/** What differs between production and the local run: how an address becomes a country. */
export interface EdgeParts {
  readonly countryOf: (address: string) => string | undefined;
}

const now = (): EpochMillis => epochMillis(Date.now());

/** One request at the edge, as far as the code that answers it must know. */
interface EdgeRequest {
  readonly env: Environment;
  readonly requestId: string;
  readonly arrivedAt: EpochMillis;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** The route whose request it is, and its actions, once that is known. */
  readonly at?: {
    readonly route: string;
    readonly actions: RouteActions;
    readonly request: Fields;
    readonly said: readonly FieldLine[];
  };
}

/** Answers a client. Never throws: errors become problem documents. */
export async function serve(
  request: Request,
  env: Environment,
  waitUntil: (work: Promise<unknown>) => void,
  parts: EdgeParts,
): Promise<Response> {
  const arrivedAt = now();
  const requestId = crypto.randomUUID().replaceAll("-", "");
  const config = configOf(env);
  const assertedAddress = await vouchedAddress(env, request.headers, arrivedAt);
  const fields = withoutInternal(Fields.from(request.headers));
  const local = ownRegion(env) !== undefined;
  const admitted = admit({
    method: request.method,
    url: request.url,
    fields,
    cf: local ? undefined : cfFacts(request),
    assertedAddress,
    local,
    region: ownRegion(env),
    countryOf: parts.countryOf,
    config,
  });
  const arriving: EdgeRequest = { env, requestId, arrivedAt, waitUntil };
  if (admitted.kind === "refused") return refuse(arriving, admitted);
  const actions = actionsOf(admitted.route);
  if (actions === undefined) return answer(arriving, request, admitted, fields);

  const { method } = request;
  const asked = normalHost(new URL(request.url).host);
  const askedHost = asked.kind === "host" ? asked.host : admitted.host;
  const before = await actBefore(
    actions,
    { admitted, method, fields, askedHost, local, now: arrivedAt },
    actionPorts(env),
  );
  const visit = { ...arriving, at: { route: admitted.route.name, actions, request: fields, said: before.said } };
  switch (before.kind) {
    case "refused":
      return refuse(visit, before.refusal);
    case "answered": {
      const from = before.what === "preflight" ? "preflight" : "meridian";
      return own(visit, { status: before.status, fields: before.fields, body: null, outcome: "bypass", from });
    }
    case "on":
      return answer(visit, request, before.admitted, before.fields);
  }
}

/** Gets the answer to an admitted request, and hands it to the client. */
async function answer(visit: EdgeRequest, request: Request, admitted: Admitted, fields: Fields): Promise<Response> {
  const { env, requestId, arrivedAt } = visit;
  const { method } = request;
  // Content of a GET means nothing (RFC 9110 section 9.3.1): a cached answer cannot depend on it, and no fetch can send it on.
  const isBodiless = method === "GET" || method === "HEAD";
  const isIgnored = isBodiless && admitted.passage !== "passed";
  const content = isIgnored ? NO_CONTENT : await contentOf(request, isBodiless ? GET_PATIENCE : UPLOAD_PATIENCE);
  if (isBodiless && content.kind !== "none") return refuse(visit, CONTENT_OF_GET);
  const upload = content.kind === "none" ? undefined : content.body;
  if (admitted.passage === "connection") {
    const shaken = await connect(env, configOf(env), admitted, fields, requestId);
    if (shaken === "refused") return refuse(visit, NO_CONNECTION);
    if (shaken === "busy") return refuse(visit, TOO_MANY_HANDSHAKES);
    const answered = { outcome: "bypass", by: "origin" } as const;
    return deliver(visit, method, admitted, { ...shaken, answered, region: ownRegion(env), took: millis(0) });
  }
  // Fields of the client's connection end here. An Upgrade that opens none would be taken for one by the platform further up,
  // and framing that is not this message's own keeps the next node waiting for content or for trailers, which are dropped
  // (RFC 9110 section 6.5.1).
  for (const name of HOP_BY_HOP) if (name !== "connection") fields.delete(name);
  // Nor may a length of what is not sent go on: the next node would wait for it, or take even a length of 0 for an upload.
  if (upload === undefined) fields.delete("content-length");
  // What may change something is carried out, though its client is gone.
  const gone = isSafe(method) ? { gone: request.signal } : {};
  const served = await askRegions(env, { admitted, method, fields, upload, requestId, arrivedAt }, gone);
  // Nobody reads this answer, and it is no failure of ours to be counted.
  if (served.kind === "refused" && isSafe(method) && request.signal.aborted) return new Response(null, { status: 499 });
  if (served.kind === "refused") return refuse(visit, served);

  learnDrained(served.answer.facts?.drained);
  const { region, took } = served;
  return deliver(visit, method, admitted, { ...served.answer, answered: served.answer.facts?.answered, region, took });
}

/** An answer from a region or an origin for a client. */
interface ClientAnswer {
  readonly status: number;
  readonly fields: Fields;
  readonly body: Body;
  readonly upgrade?: unknown;
  readonly facts?: ResponseFacts;
  readonly answered: Answered | undefined;
  /** The region that gave it; a connection in production belongs to none. */
  readonly region: RegionId | undefined;
  readonly took: Millis;
}

/** Hands an answer to the client, with what explains it. */
function deliver(visit: EdgeRequest, method: string, admitted: Admitted, given: ClientAnswer): Response {
  const { requestId, arrivedAt, waitUntil, at } = visit;
  const { status, facts, region } = given;
  const explained = answerFields(given.fields, {
    facts,
    region,
    requestId,
    arrivedAt,
    now: now(),
    regionTook: given.took,
  });
  const { name: route } = admitted.route;
  const withheld = facts?.withheld === undefined ? [] : tellWithheld(route, facts.withheld);
  const { answered, body: sent } = given;
  record(visit, region, { route, status, answered, body: sent, inSegments: facts?.inSegments, withheld });
  if (given.upgrade !== undefined)
    return new Response(null, { status: 101, headers: headersOf(explained), webSocket: given.upgrade as WebSocket });
  const body = bodyOf(given.body);
  const from = facts?.answered.by === "none" ? "meridian" : "origin";
  const page = at && actAfterwards(at.actions, { ...at, status, fields: explained, from, requestId });
  if (page === undefined) return new Response(body, { status, headers: headersOf(explained), encodeBody: "manual" });
  // Whoever fills the cache with the origin's own page goes on; this client reads no more of it.
  if (body instanceof ReadableStream) waitUntil(body.cancel().catch(() => undefined));
  return new Response(method === "HEAD" ? null : page, { status, headers: headersOf(explained) });
}

const withheldNews = new WithheldNews();

/** Says in the log what is withheld, once for each isolate, and gives the fields as they are counted. */
function tellWithheld(route: string, fields: readonly string[]): readonly string[] {
  const { counted, news } = withheldNews.of(route, fields);
  if (news.length > 0) console.warn(JSON.stringify({ route, varyWithheld: news }));
  return counted;
}

/** A body as the platform sends it: a shard's own stream, or a copy's bytes. */
const bodyOf = (body: Body): ReadableStream | Uint8Array | null =>
  body.kind === "stream" ? (body.native as ReadableStream) : body.kind === "bytes" ? body.bytes : null;

/** Counts a request. In production an edge belongs to no region: what none answered counts where the configuration begins. */
function record(
  { env, arrivedAt, waitUntil }: EdgeRequest,
  region: RegionId | undefined,
  counted: Omit<CountedResponse, "took">,
): void {
  const meter = region ?? regionsOf(configOf(env))[0];
  if (meter === undefined) return;
  count(tallyOf(meter), { ...counted, took: millis(now() - arrivedAt) });
  pushSoon(meter, env, waitUntil);
}

/** An answer of our own: a problem that says what is wrong, where it came from and what would be right. */
function refuse(visit: EdgeRequest, refused: RefusedRequest): Response {
  const { status, fields, body } = problem(refused);
  if (status === 503) fields.set("retry-after", "1");
  if (status === 405) fields.set("allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  return own(visit, { status, fields, body, outcome: status < 500 ? "refused" : "error", from: "meridian" });
}

/** Gives an answer that no region had a part in. */
function own(
  visit: EdgeRequest,
  given: {
    readonly status: number;
    readonly fields: Fields;
    readonly body: string | null;
    readonly outcome: "refused" | "error" | "bypass";
    readonly from: "meridian" | "preflight";
  },
): Response {
  const { env, requestId, arrivedAt, at } = visit;
  const { status, from } = given;
  const region = ownRegion(env);
  const explained = answerFields(given.fields, {
    facts: undefined,
    region,
    requestId,
    arrivedAt,
    now: now(),
    regionTook: millis(0),
  });
  const page = at && actAfterwards(at.actions, { ...at, status, fields: explained, from, requestId });
  const answered = { outcome: given.outcome, by: "none" } as const;
  record(visit, region, { route: at?.route ?? "none", status, answered, body: { kind: "none" } });
  return new Response(page ?? given.body, { status, headers: headersOf(explained) });
}

const NO_CONTENT = { kind: "none" } as const;

const CONTENT_OF_GET: RefusedRequest = {
  kind: "refused",
  status: 400,
  code: "content-of-get",
  title: "Bad request",
  detail: "Meridian cannot forward the content of a GET or HEAD, which has no meaning of its own: use POST.",
  proxyError: "http_request_error",
};

const NO_CONNECTION: RefusedRequest = {
  kind: "refused",
  status: 502,
  code: "no-connection",
  title: "Bad gateway",
  detail: "The origin did not accept the connection.",
  proxyError: "connection_refused",
};

const TOO_MANY_HANDSHAKES: RefusedRequest = {
  kind: "refused",
  status: 503,
  code: "too-many-handshakes",
  title: "Service unavailable",
  detail: "As many connections are being opened at the origin as it takes at once. Try again in a moment.",
  proxyError: "connection_limit_reached",
};

/** What the platform says of a client: only in production, and never a field that the client could have written. */
function cfFacts(request: Request): CfFacts {
  const cf = request.cf as IncomingRequestCfProperties | undefined;
  return {
    connectingIp: request.headers.get("cf-connecting-ip") ?? undefined,
    scheme: request.url.startsWith("https:") ? "https" : "http",
    country: cf?.country,
    continent: cf?.continent,
    latitude: cf?.latitude,
    longitude: cf?.longitude,
  };
}
