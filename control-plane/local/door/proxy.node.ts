// Forwards an HTTP request to the first of several targets that accepts it, over an emulated distance: a one-way delay before
// the request, another before the answer's head, and the same for every byte of either body. It streams, never buffers a whole
// body, and rewrites only what it must (RFC 9110 section 7.6).
// A target that refuses the connection is skipped; one that breaks later is skipped only for repeatable requests.
// Repeatable requests use undici's pool, which takes less processor time than Node's client; others use Node's client on a
// separate connection, since undici sends no content after a `100 (Continue)`.
// Fields are Latin-1 strings throughout, one character for each byte (RFC 9110 section 5.5).

import { type ClientRequest, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { type Millis, millis } from "../../../config/units.ts";
import { LOCAL_LIMITS } from "../limits.ts";
import { DelayStream } from "../link/delay-stream.node.ts";
import { endToEnd } from "./end-to-end-fields.ts";
import { openPool } from "./pool.node.ts";
import { begin, lengthLast } from "./return-path.node.ts";
import { watch } from "./sign-of-life.node.ts";

/** Where a request may go. */
export interface ProxyTarget {
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

export interface ProxyPassage {
  /** In the order to try; must not be empty. */
  readonly targets: readonly ProxyTarget[];
  /** Fields put in place of the client's own of these names. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  /**
   * Leaves a target that gives neither a head nor a sign of life for the next, as a network leaves a route that leads nowhere;
   * `onSilent` hears of it. Without it a target that was reached is waited for.
   */
  readonly onSilent?: (target: ProxyTarget) => void;
  /** Client fields that are dropped, in addition to those of the connection: lower-case names, or beginnings that end in `*`. */
  readonly drop?: readonly string[];
}

/** The outcome of a request: the target that answered, or why none did. */
export type Handed =
  | { readonly kind: "answered"; readonly target: ProxyTarget; readonly status: number }
  /** 502: the answer cannot be forwarded; 503: no target accepted the request. */
  | { readonly kind: "refused"; readonly status: 502 | 503; readonly reason: string }
  | { readonly kind: "abandoned" };

/** Methods that may be sent again when a connection broke in the middle; a cache's clients send hardly any others without a body. */
const REPEATABLE = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Passes a request on and its answer back; `refused` leaves the response to the caller. */
export async function hand(request: IncomingMessage, response: ServerResponse, passage: ProxyPassage): Promise<Handed> {
  const body = bodyOf(request, passage.targets[0]?.oneWay ?? millis(0));
  const ask = isRepeatable(request, body) ? askPooled : askAlone;
  let abandoned = false;
  let reason = "there is no target";
  response.on("close", () => {
    abandoned = !response.writableFinished;
  });
  for (const target of passage.targets) {
    if (target.oneWay > 0) await sleep(target.oneWay);
    if (abandoned) return { kind: "abandoned" };
    const attempt = await ask(request, target, passage, body, response);
    if (attempt.kind === "answered") return { kind: "answered", target, status: attempt.status };
    if (abandoned) return { kind: "abandoned" };
    reason = attempt.reason;
    if (attempt.kind === "unusable") return { kind: "refused", status: 502, reason: unusableDetail(reason) };
    if (attempt.kind === "broken" && ask === askAlone) break;
  }
  return { kind: "refused", status: 503, reason: `No target of this door accepted the request (${reason}).` };
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

type ProxyAttempt =
  /** Its answer is on its way to the client. */
  | { readonly kind: "answered"; readonly status: number }
  /** `unreached`: no connection came about, so nothing was sent. `unusable`: what came back is no HTTP, or its head is too large. */
  | { readonly kind: "unreached" | "broken" | "unusable"; readonly reason: string };

type Ask = (
  request: IncomingMessage,
  target: ProxyTarget,
  passage: ProxyPassage,
  body: NodeJS.ReadableStream | undefined,
  response: ServerResponse,
) => Promise<ProxyAttempt>;

const reasonOf = (error: NodeJS.ErrnoException): string => error.code ?? error.message;

/**
 * The outcome of a request whose connection failed. An answer that the parser rejects is no lost target: any other would get the
 * same from the origin.
 */
function failed(error: NodeJS.ErrnoException, kind: "unreached" | "broken"): ProxyAttempt {
  const reason = reasonOf(error);
  const isParsers =
    error.name === "HTTPParserError" || /^(HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_CONTENT)/.test(reason);
  return { kind: isParsers && !/EOF/.test(reason) ? "unusable" : kind, reason };
}

const unusableDetail = (reason: string): string =>
  /OVERFLOW/.test(reason)
    ? `The answer's status line and fields exceed ${LOCAL_LIMITS.doorAnswerHeadBytes} bytes.`
    : `The answer is not valid HTTP (${reason}).`;

/** Leaves a target that shows no sign of life, where the passage says so. */
function watchIf({ onSilent }: ProxyPassage, target: ProxyTarget, leave: () => void): () => void {
  if (onSilent === undefined) return () => undefined;
  return watch(target, () => {
    onSilent(target);
    leave();
  });
}

/** Asks over the pool. Only for requests without content that may be repeated. */
const askPooled: Ask = (request, target, passage, _body, response) =>
  new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | undefined;
    let homeward: Writable | undefined;
    let isLeft = false;
    const leave = (reason: string): void => {
      isLeft = true;
      controller?.abort(new Error(reason));
      resolve({ kind: "broken", reason });
    };
    const stopWatching = watchIf(passage, target, () => homeward === undefined && leave("no sign of life"));
    response.once("close", () => {
      stopWatching();
      if (!response.writableFinished) leave("the client has gone");
    });
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        if (isLeft) started.abort(new Error("nobody waits for it"));
      },
      onResponseStart(_controller, status, _fields, message) {
        // Interim responses (1xx) concern only the two ends of that connection.
        if (status < 200) return;
        stopWatching();
        const raw = (controller?.rawHeaders ?? []) as Buffer[];
        const fields = raw.map((bytes) => bytes.toString("latin1"));
        homeward = begin(response, target.oneWay, { status, message, fields });
        resolve({ kind: "answered", status });
      },
      onResponseData(paused, chunk) {
        if (homeward === undefined || homeward.write(chunk)) return;
        paused.pause();
        homeward.once("drain", () => paused.resume());
      },
      onResponseEnd() {
        homeward?.end();
      },
      onResponseError(_controller, error) {
        stopWatching();
        // A truncated body must be truncated for the client too, which would otherwise take it for complete.
        homeward?.destroy();
        resolve(failed(error, "broken"));
      },
    };
    const { host, port, secure = false } = target;
    openPool().dispatch(
      {
        origin: `${secure ? "https" : "http"}://${host}:${port}`,
        method: (request.method ?? "GET") as Dispatcher.HttpMethod,
        path: request.url ?? "/",
        headers: fieldsFor(request, passage),
      },
      handler,
    );
  });

