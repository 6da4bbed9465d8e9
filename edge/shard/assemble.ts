// The bytes of a large object, or a range of them, put together from its segments: each is opened when the one before it is
// being read, one ahead, so that a reader does not wait and nobody holds much. A segment that is of another version, cannot be
// had or comes up short breaks the whole off: what was joined so far is of one version, and it never ends well too early.

import { LIMITS } from "../../config/limits.ts";
import type { ByteRange } from "../http/range.ts";
import { rangeOf, type SegmentSet, segmentsOf } from "./segments.ts";
import type { ByteSource } from "./spool.ts";
import type { Body, UpstreamFailure } from "./tier.ts";

/** Why a segment cannot be had: the object is another by now, or something failed. */
export class SegmentError extends Error {
  readonly reason: "changed" | UpstreamFailure;
  constructor(reason: "changed" | UpstreamFailure) {
    super(reason === "changed" ? "the object changed while it was being sent" : reason.detail);
    this.reason = reason;
  }
}

/** Opens a segment at its first byte; rejects with a `SegmentError`. */
export type OpenSegment = (index: number) => Promise<ByteSource>;

/** The bytes of `range`, in order. `closed` is called once, when no more segments will be opened. */
export function assemble(set: SegmentSet, range: ByteRange, open: OpenSegment, closed: () => void): ByteSource {
  const wanted = segmentsOf(set, range);
  const ahead: Promise<ByteSource>[] = [];
  let toOpen = wanted.first;
  let current: { readonly source: ByteSource; position: number; readonly last: number } | undefined;
  let toRead = wanted.first;
  let isClosed = false;

  const openUpTo = (index: number): void => {
    while (toOpen <= Math.min(wanted.last, index)) {
      const opened = open(toOpen);
      // Whoever reads on hears of it; whoever left does not care.
      opened.catch(() => undefined);
      ahead.push(opened);
      toOpen += 1;
    }
  };
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    current?.source.cancel();
    for (const opened of ahead.splice(0)) void opened.then((source) => source.cancel()).catch(() => undefined);
    closed();
  };
  const nextChunk = async (): Promise<Uint8Array | undefined> => {
    while (!isClosed) {
      if (current === undefined) {
        if (toRead > wanted.last) break;
        openUpTo(toRead);
        const source = await (ahead.shift() as Promise<ByteSource>);
        const { first, last } = rangeOf(set, toRead);
        current = { source, position: first, last };
        openUpTo(toRead + LIMITS.segmentsAhead);
        toRead += 1;
      }
      const chunk = await current.source.read();
      if (chunk === undefined) throw new Error("a segment ended before its last byte");
      const start = current.position;
      current.position += chunk.byteLength;
      if (current.position > current.last + 1) throw new Error("a segment goes on beyond its last byte");
      if (current.position > current.last) {
        current.source.cancel();
        current = undefined;
      }
      const end = Math.min(chunk.byteLength, range.last + 1 - start);
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
    if (!(cause instanceof SegmentError)) return { kind: "failed", failure: BROKEN };
    return cause.reason === "changed" ? { kind: "changed" } : { kind: "failed", failure: cause.reason };
  }
  const rest: ByteSource = { read: async () => taken.shift() ?? source.read(), cancel: () => source.cancel() };
  return { kind: "begun", body: { kind: "stream", length: body.length, open: () => rest } };
}

const BROKEN: UpstreamFailure = {
  kind: "failure",
  status: 502,
  code: "segment-broken",
  detail: "A part of the object broke off before its first byte.",
  proxyError: "http_response_incomplete",
};
