// A plain body before it is encoded: whether it is worth it, where its length was not announced, and when it was last needed.
// What has been read to find out is not lost, and how a body ends is never changed.

import { millis } from "../../../config/units.ts";
import type { After, ByteSource } from "../../body/source.ts";
import { EDGE_LIMITS } from "../../limits.ts";
import { SHARD_LIMITS } from "../limits.ts";

/** What the beginning of a body shows. */
export type Peeked =
  /** All of it, less than `EDGE_LIMITS.compressFromBytes`. */
  | { readonly kind: "short"; readonly bytes: Uint8Array }
  /** More than that, or not all there after `SHARD_LIMITS.compressPeekMillis`; `source` gives it from its first byte. */
  | { readonly kind: "long"; readonly source: ByteSource };

/** Reads so much of a body that it is known to be short, or not. Never rejects: a body that breaks off breaks at its reader. */
export async function peek(source: ByteSource, after: After): Promise<Peeked> {
  const chunks: Uint8Array[] = [];
  let held = 0;
  let cancel = (): void => undefined;
  const pause = new Promise<"pause">((resolve) => {
    cancel = after(millis(SHARD_LIMITS.compressPeekMillis), () => resolve("pause"));
  });
  try {
    while (held < EDGE_LIMITS.compressFromBytes) {
      const next = source.read();
      const got = await Promise.race([next, pause]).catch(() => "pause" as const);
      if (got === "pause") return { kind: "long", source: resumed(chunks, next, source) };
      if (got === undefined) return { kind: "short", bytes: joined(chunks, held) };
      chunks.push(got);
      held += got.byteLength;
    }
    return { kind: "long", source: resumed(chunks, undefined, source) };
  } finally {
    cancel();
  }
}

/** The same source; `ended` is called once when it has ended, failed or been cancelled. */
export function watched(source: ByteSource, ended: () => void): ByteSource {
  let told = false;
  const tell = () => {
    if (!told) ended();
    told = true;
  };
  return {
    async read() {
      try {
        const chunk = await source.read();
        if (chunk === undefined) tell();
        return chunk;
      } catch (cause) {
        tell();
        throw cause;
      }
    },
    cancel() {
      source.cancel();
      tell();
    },
  };
}

/** What was read, then the read under way, then the rest. */
function resumed(
  chunks: Uint8Array[],
  underWay: Promise<Uint8Array | undefined> | undefined,
  rest: ByteSource | undefined,
): ByteSource {
  // Its reader gets the failure; until there is a reader an unhandled rejection would be no fault.
  underWay?.catch(() => undefined);
  let pending = underWay;
  return {
    async read() {
      const chunk = chunks.shift();
      if (chunk !== undefined) return chunk;
      const next = pending ?? rest?.read();
      pending = undefined;
      return next;
    },
    cancel: () => rest?.cancel(),
  };
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
