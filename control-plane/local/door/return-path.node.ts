// Returns an answer to the client: its head and its body, after an emulated distance. Fields are forwarded unchanged, as Latin-1
// strings with one character per byte (RFC 9110 section 5.5), in their order and spelling.

import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import type { Millis } from "../../../config/units.ts";
import { DelayStream } from "../link/delay-stream.node.ts";
import { endToEnd } from "./end-to-end-fields.ts";

/** The head of an answer. */
export interface ResponseHead {
  readonly status: number;
  readonly message: string | undefined;
  /** Name, value, name, value. */
  readonly fields: readonly string[];
}

/**
 * Begins an answer, now or after the way home. Returns where its body goes, which breaks the answer off when it is destroyed.
 * Throws, before anything is sent, when the head is none that Node can write.
 */
export function begin(response: ServerResponse, oneWay: Millis, head: ResponseHead): Writable {
  response.sendDate = false;
  const named = head.fields.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === "connection");
  const fields = lengthLast(endToEnd(head.fields, named < 0 ? undefined : head.fields[named + 1], []));
  // A reason phrase says nothing that counts (RFC 9112 section 4), so one that is not plain text is left out.
  const message = /^[\t\x20-\x7e]+$/.test(head.message ?? "") ? head.message : "";
  response.writeHead(head.status, message, fields);
  // A body that is there already goes out with the head; one that is not may be long in coming.
  const flush = (): void => {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders();
  };
  if (oneWay <= 0) {
    setImmediate(flush);
    return response;
  }
  const body = new DelayStream(oneWay);
  // Both clocks start now, so the body's first byte follows the head as closely as it came.
  setTimeout(() => {
    flush();
    body.pipe(response);
  }, oneWay);
  body.on("error", () => body.destroy());
  body.on("close", () => body.readableEnded || response.destroy());
  return body;
}

/**
 * The same fields with `Content-Length` at the end: Node decodes a `Content-Disposition` that follows one, and refuses what it
 * gets. The order of fields of different names means nothing (RFC 9110 section 5.3).
 */
export function lengthLast(fields: readonly string[]): string[] {
  const others: string[] = [];
  const lengths: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] ?? "";
    (name.toLowerCase() === "content-length" ? lengths : others).push(name, fields[index + 1] ?? "");
  }
  return [...others, ...lengths];
}
