// Watches a client's upload on its way to an origin: whether it moves, has ended, or broke off. A client decides how its
// upload goes, so an origin must not be blamed for it; and a long upload that moves is no slow origin. It buffers nothing,
// and an upload of announced length keeps that length: workerd sends any other stream in chunks, which some servers refuse.

import { epochMillis } from "../config/units.ts";
import type { UploadState } from "./ports.ts";

export interface WatchedUpload {
  readonly body: ReadableStream<Uint8Array>;
  state(): UploadState;
}

/** `source` under watch; `contentLength` is the value of that field, if the client sent one. */
export function watchUpload(source: ReadableStream<Uint8Array>, contentLength: string | null): WatchedUpload {
  const length = contentLength !== null && /^[0-9]{1,15}$/.test(contentLength) ? Number(contentLength) : undefined;
  const reader = source.getReader();
  let state: UploadState = { kind: "moving", movedAt: epochMillis(Date.now()) };
  let received = 0;
  const breakOff = (controller: ReadableStreamDefaultController<Uint8Array>, reason: unknown) => {
    state = { kind: "broken" };
    controller.error(reason);
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done && value !== undefined) {
            received += value.byteLength;
            state = { kind: "moving", movedAt: epochMillis(Date.now()) };
            controller.enqueue(value);
          } else if (length !== undefined && received !== length) {
            breakOff(controller, new Error(`the upload ended after ${received} of ${length} bytes`));
          } else {
            state = { kind: "sent", movedAt: epochMillis(Date.now()) };
            controller.close();
          }
        } catch (error) {
          breakOff(controller, error);
        }
      },
      async cancel(reason) {
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return { body: length === undefined ? body : body.pipeThrough(new FixedLengthStream(length)), state: () => state };
}
