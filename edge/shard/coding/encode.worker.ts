// The platform's encoders and decoders as sources that are read: br, zstd and gzip of `node:zlib`, which the runtime has.
// The reader sets the pace: nothing is taken from the source while what came out of it is unread. When the source pauses,
// what is inside the encoder goes out, so a page's head does not wait for its foot. A source that breaks off breaks the
// encoded body off; it is never given a proper end. Short bodies are encoded in one piece, which costs half as much.
// Levels are those beyond which 2 % cost half as much time again; zstd, which few ask for without br, is the cheap one.

import {
  brotliCompressSync,
  type Coder,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createGunzip,
  createGzip,
  createZstdCompress,
  createZstdDecompress,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import type { ByteSource } from "../../body/source.ts";
import type { Coding } from "../../http/accept-encoding.ts";
import { SHARD_LIMITS } from "../limits.ts";

/** Those at work in this isolate now. */
let atWork = 0;

/** A body encoded while it is read; `length` in bytes helps where it is known. Undefined when `SHARD_LIMITS.encoders` are at work. */
export function encode(plain: ByteSource, coding: Coding, length: number | undefined): ByteSource | undefined {
  if (length !== undefined && length <= SHARD_LIMITS.compressAtOnceBytes) return atOnce(plain, coding, length);
  return atWork < SHARD_LIMITS.encoders ? new Coded(plain, () => encoderOf(coding, length)) : undefined;
}

/** Undoes `encode`, under the same limit. What is cut short or no such coding breaks off. */
export function decode(encoded: ByteSource, coding: Coding): ByteSource | undefined {
  return atWork < SHARD_LIMITS.encoders
    ? new Coded(encoded, () => ({ coder: DECODERS[coding](), flush: undefined }))
    : undefined;
}

/** A coder, and how it is made to flush what it holds. */
interface Engine {
  readonly coder: Coder;
  readonly flush: number | undefined;
}

/** Windows that a page of usual size fits into: a larger one would cost each encoder megabytes. In powers of two. */
const WINDOW = { least: 16, most: 18 } as const;

const GZIP = { level: 5 } as const;
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_windowLog]: WINDOW.most } };
const brotli = (length: number | undefined) => {
  const fitting = length === undefined ? WINDOW.most : Math.ceil(Math.log2(length + 16));
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_LGWIN]: Math.min(WINDOW.most, Math.max(WINDOW.least, fitting)),
      ...(length === undefined ? {} : { [constants.BROTLI_PARAM_SIZE_HINT]: length }),
    },
  };
};

function encoderOf(coding: Coding, length: number | undefined): Engine {
  switch (coding) {
    case "br":
      return { coder: createBrotliCompress(brotli(length)), flush: constants.BROTLI_OPERATION_FLUSH };
    case "zstd":
      return { coder: createZstdCompress(ZSTD), flush: constants.ZSTD_e_flush };
    case "gzip":
      return { coder: createGzip(GZIP), flush: constants.Z_SYNC_FLUSH };
  }
}

function encodedAtOnce(plain: Uint8Array, coding: Coding): Uint8Array {
  switch (coding) {
    case "br":
      return brotliCompressSync(plain, brotli(plain.byteLength));
    case "zstd":
      return zstdCompressSync(plain, ZSTD);
    case "gzip":
      return gzipSync(plain, GZIP);
  }
}

/** A short body, encoded when all of it is there. */
function atOnce(plain: ByteSource, coding: Coding, length: number): ByteSource {
  let done = false;
  return {
    async read() {
      if (done) return undefined;
      const whole = new Uint8Array(length);
      let received = 0;
      for (let chunk = await plain.read(); chunk !== undefined; chunk = await plain.read()) {
        if (received + chunk.byteLength > length) throw new Error(`body has more than ${length} bytes`);
        whole.set(chunk, received);
        received += chunk.byteLength;
      }
      if (received < length) throw new Error(`body ended after ${received} of ${length} bytes`);
      done = true;
      return new Uint8Array(encodedAtOnce(whole, coding));
    },
    cancel: () => plain.cancel(),
  };
}

const DECODERS = { br: createBrotliDecompress, zstd: createZstdDecompress, gzip: createGunzip } as const;

/** A source whose bytes go through a coder. The coder comes into being with the first read, for some bodies are never read. */
class Coded implements ByteSource {
  readonly #source: ByteSource;
  readonly #begin: () => Engine;
  #engine: Engine | undefined;
  /** What has come out and is not read yet. */
  readonly #ready: Uint8Array[] = [];
  #end: "open" | "complete" | "left" | { readonly cause: unknown } = "open";
  #feeding = false;
  /** A read of the source under way. */
  #next: Promise<Uint8Array | undefined> | undefined;
  #holds = false;
  #wake: (() => void) | undefined;

  constructor(source: ByteSource, begin: () => Engine) {
    this.#source = source;
    this.#begin = begin;
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#engine ??= this.#start();
    while (true) {
      const chunk = this.#ready.shift();
      if (chunk !== undefined) return chunk;
      if (this.#end === "complete" || this.#end === "left") return undefined;
      if (this.#end !== "open") throw this.#end.cause;
      if (!this.#feeding) void this.#feed(this.#engine);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  cancel(): void {
    this.#source.cancel();
    this.#finish("left");
  }

  #start(): Engine {
    const engine = this.#begin();
    atWork += 1;
    engine.coder.on("data", (chunk) => {
      // What comes out is a small part of a large buffer, which would stay in memory with it.
      this.#ready.push(new Uint8Array(chunk));
      this.#wake?.();
    });
    engine.coder.on("end", () => this.#finish("complete"));
    engine.coder.on("error", (cause) => this.#finish({ cause }));
    return engine;
  }

  /** Feeds the coder until something comes out. */
  async #feed(engine: Engine): Promise<void> {
    this.#feeding = true;
    try {
      while (this.#end === "open" && this.#ready.length === 0) {
        if (!(await this.#feedOnce(engine))) return;
      }
    } catch (cause) {
      this.#finish({ cause });
    } finally {
      this.#feeding = false;
    }
  }

  /** One chunk, or a flush where none comes soon; false at the end, after which the coder gives the rest by itself. */
  async #feedOnce({ coder, flush }: Engine): Promise<boolean> {
    this.#next ??= this.#source.read();
    if (flush !== undefined && this.#holds && (await isLate(this.#next))) {
      this.#holds = false;
      await new Promise<void>((resolve) => coder.flush(flush, resolve));
      return true;
    }
    const chunk = await this.#next;
    this.#next = undefined;
    if (this.#end !== "open") return false;
    if (chunk === undefined) {
      coder.end();
      return false;
    }
    this.#holds = true;
    await new Promise<void>((resolve) => coder.write(chunk, resolve));
    return true;
  }

  #finish(end: "complete" | "left" | { readonly cause: unknown }): void {
    if (this.#end !== "open") return;
    this.#end = end;
    if (this.#engine !== undefined) {
      atWork -= 1;
      this.#engine.coder.destroy();
    }
    this.#wake?.();
  }
}

/** Whether a read takes longer than a reader should wait for what is there already. */
async function isLate(next: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), SHARD_LIMITS.compressFlushMillis);
  });
  const ended = next.then(
    () => false,
    // Whoever awaits the read itself learns of it.
    () => false,
  );
  const result = await Promise.race([ended, late]);
  clearTimeout(timer);
  return result;
}
