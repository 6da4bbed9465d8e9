// A body on its way to several readers at once: written by one flight, read by every request that shares it. It is kept
// whole while it may become an entry; otherwise it is paced, holding only what some reader has still to take, so that a
// body of any size passes in bounded memory. It never copies bytes, and never lets a truncated body end well.

import { EDGE_LIMITS } from "../limits.ts";
import type { UpstreamAnswer } from "../tier/tier.ts";
import type { Body, ByteSource } from "./source.ts";

interface Reader {
  /** Number of the chunk it takes next. */
  next: number;
  wake: (() => void) | undefined;
}

type End =
  | { readonly kind: "open" }
  | { readonly kind: "complete" }
  | { readonly kind: "broken"; readonly cause: unknown };

/** Bytes held by all spools of the isolate: beyond the limit new ones are paced. */
let bytesHeld = 0;

/** How much all unfinished bodies of this isolate hold now, in bytes. */
export const spooledBytes = (): number => bytesHeld;

export class Spool {
  #chunks: Uint8Array[] = [];
  /** Number of the first chunk still held. */
  #base = 0;
  #held = 0;
  /** Whether the bytes are the entry's by now, and counted there. */
  #handedOver = false;
  #end: End = { kind: "open" };
  #keeps: boolean;
  readonly #readers = new Set<Reader>();
  #roomFor: (() => void) | undefined;

  /** `keep: "whole"` holds all chunks until `release`; `keep: "unread"` only what some reader still needs. */
  constructor(keep: "whole" | "unread") {
    this.#keeps = keep === "whole";
  }

  /** Whether a reader that comes now would still get the whole body. */
  get joinable(): boolean {
    return this.#base === 0 && this.#end.kind !== "broken";
  }

  /** Whether everything is held and nothing is missing: only such a body may become an entry. */
  get whole(): boolean {
    return this.#keeps && this.#end.kind === "complete";
  }

  /** Whether the rest of the body is of no use to anybody. */
  get abandoned(): boolean {
    return !this.#keeps && this.#readers.size === 0;
  }

  /** Bytes held now. */
  get held(): number {
    return this.#held;
  }

  /** Adds a chunk. One that makes a kept body larger than an entry may be turns the spool to pacing. */
  write(chunk: Uint8Array): void {
    if (this.#end.kind !== "open" || chunk.byteLength === 0) return;
    this.#chunks.push(chunk);
    this.#hold(chunk.byteLength);
    // What is no larger than a paced body may hold costs nothing more by being kept: small objects are stored whatever else
    // is under way, or a few clients that read slowly would end all storing.
    const crowded = bytesHeld > EDGE_LIMITS.flightBytes && this.#held > EDGE_LIMITS.pacedFlightBytes;
    if (this.#keeps && (this.#held > EDGE_LIMITS.entryBytes || crowded)) this.#keeps = false;
    this.#forget();
    this.#wakeReaders();
  }

  end(): void {
    this.#finish({ kind: "complete" });
  }

  /** The body broke off: every reader gets the error, at the place where it happened. */
  break(cause: unknown): void {
    this.#finish({ kind: "broken", cause });
  }

  /** Resolves when the writer may go on: at once while kept whole, else when the readers have caught up. */
  room(): Promise<void> | undefined {
    if (!this.#isFull()) return undefined;
    return new Promise((resolve) => {
      this.#roomFor = resolve;
    });
  }

  /** Cuts off the readers that hold up others; those that are all in one place, or one alone, hold up nobody. */
  cutStalled(): void {
    if (![...this.#readers].some((reader) => reader.next > this.#base)) return;
    for (const reader of this.#readers) {
      if (reader.next === this.#base) this.#remove(reader);
    }
  }

  /** A reader from the start of the body. Only while `joinable`; throws otherwise, for the bytes are gone. */
  read(): ByteSource {
    if (!this.joinable) throw new Error("a body that has been partly forgotten cannot be read from its start");
    const reader: Reader = { next: 0, wake: undefined };
    this.#readers.add(reader);
    return {
      read: async () => {
        while (true) {
          if (!this.#readers.has(reader)) throw new Error("reader was cut off: it held up the others for too long");
          const chunk = this.#chunks[reader.next - this.#base];
          if (chunk !== undefined) {
            reader.next += 1;
            this.#forget();
            return chunk;
          }
          if (this.#end.kind === "complete") {
            this.#remove(reader);
            return undefined;
          }
          if (this.#end.kind === "broken") {
            this.#remove(reader);
            throw this.#end.cause;
          }
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
          });
        }
      },
      cancel: () => this.#remove(reader),
    };
  }

  /**
   * The whole body in one piece, for the entry. Only when `whole`. Readers under way go on in the same memory, so that a slow
   * one holds nothing beside what the store holds anyway.
   */
  bytes(): Uint8Array {
    if (!this.whole) throw new Error("only a whole body becomes an entry");
    const held = this.#held;
    this.#hold(-held);
    this.#handedOver = true;
    const first = this.#chunks[0];
    if (this.#chunks.length === 1 && first !== undefined) return first;
    const body = new Uint8Array(held);
    let offset = 0;
    this.#chunks = this.#chunks.map((chunk) => {
      body.set(chunk, offset);
      offset += chunk.byteLength;
      return body.subarray(offset - chunk.byteLength, offset);
    });
    return body;
  }

  /** Nobody new will come: from here on only readers under way hold bytes. */
  release(): void {
    this.#keeps = false;
    this.#forget();
  }

  #isFull(): boolean {
    return !this.#keeps && this.#held > EDGE_LIMITS.pacedFlightBytes && this.#readers.size > 0;
  }

  #finish(end: End): void {
    if (this.#end.kind !== "open") return;
    this.#end = end;
    this.#wakeReaders();
  }

  #remove(reader: Reader): void {
    if (!this.#readers.delete(reader)) return;
    reader.wake?.();
    this.#forget();
  }

  #wakeReaders(): void {
    for (const reader of this.#readers) {
      reader.wake?.();
      reader.wake = undefined;
    }
  }

  #hold(byteLength: number): void {
    if (this.#handedOver) return;
    this.#held += byteLength;
    bytesHeld += byteLength;
  }

  /** Lets go of chunks that every reader has taken. */
  #forget(): void {
    if (!this.#keeps) {
      let taken = this.#base + this.#chunks.length;
      for (const reader of this.#readers) taken = Math.min(taken, reader.next);
      while (this.#base < taken) {
        this.#hold(-(this.#chunks.shift()?.byteLength ?? 0));
        this.#base += 1;
      }
    }
    if (!this.#isFull()) {
      this.#roomFor?.();
      this.#roomFor = undefined;
    }
  }
}

/** A body that is still coming. The reader attaches at once, for a paced body forgets what nobody waits for. */
export function streamOf(spool: Spool, answer: UpstreamAnswer): Body {
  const reader = spool.read();
  const length = answer.body.kind === "stream" ? answer.body.length : undefined;
  return { kind: "stream", length, open: () => reader };
}
