// What is cut out of a body, whole in memory, flowing past in chunks of any size, or open at any place: always the same bytes.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canGive, once, partOf, partsOf, sourceOf } from "../../../edge/body/body-parts.ts";
import type { Body, ByteSource } from "../../../edge/body/source.ts";
import type { ByteRange } from "../../../edge/http/range.ts";
import { fieldsOf } from "../http/exchange.ts";

const CONTENT = Uint8Array.from({ length: 100 }, (_, index) => index);

class Flow implements ByteSource {
  cancelled = 0;
  taken = 0;
  readonly #size: number;
  constructor(size: number) {
    this.#size = size;
  }
  async read(): Promise<Uint8Array | undefined> {
    if (this.taken >= CONTENT.length) return undefined;
    const chunk = CONTENT.subarray(this.taken, this.taken + this.#size);
    this.taken += chunk.byteLength;
    return chunk;
  }
  cancel(): void {
    this.cancelled += 1;
  }
}

const flowing = (flow: ByteSource): Body => ({ kind: "stream", length: CONTENT.length, open: () => flow });
const openAnywhere: Body = {
  kind: "stream",
  length: CONTENT.length,
  open: () => once(CONTENT),
  openAt: ({ first, last }) => once(CONTENT.subarray(first, last + 1)),
};

async function bytesOf(source: ByteSource): Promise<number[]> {
  const bytes: number[] = [];
  for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) bytes.push(...chunk);
  return bytes;
}

const range = fc.tuple(fc.nat(99), fc.nat(99)).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));

describe("one part", () => {
  test("has its bytes, whatever the chunks", async () => {
    await fc.assert(
      fc.asyncProperty(range, fc.integer({ min: 1, max: 101 }), async (wanted, size) => {
        const expected = [...CONTENT.subarray(wanted.first, wanted.last + 1)];
        const flow = new Flow(size);
        expect(await bytesOf(sourceOf(partOf(flowing(flow), wanted)))).toEqual(expected);
        expect(flow.cancelled).toBe(1);
        expect(flow.taken).toBeLessThan(wanted.last + 1 + size);
        for (const body of [openAnywhere, { kind: "bytes", bytes: CONTENT } as const])
          expect(await bytesOf(sourceOf(partOf(body, wanted)))).toEqual(expected);
      }),
    );
  });
});

describe("several parts", () => {
  const stored = { fields: fieldsOf({ "content-type": "text/plain" }), length: CONTENT.length };
  /** The bytes of the parts, read by their own Content-Range as a client would. */
  function readBack(body: number[], boundary: string): { range: string; type: string; bytes: number[] }[] {
    const text = String.fromCharCode(...body);
    expect(text.endsWith(`\r\n--${boundary}--\r\n`)).toBe(true);
    return text
      .split(new RegExp(`(?:^|\r\n)--${boundary}(?:--)?\r\n`))
      .slice(1, -1)
      .map((part) => {
        const end = part.indexOf("\r\n\r\n");
        const [type = "", range = ""] = part.slice(0, end).split("\r\n");
        return { type, range, bytes: [...part.slice(end + 4)].map((letter) => letter.charCodeAt(0)) };
      });
  }

  test("say where they lie and come in their order; the length told is the length sent", async () => {
    const ranges = fc.array(range, { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(ranges, fc.boolean(), async (wanted, anywhere) => {
        const parts: ByteRange[] = anywhere
          ? wanted
          : wanted.map((_, index) => ({ first: index * 20, last: index * 20 + 9 }));
        const body = anywhere ? openAnywhere : flowing(new Flow(7));
        expect(canGive(body, parts)).toBe(true);
        const several = partsOf(body, parts, stored, "border");
        expect(several.contentType).toBe("multipart/byteranges; boundary=border");
        const bytes = await bytesOf(sourceOf(several.body));
        expect(bytes.length).toBe(several.length);
        expect(readBack(bytes, "border")).toEqual(
          parts.map(({ first, last }) => ({
            type: "Content-Type: text/plain",
            range: `Content-Range: bytes ${first}-${last}/100`,
            bytes: [...CONTENT.subarray(first, last + 1)],
          })),
        );
      }),
    );
  });

  test("cannot be given backwards by a body that flows past", () => {
    const backwards = [
      { first: 50, last: 59 },
      { first: 0, last: 9 },
    ];
    expect([canGive(flowing(new Flow(1)), backwards), canGive(openAnywhere, backwards)]).toEqual([false, true]);
  });
});
