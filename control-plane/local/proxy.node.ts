// Hands one HTTP request on to the first of several targets that takes it, over an emulated distance: a one-way
// delay before the request is handed on, another before the answer's head comes back, and the same for every byte of either
// body. Streams; never buffers a body whole, never rewrites what it does not have to (RFC 9110 section 7.6).
// A target that refuses the connection is passed over; one that breaks later only for requests that may be repeated.

import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS } from "../../config/limits.ts";
import { type Millis, millis } from "../../config/units.ts";
import { DelayStream } from "./delay-stream.node.ts";
import { endToEnd } from "./end-to-end-fields.ts";

/**
 * Has a connection write texts as the bytes that Node read them from: one for each character. Without it Node writes a head that
 * it sends by itself in UTF-8, and so encodes a second time what was UTF-8 before (RFC 9110 section 5.5: those bytes are opaque).
 */
export const writesBytes = (socket: Socket): void => {
  socket.setDefaultEncoding("latin1");
};

/** Where a request may go. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly secure?: boolean;
  /**
   * Sends no content before the target asks for it (RFC 9110 section 10.1.1). A target that answers without, and hangs up on
   * the rest, would otherwise be known by a broken connection alone. Only for targets that know this: others would wait.
   */
  readonly expects?: "continue";
  /** The emulated time from the client to there. */
  readonly oneWay: Millis;
}

export interface Passage {
  /** In the order to try; must not be empty. */
  readonly targets: readonly Target[];
  /** Fields put in place of the client's own of these names. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  /**
   * Leaves a target that gives neither a head nor a sign of life for the next, as a network leaves a route that leads nowhere;
   * `onSilent` hears of it. Without it a target that was reached is waited for.
   */
  readonly onSilent?: (target: Target) => void;
  /** Client fields that are dropped, beside those of the connection: lower-case names, or beginnings that end in `*`. */
  readonly drop?: readonly string[];
}

/** What became of a request: the target that answered, or why none did. */
export type Handed =
  | { readonly kind: "answered"; readonly target: Target; readonly status: number }
  | {
      readonly kind: "refused";
      readonly reason: string;
      /** What the client is told: 503 by default, that nobody was there. */
      readonly status?: 400 | 502 | 503;
      readonly code?: string;
    }
  | { readonly kind: "abandoned" };

/** One pool for all doors; idle connections do not keep the process alive. */
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 64 });

/** Ends the pooled connections, so that nothing waits for them at the end of a run. */
export const closePool = (): void => agent.destroy();

/** Methods that may be sent again when a connection broke in the middle; a cache's clients send hardly any others without a body. */
const REPEATABLE = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Passes a request on and its answer back; `refused` leaves the response to the caller. */
export async function hand(request: IncomingMessage, response: ServerResponse, passage: Passage): Promise<Handed> {
  const body = bodyOf(request, passage.targets[0]?.oneWay ?? millis(0));
  let abandoned = false;
  let reason = "there is no target";
  response.on("close", () => {
    abandoned = !response.writableFinished;
  });
  for (const target of passage.targets) {
    if (target.oneWay > 0) await sleep(target.oneWay);
    if (abandoned) return { kind: "abandoned" };
    const attempt = await ask(request, target, passage, body, response);
    if (attempt.kind === "answer") {
      await answer(attempt.message, response, target.oneWay);
      return { kind: "answered", target, status: attempt.message.statusCode ?? 502 };
    }
    if (abandoned) return { kind: "abandoned" };
    reason = attempt.reason;
    if (attempt.kind === "broken" && !isRepeatable(request, body)) break;
  }
  return { kind: "refused", reason };
}

const isRepeatable = (request: IncomingMessage, body: NodeJS.ReadableStream | undefined): boolean =>
  body === undefined && REPEATABLE.has(request.method ?? "");

/** The request's body as it arrives at the far end; undefined if it has none (RFC 9112 section 6.3). */
function bodyOf(request: IncomingMessage, oneWay: Millis): NodeJS.ReadableStream | undefined {
  const { "transfer-encoding": encoding, "content-length": length } = request.headers;
  if (encoding === undefined && Number(length ?? 0) === 0) return undefined;
  if (oneWay <= 0) return request;
  const later = new DelayStream(oneWay);
  request.on("error", (error) => later.destroy(error));
  later.on("error", () => request.destroy());
  return request.pipe(later);
}

type Attempt =
  | { readonly kind: "answer"; readonly message: IncomingMessage }
  /** `unreached`: no connection came about, so nothing was sent. */
  | { readonly kind: "unreached" | "broken"; readonly reason: string };

