// What users get of an origin that knows no codings, over real sockets through shard and shield: the bytes that `node:zlib`
// decodes are the origin's, whoever asks first, and the origin is asked once.

import { randomBytes } from "node:crypto";
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  gzipSync,
  zstdDecompressSync,
} from "node:zlib";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheStatusOf, type Running, startCdn } from "../fixtures/cluster.node.ts";
import { type PlainOrigin, startPlainOrigin } from "../fixtures/plain-origin.node.ts";

const TEXT = Buffer.from(
  Array.from({ length: 3000 }, (_, line) => `<li>${line} ${(line * 7919) % 1013} sheep</li>\n`).join(""),
);
/** Short enough to be encoded in one piece. */
const SHORT = TEXT.subarray(0, 20_000);
const CODINGS = [
  ["br", "gzip, deflate, br, zstd", brotliDecompressSync],
  ["gzip", "gzip, deflate", gunzipSync],
  ["zstd", "gzip, zstd", zstdDecompressSync],
  [undefined, "identity", (bytes: Buffer) => bytes],
] as const;

let cdn: Running;
let origin: PlainOrigin;
const agent = new Agent();
beforeAll(async () => {
  origin = await startPlainOrigin();
  cdn = await startCdn(26_787, {
    // The shield is elsewhere, so everything passes through both tiers.
    regions: ["weur", "enam"],
    input: {
      origins: { plain: { url: origin.url, shield: "enam" } },
      regions: { weur: {}, enam: {} },
      routes: [
        { name: "untouched", origin: "plain", match: { paths: ["/untouched/*"] }, compress: "off" },
        { name: "pages", origin: "plain" },
      ],
    },
  });
});
afterAll(async () => {
  await agent.destroy();
  await cdn?.end();
  await origin?.stop();
});

interface Got {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
}

/** A client in Germany, whose shard is not the shield; its bytes as they come. */
async function get(
  path: string,
  accepts: string,
  more: Record<string, string> = {},
  method: "GET" | "HEAD" = "GET",
): Promise<Got> {
  const headers = { "meridian-from": "DE", "accept-encoding": accepts, ...more };
  const response = await request(`${cdn.cluster.frontDoor}${path}`, { method, headers, dispatcher: agent });
  const bytes = Buffer.from(await response.body.arrayBuffer());
  return { status: response.statusCode, headers: response.headers, bytes };
}

