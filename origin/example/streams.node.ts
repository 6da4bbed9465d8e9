// The shop's answers that are no single value: the large file, event streams, slow and broken answers, and the mirror of a
// request. Each writes to the response by itself, keeps to its reader's pace, and stops when the reader is gone.

import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { MiB } from "../../config/units.ts";
import { fillBytes } from "./large-file.ts";
import { plainPage } from "./pages.ts";
import { readRange } from "./reply.ts";

/** The large file's greatest size; larger wishes get this one. */
const MOST_MIB = 1024;
const MOST_SLOW_MILLIS = 60_000;
const MOST_EVENTS = 3600;
const PIECE = 64 * 1024;

/** A number of the query between bounds; `otherwise` when it is absent or no number. */
function numberOf(url: URL, name: string, otherwise: number, most: number): number {
  const value = Number(url.searchParams.get(name) ?? otherwise);
  return Number.isFinite(value) ? Math.min(most, Math.max(0, value)) : otherwise;
}

/** `/files/large.bin?mib=`: deterministic bytes, whole or one part (RFC 9110 section 14). */
export async function sendLargeFile(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const mib = Math.max(1, Math.floor(numberOf(url, "mib", 50, MOST_MIB)));
  const length = mib * MiB;
  const etag = `"large-${mib}"`;
  const fields = {
    "Content-Type": "application/octet-stream",
    "Accept-Ranges": "bytes",
    "Cache-Control": "public, max-age=3600",
    "Cache-Tag": "files",
    "Last-Modified": "Mon, 05 Jan 2026 08:00:00 GMT",
    ETag: etag,
  };
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304, fields).end();
    return;
  }
  const range = readRange(request.headers, length, etag);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "Content-Range": `bytes */${length}` }).end();
    return;
  }
  const { first, last } = range === "all" ? { first: 0, last: length - 1 } : range;
  const part = range === "all" ? {} : { "Content-Range": `bytes ${first}-${last}/${length}` };
  response.writeHead(range === "all" ? 200 : 206, { ...fields, ...part, "Content-Length": last - first + 1 });
  if (request.method !== "HEAD") await sendBytes(response, first, last);
  response.end();
}

async function sendBytes(response: ServerResponse, first: number, last: number): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  for (let offset = first; offset <= last && !gone.signal.aborted; offset += PIECE) {
    const piece = new Uint8Array(Math.min(PIECE, last + 1 - offset));
    fillBytes(piece, offset);
    if (response.write(piece)) continue;
    // A reader that went away drains nothing any more: its going ends the wait.
    await once(response, "drain", { signal: gone.signal }).catch(() => response.destroy());
  }
}

/** `/slow?ms=`: an ordinary page, late. */
export async function sendSlowly(url: URL, response: ServerResponse): Promise<void> {
  const delay = numberOf(url, "ms", 2000, MOST_SLOW_MILLIS);
  await sleep(delay);
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "public, max-age=60" });
  response.end(plainPage("Good things take time", `This answer took ${delay} ms, as asked.`));
}

/** `/stream?events=&ms=`: server-sent events, numbered. */
export async function sendEvents(url: URL, response: ServerResponse): Promise<void> {
  const [count, pause] = [numberOf(url, "events", 10, MOST_EVENTS), numberOf(url, "ms", 1000, MOST_SLOW_MILLIS)];
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.flushHeaders();
  for (let number = 1; number <= count && !response.destroyed; number++) {
    response.write(`id: ${number}\ndata: event ${number} of ${count}\n\n`);
    if (number < count) await sleep(pause);
  }
  response.end();
}

/** `/fail?how=reset|truncate`: answers that break off, before the head or in the body. */
export async function breakOff(how: string, response: ServerResponse): Promise<void> {
  if (how === "truncate") {
    response.writeHead(200, {
      "Content-Type": "text/plain",
      "Content-Length": 1000,
      "Cache-Control": "public, max-age=60",
    });
    // The head and the first half must have left before the end does, or the client would see neither.
    await new Promise((resolve) => response.write("x".repeat(500), resolve));
  }
  response.socket?.resetAndDestroy();
}

/** `/echo`: what the origin saw of a request. The body is counted and digested as it comes, never kept. */
export async function mirror(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const digest = createHash("sha256");
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    digest.update(chunk);
  }
  const fields: [string, string][] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    fields.push([request.rawHeaders[index] ?? "", request.rawHeaders[index + 1] ?? ""]);
  }
  const seen = {
    method: request.method,
    target: request.url,
    fields,
    bodyBytes: size,
    bodySha256: digest.digest("hex"),
  };
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(`${JSON.stringify(seen, null, 2)}\n`);
}
