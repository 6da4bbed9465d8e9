// The bytes of a large object, or a range of them, put together from its segments. They are asked for ahead of the reader: one,
// and twice as many each time that the reader had to wait, so that a fast client gets what the line carries and a slow one costs
// no more than it reads. What is asked for far ahead gives way to others at the origin's gate. A segment that is of another version,
// cannot be had or comes up short breaks the whole off: what was joined so far is of one version, and it never ends well too early.

import type { Body, ByteSource } from "../../body/source.ts";
import type { ByteRange } from "../../http/range.ts";
import type { UpstreamFailure } from "../../tier/tier.ts";
import type { SegmentSet } from "../../tier/wire.ts";
import { SEGMENT_FAILURES } from "../answer/failures.ts";
import { SHARD_LIMITS } from "../limits.ts";
import { rangeOf, segmentsOf } from "./segments.ts";
import type { ServedBytes } from "./stored-share.ts";

/** Why a segment cannot be had: the object is another by now, or something failed. */
export class SegmentError extends Error {
  readonly reason: "changed" | UpstreamFailure;
  constructor(reason: "changed" | UpstreamFailure) {
    super(reason === "changed" ? "the object changed while it was being sent" : reason.detail);
    this.reason = reason;
  }
}

/** A segment at its first byte. One that passes by comes with those after it: to ask for more of them is no use. */
export interface Opened {
  readonly source: ByteSource;
  readonly from: "owner" | "passing";
  /** Whether its owner had it. */
  readonly isStored: boolean;
}

/** Opens a segment; rejects with a `SegmentError`. `ahead`: no reader waits for it yet. */
export type OpenSegment = (index: number, need: "now" | "ahead") => Promise<Opened>;

/** A segment that was asked for, and what is known of it. */
interface OpeningSegment {
  readonly opened: Promise<Opened>;
  state: "asked" | "open" | "failed";
}

/** Bytes that all bodies of the isolate ask for ahead, beyond the one segment that each may. */
let aheadOfAll = 0;

/** How many segments a body asks for ahead: more, twice as many each time, whenever its reader has to wait for the next. */
class ReadAhead {
  readonly #size: number;
  #width: number = SHARD_LIMITS.segmentsAhead;

  constructor(size: number) {
    this.#size = size;
  }

  get width(): number {
    return this.#width;
  }

  widen(): void {
    const together = SHARD_LIMITS.aheadBytesTogether - aheadOfAll;
    const more = Math.min(this.#width, Math.floor(SHARD_LIMITS.aheadBytes / this.#size) - this.#width);
    this.#set(this.#width + Math.max(0, Math.min(more, Math.floor(together / this.#size))));
  }

  /** Back to the beginning: fetching ahead was too much for the shard or the origin, or the body is over. */
  narrow(): void {
    this.#set(SHARD_LIMITS.segmentsAhead);
  }

  #set(width: number): void {
    aheadOfAll += (width - this.#width) * this.#size;
    this.#width = width;
  }
}

/** The bytes of `range`, in order. `closed` is called once, when no more segments will be opened, with what was given out. */
export function assemble(
  set: SegmentSet,
  range: ByteRange,
  open: OpenSegment,
  closed: (given: ServedBytes) => void,
): ByteSource {
  const given = { stored: 0, fetched: 0 };
  const wanted = segmentsOf(set, range);
  const window = new ReadAhead(set.size);
  const ahead: OpeningSegment[] = [];
  let toOpen = wanted.first;
  let current: (Opened & { position: number; readonly last: number }) | undefined;
  let toRead = wanted.first;
  let isClosed = false;

  const ask = (index: number, need: "now" | "ahead"): OpeningSegment => {
    const asked: OpeningSegment = { opened: open(index, need), state: "asked" };
    // A reader that reads on gets the error; one that has left does not need it.
    asked.opened.then(
      () => {
        asked.state = "open";
      },
      () => {
        asked.state = "failed";
      },
    );
    return asked;
  };
  const openUpTo = (index: number): void => {
    while (toOpen <= Math.min(wanted.last, index)) {
      ahead.push(ask(toOpen, toOpen <= toRead + 1 ? "now" : "ahead"));
      toOpen += 1;
    }
  };
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    current?.source.cancel();
    for (const { opened } of ahead.splice(0)) void opened.then(({ source }) => source.cancel()).catch(() => undefined);
    window.narrow();
    closed(given);
  };
  /**
   * The next segment. One that was asked for ahead and failed is asked for once more now that it is needed: the shard or the
   * origin may have been busy then, and what has been sent would be lost.
   */
  const next = async (index: number): Promise<Opened> => {
    openUpTo(index);
    const asked = ahead.shift() as OpeningSegment;
    const hadToWait = asked.state === "asked" && index > wanted.first;
    try {
      const opened = await asked.opened;
      if (hadToWait && opened.from === "owner") window.widen();
      return opened;
    } catch (cause) {
      if (index === wanted.first || !(cause instanceof SegmentError) || cause.reason === "changed") throw cause;
      window.narrow();
      return ask(index, "now").opened;
    }
  };
  const nextChunk = async (): Promise<Uint8Array | undefined> => {
    while (!isClosed) {
      if (current === undefined) {
        if (toRead > wanted.last) break;
        const opened = await next(toRead);
        const { first, last } = rangeOf(set, toRead);
        current = { ...opened, position: first, last };
        toRead += 1;
        openUpTo(toRead - 1 + window.width);
      }
      const chunk = await current.source.read();
      if (chunk === undefined) throw new Error("a segment ended before its last byte");
      const start = current.position;
      const { isStored } = current;
      current.position += chunk.byteLength;
      if (current.position > current.last + 1) throw new Error("a segment goes on beyond its last byte");
      if (current.position > current.last) {
        current.source.cancel();
        current = undefined;
      }
      const end = Math.min(chunk.byteLength, range.last + 1 - start);
      given[isStored ? "stored" : "fetched"] += Math.max(0, end - Math.max(0, range.first - start));
      if (start + end > range.last) close();
      if (start + end > range.first) return chunk.subarray(Math.max(0, range.first - start), end);
    }
    close();
    return undefined;
  };
  return {
    async read() {
      try {
        return await nextChunk();
      } catch (cause) {
        close();
        throw cause;
      }
    },
    cancel: close,
  };
}

/** Why an answer could not begin. */
export type NotBegun = { readonly kind: "changed" } | { readonly kind: "failed"; readonly failure: UpstreamFailure };

/**
 * Reads on until the first bytes of the object have come (`chunks`: how many reads that takes): before them an answer can still be
 * another, after them it can only break off.
 */
export async function begin(
  body: Body & { readonly kind: "stream" },
  chunks: number,
): Promise<{ readonly kind: "begun"; readonly body: Body } | NotBegun> {
  const source = body.open();
  const taken: Uint8Array[] = [];
  try {
    for (let read = 0; read < chunks; read += 1) {
      const chunk = await source.read();
      if (chunk !== undefined) taken.push(chunk);
    }
  } catch (cause) {
    source.cancel();
    if (!(cause instanceof SegmentError)) return { kind: "failed", failure: SEGMENT_FAILURES.broken };
    return cause.reason === "changed" ? { kind: "changed" } : { kind: "failed", failure: cause.reason };
  }
  const rest: ByteSource = { read: async () => taken.shift() ?? source.read(), cancel: () => source.cancel() };
  return { kind: "begun", body: { kind: "stream", length: body.length, open: () => rest } };
}
