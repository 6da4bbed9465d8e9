// Reads the beginning of an upload before it takes a turn at its origin, so that a slow client holds none. Chunks are
// joined: thousands of small ones would cost many times their bytes in transit. Bounded by `LIMITS.uploadHeadBytes`.

import { LIMITS } from "../config/limits.ts";
import type { Gathering } from "./ports.ts";

/** Reads the beginning of `source`; the body that it gives is the whole again, the beginning as one piece. */
export function gatherUpload(source: ReadableStream<Uint8Array>): Gathering<ReadableStream<Uint8Array>> {
  const reader = source.getReader();
  // Pieces are copied into one buffer: thousands of small ones would cost many times their bytes.
  let head = new Uint8Array(1024);
  let size = 0;
  const add = (piece: Uint8Array) => {
    if (size + piece.byteLength > head.byteLength) {
      const larger = new Uint8Array(Math.max(size + piece.byteLength, 2 * head.byteLength));
      larger.set(head.subarray(0, size));
      head = larger;
    }
    head.set(piece, size);
    size += piece.byteLength;
  };
  const gather = async () => {
    try {
      while (size < LIMITS.uploadHeadBytes) {
        const { done, value } = await reader.read();
        if (done) break;
        add(value);
      }
    } catch {
      return undefined;
    }
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          if (size > 0) {
            controller.enqueue(head.slice(0, size));
            head = new Uint8Array(0);
            size = 0;
            return;
          }
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  };
  const cancel = () => void reader.cancel(new Error("the upload was given up")).catch(() => undefined);
  return { body: gather(), cancel };
}
