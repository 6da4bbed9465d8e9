// Translates between the platform's messages and the tiers' values: a request or answer of the core becomes a Request or
// Response and back, and the one internal field each carries is read and written here alone. Bodies are passed on as the
// platform's own streams where no code inspects them, and are never decoded or encoded on the way.

import { type EpochMillis, millis } from "../../config/units.ts";
import type { Body, ByteSource } from "../body/source.ts";
import { Fields } from "../http/fields.ts";
import { EDGE_LIMITS } from "../limits.ts";
import type { TierRequest, TierResponse, UpstreamAnswer } from "./tier.ts";
import { CONTEXT_FIELD, FACTS_FIELD, type RequestContext, type ResponseFacts } from "./wire.ts";

/** Where requests go at a node; what follows the host is the node's own path. */
export const NODE_URL = "http://node.internal";

/** Statuses whose responses have no body at all (Fetch standard, "null body status"). */
const BODILESS = new Set([101, 103, 204, 205, 304]);

/** How the field that only we write is spelt for people who read it on the wire; names are compared without case. */
const SPELT: ReadonlyMap<string, string> = new Map(
  ["Cache-Status", "Proxy-Status", "Server-Timing", "Meridian-Region", "Meridian-Request-Id"].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/**
 * Fields for the platform. A plain object costs a fraction of a `Headers` that is filled line by line; only `Set-Cookie`
 * may not be combined into one line (RFC 9110 section 5.3) and so needs one.
 */
export function headersOf(fields: Fields): Record<string, string> | Headers {
  if (fields.has("set-cookie")) {
    const headers = new Headers();
    for (const [name, value] of fields) headers.append(SPELT.get(name) ?? name, value);
    return headers;
  }
  // Without a prototype, whose members would pass for fields: `constructor` is a name that a client may send.
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of fields) {
    const spelt = SPELT.get(name) ?? name;
    const before = headers[spelt];
    headers[spelt] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}

/** A request for a node's `/request`, with its context. */
export function toNodeInit(request: TierRequest): RequestInit {
  return {
    method: request.method,
    headers: withInternal(request.fields, CONTEXT_FIELD, request.context),
    redirect: "manual",
    encodeResponseBody: "manual",
    ...(request.upload ? { body: request.upload as ReadableStream } : {}),
  };
}

/** Fields for another node: with the internal one that carries `value`. */
function withInternal(fields: Fields, name: string, value: object): Record<string, string> | Headers {
  const headers = headersOf(fields);
  if (headers instanceof Headers) headers.set(name, JSON.stringify(value));
  else headers[name] = JSON.stringify(value);
  return headers;
}

/** Reads what `toNodeInit` wrote; undefined if the context is missing or of a later format. */
export function readTierRequest(request: Request): TierRequest | undefined {
  const text = request.headers.get(CONTEXT_FIELD);
  if (text === null) return undefined;
  const context = JSON.parse(text) as RequestContext;
  if (context.v !== 1) return undefined;
  const fields = Fields.from(request.headers);
  fields.delete(CONTEXT_FIELD);
  return { method: request.method, fields, context, ...(request.body === null ? {} : { upload: request.body }) };
}

/** The answer of a tier as a Response, its facts in their field. */
export function toNodeResponse(answer: TierResponse): Response {
  const headers = withInternal(answer.fields, FACTS_FIELD, answer.facts);
  if (answer.upgrade !== undefined)
    return new Response(null, { status: 101, headers, webSocket: answer.upgrade as WebSocket });
  const body = BODILESS.has(answer.status) ? null : streamOf(answer.body);
  return new Response(body, { status: answer.status, headers, encodeBody: "manual" });
}

/** Reads a node's answer; undefined if it carries no facts, and so is not a tier's (a crash, a proxy's error page). */
export function readNodeAnswer(
  response: Response,
  requestAt: EpochMillis,
  responseAt: EpochMillis,
): UpstreamAnswer | undefined {
  const text = response.headers.get(FACTS_FIELD);
  if (text === null) return undefined;
  const facts = JSON.parse(text) as ResponseFacts;
  if (facts.v !== 1) return undefined;
  const fields = Fields.from(response.headers);
  fields.delete(FACTS_FIELD);
  const answer = {
    kind: "answer",
    status: response.status,
    fields,
    facts,
    requestAt,
    responseAt,
    timings: facts.timings,
  } as const;
  const upgrade = response.webSocket === null ? {} : { upgrade: response.webSocket };
  return { ...answer, ...upgrade, body: bodyOf(response.body, response.headers.get("content-length")) };
}

/** A native stream as a tier's body: opened by who reads it, or passed on as it is. */
export function bodyOf(stream: ReadableStream<Uint8Array> | null, contentLength: string | null): Body {
  if (stream === null) return { kind: "none" };
  const length = contentLength !== null && /^\d{1,15}$/.test(contentLength) ? Number(contentLength) : undefined;
  return { kind: "stream", length, native: stream, open: () => sourceOf(stream, length) };
}

/**
 * Reads a stream in large pieces where it can be asked for them: workerd gives what comes from a connection in pieces of 4 KiB
 * otherwise, and each costs a turn of the event loop. What a script makes comes in the pieces that it made.
 */
function sourceOf(stream: ReadableStream<Uint8Array>, length: number | undefined): ByteSource {
  const reader = bytesReaderOf(stream) ?? stream.getReader();
  const most = Math.min(EDGE_LIMITS.bodyReadBytes, length ?? EDGE_LIMITS.bodyReadBytes);
  // The end is read, too, and nothing can be read into no room.
  const room = Math.max(1, most);
  return {
    async read() {
      if (!(reader instanceof ReadableStreamBYOBReader)) return (await reader.read()).value;
      const { done, value } = await reader.read(new Uint8Array(room));
      return done || value === undefined ? undefined : withoutSlack(value);
    },
    cancel: () => {
      // The stream may have failed already; that it cannot be cancelled then is no news.
      reader.cancel().catch(() => undefined);
    },
  };
}

function bytesReaderOf(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    // A script made it: it is no stream of bytes.
    return undefined;
  }
}

/** A small piece in a large buffer would hold all of it for as long as the piece is stored. */
const withoutSlack = (piece: Uint8Array): Uint8Array =>
  piece.byteLength * 2 < piece.buffer.byteLength ? piece.slice() : piece;

function streamOf(body: Body): ReadableStream<Uint8Array> | Uint8Array | null {
  switch (body.kind) {
    case "none":
      return null;
    case "bytes":
      return body.bytes;
    case "stream":
      return body.native === undefined
        ? readable(body.open(), body.length)
        : (body.native as ReadableStream<Uint8Array>);
  }
}

/** A source as a native stream. One of known length says so, and cannot end well before it. */
function readable(source: ByteSource, length: number | undefined): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await source.read();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: () => source.cancel(),
    },
    { highWaterMark: 0 },
  );
  if (length === undefined) return stream;
  const fixed = new FixedLengthStream(length);
  // Either end may fail: the reader's cancellation reaches the source through the pipe, the source's failure the reader.
  stream.pipeTo(fixed.writable).catch(() => undefined);
  return fixed.readable;
}

/** `act` after `delay`, as cores ask for it. */
export function after(delay: number, act: () => void): () => void {
  const timer = setTimeout(act, millis(delay));
  return () => clearTimeout(timer);
}