function ask(
  request: IncomingMessage,
  target: Target,
  passage: Passage,
  body: NodeJS.ReadableStream | undefined,
  response: ServerResponse,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const connection = isRepeatable(request, body) ? "pooled" : "own";
    const waits = body !== undefined && target.expects === "continue";
    const fields = [...fieldsFor(request, passage), ...(waits ? ["Expect", "100-continue"] : [])];
    const upstream = open(target, request, fields, connection);
    let connected = false;
    const begin = (): void => {
      connected = true;
      if (body === undefined) upstream.end();
      else if (waits) upstream.once("continue", () => body.pipe(upstream));
      else body.pipe(upstream);
    };
    // The body starts only once there is a connection: one that is refused has then cost none of it.
    upstream.on("socket", (socket) => {
      writesBytes(socket);
      if (socket.connecting) socket.once(target.secure ? "secureConnect" : "connect", begin);
      else begin();
    });
    const { onSilent } = passage;
    const probing = onSilent === undefined ? undefined : setTimeout(probe, LIMITS.aliveProbeAfterMillis, onSilent);
    async function probe(silent: (target: Target) => void): Promise<void> {
      if (await showsLife(target)) return;
      silent(target);
      upstream.destroy(new Error("no sign of life"));
    }
    upstream.on("close", () => clearTimeout(probing));
    upstream.on("response", (message) => {
      clearTimeout(probing);
      // Nobody asked for the content: it is read and dropped, for clients who listen only once they have sent everything.
      if (waits && upstream.listenerCount("continue") > 0) request.unpipe().resume();
      resolve({ kind: "answer", message });
    });
    upstream.on("error", (error: NodeJS.ErrnoException) => {
      body?.unpipe(upstream);
      resolve({ kind: connected ? "broken" : "unreached", reason: error.code ?? error.message });
    });
    response.on("close", () => {
      if (!response.writableFinished) upstream.destroy();
    });
  });
}

/**
 * Whether a target answers anything in the time for that question. It is asked with a method that an edge's runtime refuses
 * by itself, so that the question counts nowhere as a client's.
 */
function showsLife({ host, port }: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const question = httpRequest({ host, port, method: "M-SEARCH", path: "/", agent: false });
    const late = setTimeout(() => question.destroy(), LIMITS.aliveProbeTimeoutMillis);
    question.on("response", (answer) => {
      answer.resume();
      resolve(true);
    });
    question.on("error", () => resolve(false));
    question.on("close", () => {
      clearTimeout(late);
      resolve(false);
    });
    question.end();
  });
}

/**
 * Opens a request to a target. What may not be repeated gets a connection of its own, since one from the pool may be dead
 * without anybody knowing yet; everything else shares the pool.
 */
export function open(
  target: Target,
  request: IncomingMessage,
  headers: string[],
  connection: "pooled" | "own",
): ClientRequest {
  const { host, port } = target;
  const { method = "GET", url: path = "/" } = request;
  const maxHeaderSize = 2 * LIMITS.originHeaderBytes;
  const options = { host, port, method, path, headers, setHost: false, maxHeaderSize };
  const opened = target.secure
    ? httpsRequest({ ...options, servername: host })
    : httpRequest({ ...options, agent: connection === "pooled" ? agent : false });
  opened.maxHeadersCount = 0;
  return opened;
}

/** The client's fields in their order and spelling, without those of the connection, with the passage's own. */
export function fieldsFor(request: IncomingMessage, passage: Passage): string[] {
  const replaced = (passage.fields ?? []).map(([name]) => name.toLowerCase());
  const dropped = [...replaced, ...(passage.drop ?? [])];
  // What a client expects of the next hop (RFC 9110 section 10.1.1) the door has answered already.
  const kept = endToEnd(request.rawHeaders, request.headers.connection, [...dropped, "expect"]);
  // Node frames the body itself; without a length it must be told that there is one.
  if (request.headers["transfer-encoding"] !== undefined) kept.push("Transfer-Encoding", "chunked");
  return lengthLast([...kept, ...(passage.fields ?? []).flat()]);
}

/** With the length after all others: Node decodes a Content-Disposition that follows one, and then cannot write it. */
function lengthLast(fields: readonly string[]): string[] {
  const first: string[] = [];
  const last: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [name = "", value = ""] = [fields[index], fields[index + 1]];
    (name.toLowerCase() === "content-length" ? last : first).push(name, value);
  }
  return [...first, ...last];
}

async function answer(message: IncomingMessage, response: ServerResponse, oneWay: Millis): Promise<void> {
  if (oneWay > 0) {
    const body = new DelayStream(oneWay);
    // Both clocks start now, so the body's first byte follows the head as closely as it came.
    message.on("error", () => body.destroy()).on("close", () => message.complete || body.destroy());
    message.pipe(body);
    await sleep(oneWay);
    begin(message, response);
    body.on("close", () => body.readableEnded || response.destroy());
    body.pipe(response);
  } else {
    begin(message, response);
    // A body that breaks off must break off for the client too, or it would take the part for the whole.
    message.on("close", () => message.complete || response.destroy());
    message.pipe(response);
  }
}

function begin(message: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false;
  const fields = endToEnd(message.rawHeaders, message.headers.connection, []);
  try {
    response.writeHead(message.statusCode ?? 502, message.statusMessage, lengthLast(fields));
  } catch (cause) {
    message.destroy();
    throw cause;
  }
  response.flushHeaders();
}
