// A byte stream that arrives later: a Transform around a DelayQueue with Node's clock and timer. The end of the stream
// is delayed like its bytes. Back-pressure is real: a full queue, or a reader that does not read, stops the writer.

import { Transform, type TransformCallback } from "node:stream";
import { bytes, type Millis } from "../../../config/units.ts";
import { LOCAL_LIMITS } from "../limits.ts";
import { DelayQueue } from "./delay-queue.ts";

const END = Symbol("end of stream");

/** Delays every chunk, and the end, by `delay`. `hold` and `release` stop and resume delivery. */
export class DelayStream extends Transform {
  readonly #queue: DelayQueue<Buffer | typeof END>;
  #timer: NodeJS.Timeout | undefined;
  /** The writer's callback, kept back while the queue is full. */
  #resumeWriter: TransformCallback | undefined;
  #finish: TransformCallback | undefined;
  /** Whether the reader has asked for more since it was last given enough. */
  #isAsked = true;

  constructor(delay: Millis) {
    super();
    this.#queue = new DelayQueue(delay, bytes(LOCAL_LIMITS.linkBytes));
  }

  hold(): void {
    this.#queue.hold();
  }

  release(): void {
    this.#queue.release();
    this.#deliver();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#queue.push(chunk, bytes(chunk.byteLength), performance.now());
    if (this.#queue.isFull) this.#resumeWriter = callback;
    else callback();
    this.#deliver();
  }

  override _flush(callback: TransformCallback): void {
    this.#finish = callback;
    this.#queue.push(END, bytes(0), performance.now());
    this.#deliver();
  }

  override _read(size: number): void {
    this.#isAsked = true;
    super._read(size);
    this.#deliver();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    super._destroy(error, callback);
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // What is due waits in the queue while the reader is behind, so that the queue's bound covers it. The reader's own
    // request ends that wait: how much it has left cannot, since it asks before it takes.
    if (this.destroyed || !this.#isAsked) return;
    for (const item of this.#queue.takeDue(performance.now())) {
      if (item === END) this.#finish?.();
      else this.#isAsked = this.push(item);
    }
    if (this.#resumeWriter !== undefined && !this.#queue.isFull) {
      const resume = this.#resumeWriter;
      this.#resumeWriter = undefined;
      resume();
    }
    const dueAt = this.#queue.nextDueAt;
    if (dueAt !== undefined && !this.destroyed) {
      this.#timer = setTimeout(() => this.#deliver(), Math.max(1, Math.ceil(dueAt - performance.now())));
    }
  }
}