describe("text that the origin sends plain", () => {
  const sized = [TEXT, SHORT].flatMap((body) => CODINGS.map((coding) => [...coding, body] as const));
  test.each(sized)("comes as %s to who sends %j, miss and hit, and the origin is asked once", async (...row) => {
    const [coding, accepts, decode, body] = row;
    const path = `/once/${coding}/${body.byteLength}`;
    origin.pages.set(path, { body, fields: { etag: '"v1"' } });
    for (const outcome of ["fwd=uri-miss", "meridian-shard;hit"]) {
      const got = await get(path, accepts);
      expect(cacheStatusOf({ ...got, text: "" })).toContain(outcome);
      expect(got.headers["content-encoding"]).toBe(coding);
      expect(got.headers.vary).toBe("Accept-Encoding");
      expect(got.headers.etag).toBe(coding === undefined ? '"v1"' : 'W/"v1"');
      expect(decode(got.bytes).equals(body)).toBe(true);
      if (coding !== undefined) expect(got.bytes.byteLength).toBeLessThan(body.byteLength / 3);
      expect(Object.keys(got.headers).filter((name) => name.startsWith("meridian-internal"))).toEqual([]);
    }
    expect(origin.requests(path)).toBe(1);
  });

  test("is one request to the origin for two hundred clients of every kind at once", async () => {
    origin.pages.set("/crowd", { body: TEXT });
    const kinds = Array.from({ length: 200 }, (_, index) => CODINGS[index % CODINGS.length] ?? CODINGS[0]);
    const answers = await Promise.all(kinds.map(([, accepts]) => get("/crowd", accepts)));
    for (const [index, [coding, , decode]] of kinds.entries()) {
      expect(answers[index]?.headers["content-encoding"]).toBe(coding);
      expect(decode(answers[index]?.bytes ?? Buffer.alloc(0)).equals(TEXT)).toBe(true);
    }
    expect(origin.requests("/crowd")).toBe(1);
  });

  test("has its length on a hit, and HEAD says what GET says", async () => {
    origin.pages.set("/head", { body: TEXT, fields: { etag: '"v1"' } });
    const cold = await get("/head", "br", {}, "HEAD");
    await get("/head", "br");
    const hit = await get("/head", "br");
    const warm = await get("/head", "br", {}, "HEAD");
    expect(hit.headers["content-length"]).toBe(`${hit.bytes.byteLength}`);
    for (const name of ["content-encoding", "etag", "vary", "content-type", "accept-ranges"]) {
      expect([name, cold.headers[name], warm.headers[name]]).toEqual([name, hit.headers[name], hit.headers[name]]);
    }
    expect(warm.headers["content-length"]).toBe(hit.headers["content-length"]);
    // Nobody has encoded anything yet, so nobody knows; a plain body's length would be a lie.
    expect(cold.headers["content-length"]).toBeUndefined();
  });

  test("is confirmed to a client that has it, by the tag that it was given", async () => {
    origin.pages.set("/known", { body: TEXT, fields: { etag: '"v1"' } });
    const { headers } = await get("/known", "br");
    const again = await get("/known", "br", { "if-none-match": String(headers.etag) });
    expect([again.status, again.headers.etag, again.bytes.byteLength]).toEqual([304, 'W/"v1"', 0]);
    expect((await get("/known", "br", { "if-none-match": '"v2"' })).status).toBe(200);
  });

  test("is confirmed by the origin under the origin's own tag, and stays as it was encoded", async () => {
    origin.pages.set("/stale", { body: TEXT, fields: { etag: '"v1"', "cache-control": "max-age=0" } });
    const first = await get("/stale", "br");
    const again = await get("/stale", "br");
    expect(origin.lastRequest("/stale")?.["if-none-match"]).toBe('"v1"');
    expect(cacheStatusOf({ ...again, text: "" })).toContain("fwd-status=304");
    expect(again.bytes.equals(first.bytes)).toBe(true);
    expect(brotliDecompressSync(again.bytes).equals(TEXT)).toBe(true);
  });

  test("has ranges where it is plain and none where it is encoded", async () => {
    origin.pages.set("/range", { body: TEXT, fields: { etag: '"v1"' } });
    await get("/range", "br");
    await get("/range", "identity");
    const encoded = await get("/range", "br", { range: "bytes=5-9" });
    expect([encoded.status, encoded.headers["accept-ranges"]]).toEqual([200, "none"]);
    expect(brotliDecompressSync(encoded.bytes).equals(TEXT)).toBe(true);
    const plain = await get("/range", "identity", { range: "bytes=5-9", "if-range": '"v1"' });
    expect([plain.status, plain.headers["content-range"]]).toEqual([206, `bytes 5-9/${TEXT.byteLength}`]);
    expect(plain.bytes.equals(TEXT.subarray(5, 10))).toBe(true);
  });

  test("is never made of parts, whichever was asked for first", async () => {
    origin.pages.set("/part-first", { body: TEXT, fields: { etag: '"v1"' } });
    const part = await get("/part-first", "br", { range: "bytes=5-9" });
    if (part.status === 206) expect(part.bytes.equals(TEXT.subarray(5, 10))).toBe(true);
    const whole = await get("/part-first", "br");
    const decoded = whole.headers["content-encoding"] === "br" ? brotliDecompressSync(whole.bytes) : whole.bytes;
    expect([whole.status, decoded.equals(TEXT)]).toEqual([200, true]);
  });

  test("goes in all codings at once when it is purged", async () => {
    origin.pages.set("/purged", { body: TEXT });
    for (const [, accepts] of CODINGS) await get("/purged", accepts);
    origin.pages.set("/purged", { body: Buffer.concat([Buffer.from("new "), TEXT]) });
    const { json } = await cdn.api("/v1/purges", { urls: [`${cdn.cluster.frontDoor}/purged`], wait: "applied" });
    expect((json as { state?: string }).state).toBe("applied");
    for (const [, accepts, decode] of CODINGS) {
      expect(
        decode((await get("/purged", accepts)).bytes)
          .subarray(0, 4)
          .toString(),
      ).toBe("new ");
    }
    expect(origin.requests("/purged")).toBe(2);
  });

  test("of unknown length is encoded, and left alone when it is short", async () => {
    origin.pages.set("/chunked", { body: TEXT, ends: "chunked" });
    origin.pages.set("/short", { body: Buffer.from("short"), ends: "chunked" });
    expect(brotliDecompressSync((await get("/chunked", "br")).bytes).equals(TEXT)).toBe(true);
    const short = await get("/short", "br");
    expect([short.headers["content-encoding"], short.bytes.toString()]).toEqual([undefined, "short"]);
  });

  test.each([
    ["br", createBrotliDecompress],
    ["gzip", createGunzip],
    ["zstd", createZstdDecompress],
  ] as const)("in %s can be read as far as the origin has sent it", async (coding, decoder) => {
    const path = `/held/${coding}`;
    origin.pages.set(path, { body: TEXT, ends: "held" });
    const headers = { "accept-encoding": coding };
    const { body } = await request(`${cdn.cluster.frontDoor}${path}`, { headers, dispatcher: agent });
    const decoded = body.pipe(decoder());
    let text = "";
    for await (const chunk of decoded) {
      text += chunk;
      // Only a reader that has the first half, to its last byte, gets the second.
      if (text.length >= TEXT.byteLength / 2) origin.finish();
    }
    expect(text).toBe(TEXT.toString());
  });

  test("goes plain to who refuses every coding, even no coding", async () => {
    origin.pages.set("/refuses", { body: TEXT });
    const got = await get("/refuses", "identity;q=0, *;q=0");
    expect([got.status, got.bytes.equals(TEXT)]).toEqual([200, true]);
  });
});

