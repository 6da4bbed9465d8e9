// Several parts of one representation in one body (RFC 9110 section 14.6). It writes what stands between the parts and says
// how long the whole will be; the bytes of the parts themselves it never sees. The boundary must not occur in them: the
// caller gives one that cannot be guessed.

import type { ByteRange } from "./range.ts";

export interface Multipart {
  readonly contentType: string;
  /** What comes before each part, in their order. */
  readonly heads: readonly Uint8Array[];
  /** What comes after the last. */
  readonly tail: Uint8Array;
  /** Bytes of heads, parts and tail together. */
  readonly length: number;
}

/** `contentType` is the representation's own; `total` its length in bytes. */
export function multipartOf(
  parts: readonly ByteRange[],
  total: number,
  contentType: string | undefined,
  boundary: string,
): Multipart {
  const encoder = new TextEncoder();
  const type = contentType === undefined ? "" : `Content-Type: ${contentType}\r\n`;
  const heads = parts.map(({ first, last }, index) =>
    encoder.encode(
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\n${type}Content-Range: bytes ${first}-${last}/${total}\r\n\r\n`,
    ),
  );
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  const inParts = parts.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const around = heads.reduce((sum, head) => sum + head.byteLength, tail.byteLength);
  return { contentType: `multipart/byteranges; boundary=${boundary}`, heads, tail, length: inParts + around };
}
