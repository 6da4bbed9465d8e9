// A WebSocket goes from the edge straight to the origin: it is one client's own, no cache takes part, and a Durable Object
// on its way would be billed for as long as it lasts. It obeys the same rules about which origin and which fields.
// **Decided: only a route with `websocket: true` has this way**, for it leads past cache, gate and breaker. So few handshakes are under
// way at once as the origin takes requests, in each isolate, and an answer of success that opens no connection is refused:
// it would be a page that no cache rule has looked at. Open connections are not counted: the platform carries them past this code, and
// the origin, which accepts each of them, has its own limit.

import { LIMITS } from "../config/limits.ts";
import type { Environment } from "../config/node/environment.worker.ts";
import type { Config } from "../config/schema/schema.ts";
import { targetOfUrl } from "../config/spelling/normal-url.ts";
import { originSender } from "../origin/fetch.worker.ts";
import { originPath } from "./action/rewrite.ts";
import type { Body } from "./body/source.ts";
import { Fields } from "./http/fields.ts";
import { PSEUDONYM } from "./http/forwardable.ts";
import type { Admitted } from "./request/admit.ts";
import { forwardedFields } from "./request/forwarded.ts";
import { bodyOf } from "./tier/message.worker.ts";

/** The origin's answer to a handshake: 101 with the socket, or a refusal of its own with its content. */
export interface HandshakeAnswer {
  readonly status: number;
  readonly fields: Fields;
  readonly body: Body;
  readonly upgrade?: WebSocket;
}

/** Handshakes under way in this isolate, by origin. */
const underWay = new Map<string, number>();

/** Opens the connection. "refused": the origin does not accept it, or not in time. "busy": too many are being opened. */
export async function connect(
  env: Environment,
  config: Config,
  admitted: Admitted,
  fields: Fields,
  requestId: string,
): Promise<HandshakeAnswer | "refused" | "busy"> {
  const name = admitted.route.origin;
  const opening = underWay.get(name) ?? 0;
  if (opening >= (config.origins[name]?.maxConcurrent ?? 0)) return "busy";
  underWay.set(name, opening + 1);
  try {
    return (await shakeHands(env, config, admitted, fields, requestId)) ?? "refused";
  } finally {
    underWay.set(name, (underWay.get(name) ?? 1) - 1);
  }
}

async function shakeHands(
  env: Environment,
  config: Config,
  admitted: Admitted,
  fields: Fields,
  requestId: string,
): Promise<HandshakeAnswer | undefined> {
  const origin = config.origins[admitted.route.origin];
  if (origin === undefined) return undefined;
  const forwarded = forwardedFields({
    request: fields,
    route: admitted.route,
    client: { ...admitted.client, country: admitted.place.country, host: admitted.host },
    requestId,
    originHost: new URL(origin.url).host,
    loop: PSEUDONYM,
    extent: "everything",
  });
  const sending = originSender(
    env,
    admitted.route.origin,
    origin,
  )({
    method: "GET",
    path: originPath(admitted.route, targetOfUrl(admitted.url)),
    fields: forwarded,
    clientHost: admitted.host,
  });
  const late = setTimeout(
    () => sending.cancel(),
    Math.min(origin.headerTimeoutSeconds * 1000, LIMITS.requestBudgetMillis),
  );
  const reply = await sending.reply;
  clearTimeout(late);
  if (reply.kind === "error") return undefined;
  const answer = { status: reply.status, fields: Fields.from(reply.fields) };
  if (reply.socket !== undefined) return { ...answer, body: { kind: "none" }, upgrade: reply.socket };
  if (reply.status < 300) {
    sending.cancel();
    return undefined;
  }
  return { ...answer, body: bodyOf(reply.body, answer.fields.get("content-length") ?? null) };
}
