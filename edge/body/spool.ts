// A body on its way to several readers at once: written by one flight, read by every request that shares it. It is kept whole while it
// may become an entry; otherwise it is paced and holds only what some reader has still to take, so that a body of any size passes
// in bounded memory. A truncated body never ends well.
// Chunks are held as they come if they are large. Small ones are copied into blocks that grow with the body: a chunk costs
// hundreds of bytes in addition to its content, so an origin that sends byte by byte could fill the isolate with what is not counted.
// What is counted is the blocks' memory, at most twice the content.

import { EDGE_LIMITS } from "../limits.ts";
import type { UpstreamAnswer } from "../tier/tier.ts";
import type { Body, ByteSource } from "./source.ts";

/** Bytes of the body in one piece of memory, which may have room for more. */
interface Block {
  readonly bytes: Uint8Array;
  /** How many of its bytes belong to the body. */
  used: number;
}

/** Where a reader is: at `offset` of the block with this number. */
interface Reader {
  block: number;
  offset: number;
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
  #blocks: Block[] = [];
  /** Number of the first block still held. */
  #base = 0;
  /** Bytes of the body that are held, and of the blocks that hold them. */
  #held = 0;
  #memory = 0;
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

  /** Whether some request reads it now. */
  get isRead(): boolean {
    return this.#readers.size > 0;
  }

  /** Bytes held now. */
  get held(): number {
    return this.#held;
  }

  /** Adds a chunk. One that makes a kept body larger than an entry may be turns the spool to pacing. */
  write(chunk: Uint8Array): void {
    if (this.#end.kind !== "open" || chunk.byteLength === 0) return;
    this.#append(chunk);
    // A body no larger than a paced one may hold costs nothing more by being kept: small objects are stored regardless of what else
    // is under way, or a few clients that read slowly would end all storing.
    const crowded = bytesHeld > EDGE_LIMITS.flightBytes && this.#memory > EDGE_LIMITS.pacedFlightBytes;
    if (this.#keeps && (this.#held > EDGE_LIMITS.entryBytes || crowded)) this.#keeps = false;
    this.#forget();
    this.#wakeReaders();
  }

  #append(chunk: Uint8Array): void {
    const tail = this.#blocks.at(-1);
    const room = tail === undefined ? 0 : tail.bytes.byteLength - tail.used;
    if (tail !== undefined && chunk.byteLength <= room) {
      tail.bytes.set(chunk, tail.used);
      tail.used += chunk.byteLength;
      this.#hold(chunk.byteLength, 0);
      return;
    }
    const isLarge = tail === undefined || chunk.byteLength >= EDGE_LIMITS.smallChunkBytes;
    // A piece of a larger buffer would keep all of that.
    const isOwn = chunk.byteLength * 2 > chunk.buffer.byteLength;
    let bytes = chunk;
    if (!isLarge || !isOwn) {
      bytes = new Uint8Array(Math.max(chunk.byteLength, Math.min(this.#held, EDGE_LIMITS.chunkBlockBytes)));
      bytes.set(chunk);
    }
    this.#blocks.push({ bytes, used: chunk.byteLength });
    this.#hold(chunk.byteLength, bytes.byteLength);
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

  /** Cuts off the readers that hold up others; readers that are all in one place hold up no other. */
  cutStalled(): void {
    const last = [...this.#readers].filter((reader) => reader.block === this.#base);
    if (last.length === this.#readers.size) return;
    for (const reader of last) this.#remove(reader);
  }

  /** A reader from the start of the body. Only while `joinable`; throws otherwise, for the bytes are gone. */
  read(): ByteSource {
    if (!this.joinable) throw new Error("a body that has been partly forgotten cannot be read from its start");
    const reader: Reader = { block: 0, offset: 0, wake: undefined };
    this.#readers.add(reader);
    return {
      read: async () => {
        while (true) {
          if (!this.#readers.has(reader)) throw new Error("reader was cut off: it held up the others for too long");
          const bytes = this.#take(reader);
          if (bytes !== undefined) return bytes;
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
   * one holds nothing that the store does not hold anyway.
   */
  bytes(): Uint8Array {
    if (!this.whole) throw new Error("only a whole body becomes an entry");
    const held = this.#held;
    this.#hold(-held, -this.#memory);
    this.#handedOver = true;
    const first = this.#blocks[0];
    if (this.#blocks.length === 1 && first?.used === first?.bytes.byteLength && first !== undefined) return first.bytes;
    const body = new Uint8Array(held);
    const starts: number[] = [];
    let offset = 0;
    for (const { bytes, used } of this.#blocks) {
      starts.push(offset);
      body.set(bytes.subarray(0, used), offset);
      offset += used;
    }
    for (const reader of this.#readers) {
      reader.offset += starts[reader.block] ?? held;
      reader.block = 0;
    }
    this.#blocks = [{ bytes: body, used: held }];
    return body;
  }

  /** Nobody new will come: from here on only readers under way hold bytes. */
  release(): void {
    this.#keeps = false;
    this.#forget();
  }

  #isFull(): boolean {
    return !this.#keeps && this.#memory > EDGE_LIMITS.pacedFlightBytes && this.#readers.size > 0;
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

  /** All that has come and that the reader has not taken of one block; undefined if there is nothing. */
  #take(reader: Reader): Uint8Array | undefined {
    this.#advance(reader);
    const block = this.#blocks[reader.block - this.#base];
    if (block === undefined || reader.offset === block.used) return undefined;
    const bytes = block.bytes.subarray(reader.offset, block.used);
    reader.offset = block.used;
    this.#advance(reader);
    this.#forget();
    return bytes;
  }

  /** On to the next block where one has begun: then this one is complete. */
  #advance(reader: Reader): void {
    const index = reader.block - this.#base;
    if (this.#blocks[index]?.used !== reader.offset || index === this.#blocks.length - 1) return;
    reader.block += 1;
    reader.offset = 0;
  }

  #hold(byteLength: number, memory: number): void {
    if (this.#handedOver) return;
    this.#held += byteLength;
    this.#memory += memory;
    bytesHeld += memory;
  }

  /** Releases blocks that every reader has taken. */
  #forget(): void {
    if (!this.#keeps) {
      let taken = this.#base + this.#blocks.length;
      for (const reader of this.#readers) {
        this.#advance(reader);
        const isAtEnd = this.#blocks[reader.block - this.#base]?.used === reader.offset;
        taken = Math.min(taken, isAtEnd ? reader.block + 1 : reader.block);
      }
      while (this.#base < taken) {
        const { bytes, used } = this.#blocks.shift() as Block;
        this.#hold(-used, -bytes.byteLength);
        this.#base += 1;
      }
      for (const reader of this.#readers) {
        if (reader.block >= this.#base) continue;
        reader.block = this.#base;
        reader.offset = 0;
      }
    }
    if (!this.#isFull()) {
      this.#roomFor?.();
      this.#roomFor = undefined;
    }
  }
}

/** A body that is still coming. The reader attaches at once, because a paced body drops what no reader needs. */
export function streamOf(spool: Spool, answer: UpstreamAnswer): Body {
  const reader = spool.read();
  const length = answer.body.kind === "stream" ? answer.body.length : undefined;
  return { kind: "stream", length, open: () => reader };
}
