// The story of a request at the edge: admit it, choose the regions that may serve it, ask the owner of its key in the first,
// fall through to the next if that one is lost, and explain the answer. The edge keeps nothing of a response; what it
// remembers of regions (lost, drained) is a hint that costs distance when it is wrong, never an answer.

import type { Environment } from "../config/environment.worker.ts";
import { configOf, ownRegion } from "../config/nodes.worker.ts";
import { regionsOf } from "../config/places.ts";
import { type EpochMillis, epochMillis, millis } from "../config/units.ts";
import { answerFields } from "./answer.ts";
import { vouchedAddress } from "./client-assertion.worker.ts";
import { connect } from "./connection.worker.ts";
import { count } from "./count.ts";
import { Fields } from "./http/fields.ts";
import { withoutInternal } from "./http/forwardable.ts";
import { problem } from "./http/problem.ts";
import { headersOf } from "./message.worker.ts";
import { askRegions, learnDrained } from "./regions.worker.ts";
import { admit, type RefusedRequest } from "./request/admit.ts";
import type { CfFacts } from "./request/client.ts";
import { pushSoon, tallyOf } from "./tally.worker.ts";

/** What differs between production and the local run: how an address becomes a country. */
export interface EdgeParts {
  readonly countryOf: (address: string) => string | undefined;
}

const now = (): EpochMillis => epochMillis(Date.now());

/** Answers a client. Never throws: what goes wrong is told as a problem. */
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
  if (admitted.kind === "refused") return refuse(env, admitted, requestId, arrivedAt, waitUntil);
  if (admitted.passage === "connection") {
    const response = await connect(env, config, admitted, fields, requestId);
    return response ?? refuse(env, NO_CONNECTION, requestId, arrivedAt, waitUntil);
  }
  const served = await askRegions({
    env,
    admitted,
    method: request.method,
    fields,
    upload: request.body,
    requestId,
    arrivedAt,
  });
  if (served.kind === "refused") return refuse(env, served, requestId, arrivedAt, waitUntil);

  const { answer, region, took } = served;
  learnDrained(answer.facts?.drained);
  const explained = answerFields(answer.fields, {
    facts: answer.facts,
    region,
    requestId,
    arrivedAt,
    now: now(),
    regionTook: took,
  });
  count(tallyOf(region), {
    route: admitted.route.name,
    status: answer.status,
    answered: answer.facts?.answered,
    body: answer.body,
    took: millis(now() - arrivedAt),
  });
  pushSoon(region, env, waitUntil);
  if (answer.upgrade !== undefined)
    return new Response(null, { status: 101, headers: headersOf(explained), webSocket: answer.upgrade as WebSocket });
  const body = answer.body.kind === "stream" ? (answer.body.native as ReadableStream) : null;
  return new Response(body, { status: answer.status, headers: headersOf(explained), encodeBody: "manual" });
}

/** An answer of our own: a problem that says what is wrong, where it came from and what would be right. */
function refuse(
  env: Environment,
  refused: RefusedRequest,
  requestId: string,
  arrivedAt: EpochMillis,
  waitUntil: (work: Promise<unknown>) => void,
): Response {
  const { status, fields, body } = problem(refused);
  const region = ownRegion(env);
  const explained = answerFields(fields, {
    facts: undefined,
    region,
    requestId,
    arrivedAt,
    now: now(),
    regionTook: millis(0),
  });
  if (status === 405) explained.set("allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  // In production an edge belongs to no region: what it refuses is counted where the configuration begins.
  const counted = region ?? regionsOf(configOf(env))[0];
  if (counted !== undefined) {
    const outcome = status < 500 ? "refused" : "error";
    count(tallyOf(counted), {
      route: "none",
      status,
      answered: { outcome, by: "none" },
      body: { kind: "none" },
      took: millis(now() - arrivedAt),
    });
    pushSoon(counted, env, waitUntil);
  }
  return new Response(body, { status, headers: headersOf(explained) });
}

const NO_CONNECTION: RefusedRequest = {
  kind: "refused",
  status: 502,
  code: "no-connection",
  title: "Bad gateway",
  detail: "The origin did not accept the connection.",
  proxyError: "connection_refused",
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