describe("what must be left alone", () => {
  test.each<[string, Buffer, Record<string, string>]>([
    ["pictures", randomBytes(5000), { "content-type": "image/jpeg" }],
    [
      "what the origin encoded",
      gzipSync(TEXT),
      { "content-encoding": "gzip", vary: "accept-encoding", etag: '"v1-gzip"' },
    ],
    ["what says no-transform", TEXT, { "cache-control": "max-age=300, no-transform" }],
    ["what is not kept", TEXT, { "cache-control": "no-store" }],
    ["event streams", TEXT, { "content-type": "text/event-stream" }],
  ])("%s: bytes, tag and length are the origin's", async (name, body, fields) => {
    const path = `/alone/${encodeURIComponent(name)}`;
    origin.pages.set(path, { body, fields });
    for (const _time of ["miss", "again"]) {
      const got = await get(path, "br, gzip");
      expect(got.bytes.equals(body)).toBe(true);
      expect(got.headers["content-encoding"]).toBe(fields["content-encoding"]);
      expect([got.headers.etag, got.headers.vary]).toEqual([fields.etag, fields.vary]);
    }
  });

  test("text on a route that says so", async () => {
    origin.pages.set("/untouched/page", { body: TEXT, fields: { etag: '"v1"' } });
    const got = await get("/untouched/page", "br");
    expect([got.headers["content-encoding"], got.headers.etag, got.bytes.equals(TEXT)]).toEqual([
      undefined,
      '"v1"',
      true,
    ]);
  });
});

describe("a body that breaks off", () => {
  test.each([
    ["truncated", 200_000],
    ["truncated", 10_000],
    ["truncated-chunked", 200_000],
  ] as const)("breaks off when it is encoded, too (%s, %d bytes), and is not kept", async (ends, length) => {
    const path = `/${ends}/${length}`;
    origin.pages.set(path, { body: Buffer.from(randomBytes(length).toString("hex")), ends });
    for (const accepts of ["br", "gzip", "zstd"]) await expect(get(path, accepts)).rejects.toThrow();
    origin.pages.set(path, { body: TEXT });
    expect(brotliDecompressSync((await get(path, "br")).bytes).equals(TEXT)).toBe(true);
  });
});
