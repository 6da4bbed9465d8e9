// Whether a request has content (RFC 9112 section 6.3, RFC 9110 section 8.6). The platform gives a body also where a client sent
// none, or announced one of length 0 or of no chunks, and would send that on in chunks, which some origins refuse. So a body of
// unknown length is read up to its first byte or its end. It holds one piece at most.

import { LIMITS } from "../config/limits.ts";
import { type Millis, millis } from "../config/units.ts";
import { EDGE_LIMITS } from "./limits.ts";

/** The request's content. `unknown`: after `patience` neither its first byte nor its end has come. */
export async function contentOf(
  { body, headers }: Request,
  patience: Millis,
): Promise<{ readonly kind: "none" } | { readonly kind: "some" | "unknown"; readonly body: ReadableStream }> {
  const length = headers.get("content-length");
  if (body === null || length === "0") return { kind: "none" };
  if (length !== null) return { kind: "some", body };
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const first = firstPiece(reader);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), patience);
  });
  // Its reader gets the error.
  const known = await Promise.race([first.catch(() => "broken" as const), late]);
  clearTimeout(timer ?? null);
  if (known === undefined) return { kind: "none" };
  return { kind: known === "late" ? "unknown" : "some", body: rejoined(reader, first) };
}

/** For how long a request may leave open whether it has content that nothing can carry: as long as an answer may take. */
export const GET_PATIENCE: Millis = millis(LIMITS.requestBudgetMillis);
/** For how long an upload waits for its first byte before it is sent on as one that will come. */
export const UPLOAD_PATIENCE: Millis = millis(EDGE_LIMITS.firstByteOfUploadMillis);

async function firstPiece(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    if (value.byteLength > 0) return value;
  }
}

/** The body as it was, with what was read of it at its head. */
function rejoined(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first: Promise<Uint8Array | undefined>,
): ReadableStream<Uint8Array> {
  let next: Promise<Uint8Array | undefined> | undefined = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await (next ?? reader.read().then(({ value }) => value));
        next = undefined;
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
