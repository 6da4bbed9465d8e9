// The bytes of a body on their way: where they come from, and how a body is held or let go.

import type { Millis } from "../../config/units.ts";
import type { ByteRange } from "../http/range.ts";

/** Where a body comes from: `read` gives the next chunk, undefined at the end, and rejects if the body breaks off. */
export interface ByteSource {
  read(): Promise<Uint8Array | undefined>;
  /** No more will be read. */
  cancel(): void;
}

export type Body =
  | { readonly kind: "none" }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | {
      readonly kind: "stream";
      /** In bytes, where known: an end before it is a truncated body. */
      readonly length: number | undefined;
      open(): ByteSource;
      /** Opens only these bytes, where the body need not be read from its start; any number of times. */
      readonly openAt?: (range: ByteRange) => ByteSource;
      /** The shell's own stream of the same bytes: bytes that no code has to inspect pass through as they are. */
      readonly native?: unknown;
    };

/** Runs `act` once after `delay`, unless the returned function is called before. */
export type After = (delay: Millis, act: () => void) => () => void;

/** Cancels a body that will not be sent, so that its source does not wait for a reader. */
export function discard(body: Body): void {
  if (body.kind === "stream") body.open().cancel();
}

export const NO_BODY: Body = { kind: "none" };