/** Sends over a separate connection: a pooled one may be dead already. */
const askAlone: Ask = (request, target, passage, body, response) =>
  new Promise((resolve) => {
    const waits = body !== undefined && target.expects === "continue";
    const fields = [...fieldsFor(request, passage), ...(waits ? ["Expect", "100-continue"] : [])];
    const upstream = open(target, request, fields);
    let connected = false;
    const start = (): void => {
      connected = true;
      if (body === undefined) upstream.end();
      else if (waits) upstream.once("continue", () => body.pipe(upstream));
      else body.pipe(upstream);
    };
    // The body starts only once there is a connection: one that is refused has then cost none of it.
    upstream.on("socket", (socket) => {
      if (socket.connecting) socket.once(target.secure ? "secureConnect" : "connect", start);
      else start();
    });
    const stopWatching = watchIf(passage, target, () => upstream.destroy(new Error("no sign of life")));
    upstream.on("close", stopWatching);
    upstream.on("response", (message) => {
      stopWatching();
      // The target did not ask for the content: read and discard it, for clients that read only after sending everything.
      if (waits && upstream.listenerCount("continue") > 0) request.unpipe().resume();
      const { statusCode: status = 502, statusMessage } = message;
      try {
        const homeward = begin(response, target.oneWay, { status, message: statusMessage, fields: message.rawHeaders });
        message.on("error", () => homeward.destroy()).on("close", () => message.complete || homeward.destroy());
        message.pipe(homeward);
        resolve({ kind: "answered", status });
      } catch (error) {
        upstream.destroy(error as Error);
        resolve({ kind: "unusable", reason: reasonOf(error as Error) });
      }
    });
    upstream.on("error", (error: NodeJS.ErrnoException) => {
      body?.unpipe(upstream);
      resolve(failed(error, connected ? "broken" : "unreached"));
    });
    response.on("close", () => {
      if (response.writableFinished) return;
      if (!target.secure) upstream.socket?.resetAndDestroy();
      upstream.destroy();
    });
  });

/** Opens a request to a target, on a connection of its own. */
export function open(target: ProxyTarget, request: IncomingMessage, fields: readonly string[]): ClientRequest {
  const { host, port, secure = false } = target;
  const options = {
    host,
    port,
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers: lengthLast(fields),
    setHost: false,
    agent: false,
    maxHeaderSize: LOCAL_LIMITS.doorAnswerHeadBytes,
  } as const;
  const upstream = secure ? httpsRequest({ ...options, servername: host }) : httpRequest(options);
  // By default Node silently drops an answer's fields beyond 2,000.
  upstream.maxHeadersCount = 0;
  // Node writes a head with `Expect` as UTF-8, which would encode the bytes of fields a second time.
  return upstream.once("socket", (socket) => socket.setDefaultEncoding("latin1"));
}

/** The client's fields in their order and spelling, without those of the connection, with the passage's own. */
export function fieldsFor(request: IncomingMessage, passage: ProxyPassage): string[] {
  const replaced = (passage.fields ?? []).map(([name]) => name.toLowerCase());
  const dropped = [...replaced, ...(passage.drop ?? [])];
  // What a client expects of the next hop (RFC 9110 section 10.1.1) the door has answered already.
  const kept = endToEnd(request.rawHeaders, request.headers.connection, [...dropped, "expect"]);
  // Node frames the body itself; without a length it must be told that there is one.
  if (request.headers["transfer-encoding"] !== undefined) kept.push("Transfer-Encoding", "chunked");
  return [...kept, ...(passage.fields ?? []).flat()];
}
