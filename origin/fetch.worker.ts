// The shell that sends requests to an origin: the platform's `fetch`, or a binding, as the port that origin.ts needs. It
// translates values to a request and back, adds the secret field, and maps errors to the core's failures. It never
// retries, follows a redirect, decodes a body, or decides what a status means. A client belongs to one Durable Object
// instance: its waiting requests wake each other, which the runtime forbids between requests of a stateless Worker.

import { isEventStream } from "../config/event-stream.ts";
import type { Environment } from "../config/node/environment.worker.ts";
import { passesFor } from "../config/schema/reserved-fields.ts";
import type { Origin } from "../config/schema/schema.ts";
import { epochMillis, millis, seconds, toMillis } from "../config/units.ts";
import { watchBody } from "./body.worker.ts";
import type { OriginError } from "./failure.ts";
import { framingOf } from "./framing.ts";
import { gatherUpload } from "./gather.worker.ts";
import { ORIGIN_LIMITS } from "./limits.ts";
import { contentTypeOf, OriginClient } from "./origin.ts";
import type { OriginMetric, OriginPorts, OriginReply, OriginRequest, Sending } from "./ports.ts";
import { resolveOrigin } from "./resolve-origin.ts";
import { watchUpload } from "./upload.worker.ts";

export type WorkerBody = ReadableStream<Uint8Array>;
export type WorkerOriginClient = OriginClient<WorkerBody, WebSocket>;

/** The name of an origin's binding: `ORIGIN_MY_SHOP` for `my-shop`. */
const originBinding = (name: string): `ORIGIN_${string}` => `ORIGIN_${name.toUpperCase().replaceAll("-", "_")}`;

/** A client for one configured origin; `count` takes its metrics. Keep one for the life of a Durable Object instance. */
export const createOriginClient = (
  environment: Environment,
  name: string,
  origin: Origin,
  count: (metric: OriginMetric) => void,
): WorkerOriginClient =>
  new OriginClient(name, origin, {
    now: () => epochMillis(Date.now()),
    gather: gatherUpload,
    send: originSender(environment, name, origin),
    after: (delay, run) => {
      const timer = setTimeout(run, delay);
      return () => clearTimeout(timer);
    },
    count,
  });

/** The `send` port for one origin. It uses the binding `ORIGIN_<NAME>` where there is one, else the global `fetch`. */
export function originSender(
  environment: Environment,
  name: string,
  origin: Origin,
): OriginPorts<WorkerBody, WebSocket>["send"] {
  const binding = environment[originBinding(name)];
  return (request) => {
    const controller = new AbortController();
    const cancel = () => controller.abort();
    const headers = headersFor(environment, origin, request);
    const target = resolveOrigin(origin, request.path, binding ? "binding" : "global-fetch", request.clientHost);
    if (headers === undefined || target.kind === "refused") return notSent("not-configured");
    const upload = request.body ? watchUpload(request.body, headers.get("content-length"), cancel) : undefined;
    const { resolveOverride } = target;
    const init: RequestInit = {
      // The platform's own cache stands between a Worker's fetch and the origin, and would answer with bytes from before a purge
      // though their fetch seemed to begin now. `cacheTtl: -1` keeps it out, and adds nothing that the origin sees.
      cf: { cacheTtl: -1, ...(resolveOverride === undefined ? {} : { resolveOverride }) },
      method: request.method,
      headers,
      body: upload?.body ?? null,
      redirect: "manual",
      // The origin's own coding goes through untouched: an encoded variant is a stored representation like any other.
      encodeResponseBody: "manual",
      signal: controller.signal,
    };
    const reply = exchange(
      () => (binding ? binding.fetch(target.url, init) : fetch(target.url, init)),
      origin,
      controller,
    );
    return { reply, cancel, upload: () => upload?.state() ?? { kind: "none" } };
  };
}

const notSent = (error: OriginError): Sending<WorkerBody, WebSocket> => ({
  reply: Promise.resolve({ kind: "error", error }),
  upload: () => ({ kind: "none" }),
  cancel: () => undefined,
});

async function exchange(
  ask: () => Promise<Response>,
  origin: Origin,
  controller: AbortController,
): Promise<OriginReply<WorkerBody, WebSocket>> {
  try {
    return replyFrom(await ask(), origin, controller);
  } catch (error) {
    return { kind: "error", error: errorFrom(error, controller.signal) };
  }
}

/** The fields to send; undefined if one cannot be sent, or if the origin's secret is not in the environment. */
function headersFor(environment: Environment, origin: Origin, request: OriginRequest<WorkerBody>): Headers | undefined {
  const headers = new Headers();
  const secretName = origin.secretHeader?.name.toLowerCase();
  try {
    for (const [name, value] of request.fields) {
      // Behind a gateway a client's own would be read as ours, in whichever of the spellings that are one there.
      if (secretName === undefined || !passesFor(name.toLowerCase(), secretName)) headers.append(name, value);
    }
  } catch {
    // A name or value that HTTP does not allow: none that came in as a field is one, so the configuration made it.
    return undefined;
  }
  if (origin.secretHeader === undefined) return headers;
  const secret = (environment as unknown as Readonly<Record<string, unknown>>)[origin.secretHeader.secret];
  if (typeof secret !== "string" || secret === "") return undefined;
  headers.set(origin.secretHeader.name, secret);
  return headers;
}

function replyFrom(
  response: Response,
  origin: Origin,
  controller: AbortController,
): OriginReply<WorkerBody, WebSocket> {
  const { status } = response;
  // To switch protocols without being asked to, or to one that the platform does not know, is no answer.
  if (status === 101 && !response.webSocket) return unusable(response, "http_protocol_error");
  const framing = framingOf(status, [...response.headers]);
  if (framing.kind === "error") return unusable(response, framing.error);
  const answer = { kind: "reply", status, fields: framing.fields } as const;
  if (response.webSocket) return { ...answer, body: null, socket: response.webSocket, ended: Promise.resolve() };
  if (response.body === null) return { ...answer, body: null, ended: Promise.resolve() };
  const idle = toMillis(seconds(origin.idleTimeoutSeconds));
  const watched = watchBody(response.body, {
    idle: isEventStream(contentTypeOf(answer.fields))
      ? millis(Math.max(idle, ORIGIN_LIMITS.eventStreamIdleMillis))
      : idle,
    length: framing.length ?? Number.POSITIVE_INFINITY,
    stop: () => controller.abort(),
  });
  return { ...answer, ...watched };
}

/** Discards an answer: its connection is not reused. */
function unusable(response: Response, error: OriginError): OriginReply<WorkerBody, WebSocket> {
  response.body?.cancel().catch(() => undefined);
  return { kind: "error", error };
}

/**
 * workerd says little: "Network connection lost." for a connection that was refused, reset or did not speak HTTP, and
 * "internal error" for names that do not resolve and handshakes that fail. What it does not tell is not guessed.
 */
function errorFrom(error: unknown, signal: AbortSignal): OriginError {
  if (signal.aborted) return "cancelled";
  const message = error instanceof Error ? error.message : String(error);
  if (/refused/i.test(message)) return "connection_refused";
  if (/connection lost|reset|disconnect|closed/i.test(message)) return "connection_terminated";
  if (/timed out|timeout/i.test(message)) return "connection_timeout";
  if (/dns|lookup|resolve/i.test(message)) return "dns_error";
  return "destination_unavailable";
}
