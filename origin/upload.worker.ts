// Watches a client's upload on its way to an origin: whether it moves, has ended, broke off, or comes too slowly. A client decides
// how its upload goes, so an origin must not be blamed for it; and a long upload that moves is no slow origin. It buffers nothing,
// and an upload of announced length keeps that length: workerd sends any other stream in chunks, which some servers refuse.

import { epochMillis, millis } from "../config/units.ts";
import { Pace } from "./pace.ts";
import type { UploadState } from "./ports.ts";

export interface WatchedUpload {
  readonly body: ReadableStream<Uint8Array>;
  state(): UploadState;
}

/**
 * `source` under watch; `contentLength` is the value of that field, if the client sent one. `stop` ends the exchange with the origin:
 * it is called when the client sends less than `LEAST_RATE`.
 */
export function watchUpload(
  source: ReadableStream<Uint8Array>,
  contentLength: string | null,
  stop: () => void,
): WatchedUpload {
  const length = contentLength !== null && /^[0-9]{1,15}$/.test(contentLength) ? Number(contentLength) : undefined;
  const reader = source.getReader();
  const pace = new Pace();
  let state: UploadState = { kind: "moving", movedAt: epochMillis(Date.now()) };
  let waitingSince: number | undefined;
  let received = 0;
  const breakOff = (controller: ReadableStreamDefaultController<Uint8Array>, reason: unknown) => {
    if (state.kind === "too-slow") return;
    state = { kind: "broken" };
    controller.error(reason);
  };
  const cutOff = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const reason = new Error("the upload came too slowly");
    state = { kind: "too-slow" };
    controller.error(reason);
    stop();
    // It may have failed already: that it cannot be cancelled then is no news.
    reader.cancel(reason).catch(() => undefined);
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const since = Date.now();
        waitingSince = since;
        const timer = setTimeout(cutOff, pace.left, controller);
        try {
          const { done, value } = await reader.read();
          if (state.kind === "too-slow") return;
          if (!done && value !== undefined) {
            received += value.byteLength;
            state = { kind: "moving", movedAt: epochMillis(Date.now()) };
            if (pace.add(millis(Date.now() - since), value.byteLength) === "too-slow") cutOff(controller);
            else controller.enqueue(value);
          } else if (length !== undefined && received !== length) {
            breakOff(controller, new Error(`the upload ended after ${received} of ${length} bytes`));
          } else {
            state = { kind: "sent", movedAt: epochMillis(Date.now()) };
            controller.close();
          }
        } catch (error) {
          breakOff(controller, error);
        } finally {
          clearTimeout(timer);
          waitingSince = undefined;
        }
      },
      async cancel(reason) {
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  // While the client is waited for, time says nothing against the origin; how long that may be, the rate says.
  const stateNow = (): UploadState =>
    state.kind === "moving" && waitingSince !== undefined
      ? { kind: "moving", movedAt: epochMillis(Date.now()) }
      : state;
  return { body: length === undefined ? body : body.pipeThrough(new FixedLengthStream(length)), state: stateNow };
}
