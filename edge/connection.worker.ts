// A WebSocket goes from the edge straight to the origin: it is one client's own, no cache takes part, and a Durable Object
// on its way would be billed for as long as it lasts. It obeys the same rules about which origin and which fields.

import type { Environment } from "../config/environment.worker.ts";
import { LIMITS } from "../config/limits.ts";
import { targetOfUrl } from "../config/normal-url.ts";
import type { Config } from "../config/schema.ts";
import { originSender } from "../origin/fetch.worker.ts";
import { originPath } from "./action/rewrite.ts";
import { Fields } from "./http/fields.ts";
import { PSEUDONYM } from "./http/forwardable.ts";
import { bodyOf } from "./message.worker.ts";
import type { Admitted } from "./request/admit.ts";
import { forwardedFields } from "./request/forwarded.ts";
import type { Body } from "./shard/tier.ts";

/** The origin's answer to a handshake: 101 with the socket, or a refusal of its own with whatever it says. */
export interface HandshakeAnswer {
  readonly status: number;
  readonly fields: Fields;
  readonly body: Body;
  readonly upgrade?: WebSocket;
}

/** Opens the connection; undefined if the origin does not answer in time. */
export async function connect(
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
  return { ...answer, body: bodyOf(reply.body, answer.fields.get("content-length") ?? null) };
}
