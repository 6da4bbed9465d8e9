// Large objects and ranges through the whole CDN, over real sockets and all tiers: which bytes come, what the origin is asked
// for, and that a body that comes up short is an error for the client that reads it, never a clean end.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MiB } from "../../config/units.ts";
import { fillBytes } from "../../origin/example/large-file.ts";
import { cacheStatusOf, type Running, startCdn } from "../fixtures/cluster.node.ts";

let cdn: Running;
let origin: Server;
/** Requests that the origin got, as path and Range. */
const asked: string[] = [];
let version = 1;

beforeAll(async () => {
  origin = createServer(answer);
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  cdn = await startCdn(25_787, {
    input: {
      origins: { files: { url, shield: "enam", retryBudget: 0 } },
      regions: { weur: {}, enam: {} },
      routes: [{ name: "files", origin: "files" }],
    },
  });
});
afterAll(async () => {
  await cdn?.end();
  origin?.closeAllConnections();
  origin?.close();
});

const TOTAL = 6 * MiB + 1;

/** The bytes of a version. */
function bytesOf(of: number, first: number, last: number): Uint8Array {
  const bytes = new Uint8Array(last - first + 1);
  fillBytes(bytes, first);
  return bytes.map((byte) => byte ^ of);
}

/** `/whole/*` is a file with ranges, `/unranged/*` one without; `/short/length|chunked` and `/short-large` break off in the middle of their bodies. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? "/", "http://origin");
  const fields = { "cache-control": "max-age=600", "content-type": "application/octet-stream" };
  asked.push(`${pathname} ${request.headers.range ?? "whole"}`);
  if (pathname.startsWith("/short/")) {
    const length = pathname.endsWith("length") ? { "content-length": 100_000 } : {};
    response.writeHead(200, { ...fields, ...length });
    response.write(bytesOf(1, 0, 49_999), () => response.socket?.destroy());
    return;
  }
  const etag = `"v${version}"`;
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const ifRange = request.headers["if-range"];
  const isPart = range !== null && !pathname.startsWith("/unranged/") && (ifRange === undefined || ifRange === etag);
  const [first, last] = isPart ? [Number(range[1]), Math.min(Number(range[2]), TOTAL - 1)] : [0, TOTAL - 1];
  const part = isPart ? { "content-range": `bytes ${first}-${last}/${TOTAL}` } : {};
  const length = { "content-length": last - first + 1 };
  response.writeHead(isPart ? 206 : 200, { ...fields, ...length, ...part, etag, "accept-ranges": "bytes" });
  if (pathname === "/short-large") {
    const most = Math.min(last, first + 300_000);
    response.write(bytesOf(version, first, most), () => response.socket?.destroy());
    return;
  }
  response.end(bytesOf(version, first, last));
}

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

async function get(path: string, range?: string, from = "DE"): Promise<Got> {
  const headers = { "meridian-from": from, ...(range === undefined ? {} : { range }) };
  const response = await fetch(`${cdn.cluster.frontDoor}${path}`, { headers });
  return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
}

const same = (bytes: Uint8Array, of: number, first: number, last: number): boolean =>
  Buffer.compare(bytes, bytesOf(of, first, last)) === 0;
const askedFor = (path: string): string[] =>
  asked.filter((entry) => entry.startsWith(`${path} `)).map((entry) => entry.slice(path.length + 1));

describe("ranges of a large object", () => {
  test("cost the origin their segment, once for all regions", async () => {
    const first = 2 * MiB + 10;
    for (const from of ["DE", "US", "DE"]) {
      const got = await get("/whole/range", `bytes=${first}-${first + 99}`, from);
      expect([got.status, got.headers.get("content-range")]).toEqual([206, `bytes ${first}-${first + 99}/${TOTAL}`]);
      expect(same(got.bytes, 1, first, first + 99)).toBe(true);
    }
    expect(askedFor("/whole/range")).toEqual([`bytes=${2 * MiB}-${3 * MiB - 1}`]);
  });

  test("over several segments, from the end and in several parts have their bytes", async () => {
    const over = await get("/whole/ranges", `bytes=${MiB - 5}-${3 * MiB + 5}`);
    expect(same(over.bytes, 1, MiB - 5, 3 * MiB + 5)).toBe(true);
    const end = await get("/whole/ranges", "bytes=-7");
    expect([end.headers.get("content-range"), same(end.bytes, 1, TOTAL - 7, TOTAL - 1)]).toEqual([
      `bytes ${TOTAL - 7}-${TOTAL - 1}/${TOTAL}`,
      true,
    ]);
    const several = await get("/whole/ranges", `bytes=0-1,${5 * MiB}-${5 * MiB + 1}`);
    expect(several.headers.get("content-type")).toMatch(/^multipart\/byteranges/);
    expect(several.bytes.byteLength).toBe(Number(several.headers.get("content-length")));
    const beyond = await get("/whole/ranges", `bytes=${TOTAL}-`);
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${TOTAL}`]);
  });

  test("fifty clients asking for overlapping ranges of a cold object cost each segment once", async () => {
    const got = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const first = (index % 10) * 300_000;
        const { bytes } = await get("/whole/many", `bytes=${first}-${first + 999_999}`, index % 2 === 0 ? "DE" : "US");
        return same(bytes, 1, first, first + 999_999);
      }),
    );
    expect(got.every(Boolean)).toBe(true);
    const ranges = askedFor("/whole/many");
    expect(new Set(ranges).size).toBe(ranges.length);
    expect(ranges).toHaveLength(4);
  });
});

test("a large object that is stored in part is no hit until all that is asked for is stored, over all shards", async () => {
  const says = async (range?: string) => String((await get("/whole/share", range)).headers.get("cache-status"));
  // The answer has its byte before the rest of the segment has come: until then nothing is stored.
  await expect.poll(() => says("bytes=0-0")).toMatch(/meridian-shard;hit/);
  const partly = await says();
  expect(partly).toContain(`meridian-shard;fwd=partial;stored;meridian-stored=${MiB};`);
  expect(partly).toContain(`meridian-fetched=${TOTAL - MiB}`);
  expect(await says()).toMatch(/meridian-shard;hit/);
  expect(await says(`bytes=5-${5 * MiB}`)).toMatch(/meridian-shard;hit/);
});

describe("ranges of a large object whose origin ignores them", () => {
  test("have their bytes in every region, and cost the origin the object once", async () => {
    const ranges = [
      [MiB - 6, MiB + 9],
      [100, 3 * MiB],
      [5 * MiB + 5, TOTAL - 1],
      [0, 1],
    ] as const;
    for (const from of ["DE", "US"]) {
      for (const [first, last] of ranges) {
        const got = await get("/unranged/all", `bytes=${first}-${last === TOTAL - 1 ? "" : last}`, from);
        expect([got.status, got.headers.get("content-range")]).toEqual([206, `bytes ${first}-${last}/${TOTAL}`]);
        expect(same(got.bytes, 1, first, last)).toBe(true);
      }
    }
    expect(askedFor("/unranged/all").length).toBeLessThanOrEqual(3);
  });
});

describe("a whole large object", () => {
  test("is fetched once; the next client, in any region, gets it from segments", async () => {
    const first = await get("/whole/all");
    expect([first.status, same(first.bytes, 1, 0, TOTAL - 1)]).toEqual([200, true]);
    const again = await cdn.visit("/whole/all", "DE", { method: "HEAD" });
    expect(cacheStatusOf(again)).toMatch(/meridian-shard;hit/);
    for (const from of ["DE", "US"])
      expect(same((await get("/whole/all", undefined, from)).bytes, 1, 0, TOTAL - 1)).toBe(true);
    expect(askedFor("/whole/all")).toEqual(["whole"]);
  });

  test("that changed between two segments is never mixed", async () => {
    await get("/whole/changes", "bytes=0-0");
    version = 2;
    try {
      const got = await get("/whole/changes", `bytes=${MiB}-${MiB + 9}`);
      expect([got.headers.get("etag"), same(got.bytes, 2, MiB, MiB + 9)]).toEqual(['"v2"', true]);
      expect(same((await get("/whole/changes", "bytes=0-9")).bytes, 2, 0, 9)).toBe(true);
      version = 3;
      // Its second segment is not stored yet: the reader gets what is there, and then an error.
      const broken = await raw("/whole/changes");
      expect(broken.head).toContain('"v2"');
      expect(broken.clean).toBe(false);
      expect(same((await get("/whole/changes")).bytes, 3, 0, TOTAL - 1)).toBe(true);
    } finally {
      version = 1;
    }
  });
});

/** One HTTP/1.1 exchange as it is on the wire: whether the body ended as its framing says that a whole one does. */
function raw(path: string): Promise<{ head: string; body: Buffer; clean: boolean }> {
  const { host, port } = new URL(cdn.cluster.frontDoor);
  return new Promise((resolve) => {
    const socket = connect(Number(port), "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n");
      const head = all.subarray(0, end).toString("latin1");
      const body = all.subarray(end + 4);
      const length = /^content-length: (\d+)/im.exec(head)?.[1];
      const clean =
        length === undefined ? body.subarray(-5).toString("latin1") === "0\r\n\r\n" : body.length >= Number(length);
      resolve({ head, body, clean });
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nMeridian-From: DE\r\nConnection: close\r\n\r\n`);
  });
}

describe("a body that comes up short", () => {
  test.each(["/short/length", "/short/chunked", "/short-large"])(
    "from %s is an error for its client, and is not stored",
    async (path) => {
      for (const count of [1, 2]) {
        const { head, body, clean } = await raw(path);
        expect(head).toMatch(/^HTTP\/1\.1 (200|502)/);
        if (head.startsWith("HTTP/1.1 200")) expect([body.length > 0, clean]).toEqual([true, false]);
        expect(askedFor(path).length).toBeGreaterThanOrEqual(count);
      }
    },
  );

  test("a range of it breaks off, too", async () => {
    await expect(get("/short-large", `bytes=${MiB}-${2 * MiB - 1}`)).rejects.toThrow();
  });
});
