// Watches an origin's body while it is read: too long a pause fails it, and its end of any kind is reported once. Only time spent
// waiting for the origin counts; a slow reader is tolerated up to a limit, and its slot is free meanwhile.
// A body that drips is read on, and reported, so that it gives its slot back. The first read must come within the origin's own time, or the body counts as forgotten. It buffers nothing.

import { type Millis, millis } from "../config/units.ts";
import { ORIGIN_LIMITS } from "./limits.ts";
import { Pace } from "./pace.ts";

export interface Watch {
  /** The longest pause, and the longest time until the first read. */
  readonly idle: Millis;
  /** The announced length in bytes, or infinity: reads need not be larger. */
  readonly length: number;
  /** Ends the exchange with the origin. */
  stop(): void;
}

export interface WatchedBody {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when the body has ended, failed or was given up. */
  readonly ended: Promise<void>;
  /** Resolves when the reader has paused for `ORIGIN_LIMITS.originReaderRestMillis` for the first time. */
  readonly resting: Promise<void>;
  /** Resolves when the origin has once sent less than `LEAST_RATE`. */
  readonly dripping: Promise<void>;
}

/** `source` with its pauses watched. A read rejects when the origin pauses for too long or breaks off. */
export function watchBody(source: ReadableStream<Uint8Array>, watch: Watch): WatchedBody {
  const reader = source.getReader({ mode: "byob" });
  const end = Promise.withResolvers<void>();
  const rest = Promise.withResolvers<void>();
  const drip = Promise.withResolvers<void>();
  const pace = new Pace();
  const readBytes =
    watch.length > 0 ? Math.min(ORIGIN_LIMITS.originReadBytes, watch.length) : ORIGIN_LIMITS.originReadBytes;
  let failure: Error | undefined;
  const giveUp = (reason: Error) => {
    failure = reason;
    watch.stop();
    // The source is aborted already: a second error adds nothing.
    reader.cancel(reason).catch(() => undefined);
    end.resolve();
  };
  let pause = setTimeout(() => giveUp(new Error("the origin's body was never read")), watch.idle);
  const watchReader = () => {
    pause = setTimeout(() => {
      rest.resolve();
      const gone = () => giveUp(new Error("the reader of the origin's body paused for too long"));
      pause = setTimeout(gone, ORIGIN_LIMITS.originReaderGoneMillis - ORIGIN_LIMITS.originReaderRestMillis);
    }, ORIGIN_LIMITS.originReaderRestMillis);
  };

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(pause);
        const since = Date.now();
        const result: Read =
          failure === undefined ? await readWithin(reader, readBytes, watch.idle) : { kind: "failed", reason: failure };
        if (result.kind === "bytes") {
          if (pace.add(millis(Date.now() - since), result.bytes.byteLength) === "too-slow") drip.resolve();
          controller.enqueue(result.bytes);
          watchReader();
          return;
        }
        if (result.kind === "end") {
          end.resolve();
          controller.close();
          return;
        }
        giveUp(result.reason);
        controller.error(result.reason);
      },
      cancel(reason) {
        clearTimeout(pause);
        giveUp(reason instanceof Error ? reason : new Error("the reader gave up"));
      },
    },
    // Nothing is read ahead: the reader sets the pace, and back-pressure reaches the origin.
    { highWaterMark: 0 },
  );
  return { body, ended: end.promise, resting: rest.promise, dripping: drip.promise };
}

type Read =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly reason: Error };

async function readWithin(reader: ReadableStreamBYOBReader, size: number, idle: Millis): Promise<Read> {
  const pause = Promise.withResolvers<Read>();
  const timer = setTimeout(() => {
    const reason = new Error(`the origin's body paused for ${millis(idle)} ms`);
    pause.resolve({ kind: "failed", reason });
  }, idle);
  const read = reader.read(new Uint8Array(size)).then(
    ({ done, value }): Read =>
      done || value === undefined ? { kind: "end" } : { kind: "bytes", bytes: withoutSlack(value) },
    (error: unknown): Read => ({ kind: "failed", reason: error instanceof Error ? error : new Error(String(error)) }),
  );
  const result = await Promise.race([read, pause.promise]);
  clearTimeout(timer);
  return result;
}

/** A small piece in a large buffer would hold all of it for as long as the piece is stored. */
const withoutSlack = (piece: Uint8Array): Uint8Array =>
  piece.byteLength * 2 < piece.buffer.byteLength ? piece.slice() : piece;
