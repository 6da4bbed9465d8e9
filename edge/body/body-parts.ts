// Cuts what a request asked for out of a body: one part, or several in one multipart body (RFC 9110 sections 14.6, 15.3.7).
// Bytes that are stored are never copied. A body that can be opened anywhere is asked for the parts alone; one that only
// flows past is read in order, and left as soon as the last byte wanted has come.

import type { Fields } from "../http/fields.ts";
import { multipartOf } from "../http/multipart.ts";
import type { ByteRange } from "../http/range.ts";
import type { Body, ByteSource } from "./source.ts";

/** Bytes of a body, where they are known before its end. */
export function lengthOf(body: Body): number | undefined {
  switch (body.kind) {
    case "none":
      return 0;
    case "bytes":
      return body.bytes.byteLength;
    case "stream":
      return body.length;
  }
}

/** One part of a body. */
export function partOf(body: Body, { first, last }: ByteRange): Body {
  switch (body.kind) {
    case "none":
      return body;
    case "bytes":
      return { kind: "bytes", bytes: body.bytes.subarray(first, last + 1) };
    case "stream": {
      const { openAt } = body;
      const open = () => (openAt === undefined ? slice(body.open(), first, last) : openAt({ first, last }));
      return { kind: "stream", length: last - first + 1, open };
    }
  }
}

/** Whether these parts can be had in this order: a body that flows past gives them only from front to back. */
export const canGive = (body: Body, parts: readonly ByteRange[]): boolean =>
  body.kind !== "stream" ||
  body.openAt !== undefined ||
  parts.every((part, index) => index === 0 || part.first > (parts[index - 1]?.last ?? 0));

/** Several parts as one multipart body, with the fields that say so. `boundary` must not occur in the bytes. */
export function partsOf(
  body: Body,
  parts: readonly ByteRange[],
  stored: { readonly fields: Fields; readonly length: number },
  boundary: string,
): { readonly body: Body; readonly contentType: string; readonly length: number } {
  const { heads, tail, contentType, length } = multipartOf(
    parts,
    stored.length,
    stored.fields.get("content-type"),
    boundary,
  );
  const open = (): ByteSource => {
    const flowing = body.kind === "stream" && body.openAt === undefined ? forward(body.open()) : undefined;
    const sources = parts.flatMap((part, index) => [
      () => once(heads[index] as Uint8Array),
      () => flowing?.part(part) ?? sourceOf(partOf(body, part)),
    ]);
    return chain([...sources, () => once(tail)], () => flowing?.cancel());
  };
  return { body: { kind: "stream", length, open }, contentType, length };
}

/** Bytes `first` to `last` of a source, which is left as soon as they have come. */
function slice(source: ByteSource, first: number, last: number): ByteSource {
  const flowing = forward(source);
  const part = flowing.part({ first, last });
  let left = last - first + 1;
  return {
    async read() {
      if (left === 0) return undefined;
      const chunk = await part.read();
      left -= chunk?.byteLength ?? 0;
      if (left === 0) flowing.cancel();
      return chunk;
    },
    cancel: () => flowing.cancel(),
  };
}

/** A source read once from front to back, part by part. Parts must come in order. */
function forward(source: ByteSource) {
  let position = 0;
  let held: Uint8Array | undefined;
  return {
    part: ({ first, last }: ByteRange): ByteSource => ({
      async read() {
        while (position <= last) {
          const chunk = held ?? (await source.read());
          held = undefined;
          if (chunk === undefined) return undefined;
          const start = position;
          if (start + chunk.byteLength <= first) {
            position += chunk.byteLength;
            continue;
          }
          const end = Math.min(chunk.byteLength, last + 1 - start);
          if (end < chunk.byteLength) held = chunk.subarray(end);
          position = start + end;
          return chunk.subarray(Math.max(0, first - start), end);
        }
        return undefined;
      },
      cancel: () => source.cancel(),
    }),
    cancel: () => source.cancel(),
  };
}

/** Sources one after the other; each is opened when the one before it has ended. */
function chain(sources: readonly (() => ByteSource)[], cancelled: () => void): ByteSource {
  let next = 0;
  let current: ByteSource | undefined;
  return {
    async read() {
      while (current !== undefined || next < sources.length) {
        current ??= sources[next++]?.();
        const chunk = await current?.read();
        if (chunk !== undefined) return chunk;
        current = undefined;
      }
      cancelled();
      return undefined;
    },
    cancel() {
      current?.cancel();
      cancelled();
    },
  };
}

/** Bytes in one piece as a source. */
export function once(bytes: Uint8Array): ByteSource {
  let left: Uint8Array | undefined = bytes;
  return {
    async read() {
      const chunk = left;
      left = undefined;
      return chunk;
    },
    cancel: () => undefined,
  };
}

/** A body's bytes; none where it has none. */
export function sourceOf(body: Body): ByteSource {
  switch (body.kind) {
    case "none":
      return once(new Uint8Array());
    case "bytes":
      return once(body.bytes);
    case "stream":
      return body.open();
  }
}
