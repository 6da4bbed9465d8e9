// The doors over bare sockets: the bytes that a client sends and gets, which limits they meet, and that nothing which one
// exchange does ends the others.

import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { millis } from "../../../config/units.ts";
import { closeDoor, createDoor, openOn } from "../../../control-plane/local/door/door.node.ts";
import { LOCAL_LIMITS } from "../../../control-plane/local/limits.ts";
import { EDGE_LIMITS } from "../../../edge/limits.ts";
import { ORIGIN_LIMITS } from "../../../origin/limits.ts";

/** The far end: it answers with what the test says, and keeps what it was sent. */
let reply = "";
let seen = "";
const far = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.on("data", (data) => {
    const text = data.toString("latin1");
    seen += text;
    // A body is asked for before it comes.
    if (/\r\nexpect: 100-continue\r\n/i.test(text)) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    else socket.end(Buffer.from(reply, "latin1"));
  });
});
let door: Server;
let delayed: Server;
let small: Server;
let port: number;
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  far.listen(0, "127.0.0.1");
  await once(far, "listening");
  const target = (oneWay: number) => ({
    host: "127.0.0.1",
    port: portOf(far),
    expects: "continue" as const,
    oneWay: millis(oneWay),
  });
  door = createDoor({ name: "test-door", choose: () => ({ targets: [target(0)] }) });
  delayed = createDoor({ name: "test-door", choose: () => ({ targets: [target(5)] }) });
  small = createDoor({ name: "test-door", choose: () => ({ targets: [target(0)] }), connections: 2 });
  port = await openOn(door, 0, "test");
  await openOn(delayed, 0, "test");
  await openOn(small, 0, "test");
});
afterAll(async () => {
  for (const server of [door, delayed, small]) await closeDoor(server);
  far.close();
});

/** Sends bytes, one character each, and gives all that came back. */
async function exchange(text: string, to: number = port): Promise<string> {
  const socket = connect(to, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => socket.destroy());
  socket.write(Buffer.from(text, "latin1"));
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}
const get = (fields: readonly string[] = [], target = "/x", first = "Host: a.example"): string =>
  [`GET ${target} HTTP/1.1`, first, "Connection: close", ...fields, "", ""].join("\r\n");
const post = (fields: readonly string[]): string =>
  ["POST /x HTTP/1.1", "Host: a.example", "Connection: close", "Content-Length: 1", ...fields, "", "x"].join("\r\n");
const answerWith = (fields: readonly string[], body = "x"): void => {
  reply = ["HTTP/1.1 200 OK", `Content-Length: ${body.length}`, ...fields, "", body].join("\r\n");
  seen = "";
};
const statusOf = (answer: string): number => Number(answer.split(" ")[1]);

/** Field lines with bytes above 0x7F: file names as applications write them, in UTF-8 and Latin-1, and every such byte. */
const LINES = [
  'Content-Disposition: attachment; filename="\xe2\x82\xac.pdf"',
  "Location: /caf\xc3\xa9",
  "X-Latin: caf\xe9",
  `X-All: ${Array.from({ length: 128 }, (_, index) => String.fromCharCode(128 + index)).join("")}`,
];

describe("the bytes of fields", () => {
  it.each([
    ["GET", () => port, get],
    ["POST", () => port, post],
    ["GET over a distance", () => portOf(delayed), get],
    ["POST over a distance", () => portOf(delayed), post],
  ] as const)("pass as they are, there and back, with a %s", async (_name, to, ask) => {
    answerWith(LINES);
    const answer = await exchange(ask(LINES), to());
    expect(statusOf(answer)).toBe(200);
    for (const line of LINES) {
      expect(answer).toContain(`\r\n${line}\r\n`);
      expect(seen).toContain(`\r\n${line}\r\n`);
    }
  });

  it.each(["HEAD", "DELETE", "OPTIONS"])("pass as they are with a %s, which has no content", async (method) => {
    answerWith(LINES);
    const answer = await exchange(get(LINES).replace("GET", method));
    for (const line of LINES) {
      expect(answer).toContain(`\r\n${line}\r\n`);
      expect(seen).toContain(`\r\n${line}\r\n`);
    }
  });

  it("pass as they are where the answer's head comes long before its body", async () => {
    const slow = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.write(Buffer.from(`HTTP/1.1 200 OK\r\n${LINES.join("\r\n")}\r\n\r\n`, "latin1"));
    });
    slow.listen(0, "127.0.0.1");
    await once(slow, "listening");
    const to = createDoor({
      name: "test-door",
      choose: () => ({ targets: [{ host: "127.0.0.1", port: portOf(slow), oneWay: millis(0) }] }),
    });
    const socket = connect(await openOn(to, 0, "test"), "127.0.0.1");
    socket.write(get());
    const [head] = (await once(socket, "data")) as [Buffer];
    for (const line of LINES) expect(head.toString("latin1")).toContain(`\r\n${line}\r\n`);
    socket.destroy();
    await closeDoor(to);
    slow.close();
  });

  it("in a reason phrase end nothing", async () => {
    reply = "HTTP/1.1 200 \xe2\x82\xac\r\nContent-Length: 1\r\n\r\nx";
    expect(statusOf(await exchange(get()))).toBe(200);
  });
});

const filler = (kibibytes: number): string[] =>
  Array.from({ length: kibibytes }, (_, index) => `X-Line-${String(index).padStart(3, "0")}: ${"a".repeat(1010)}`);

describe("heads", () => {
  it("pass up to the product's own limits", async () => {
    answerWith(filler(ORIGIN_LIMITS.originHeaderBytes / 1024));
    const answer = await exchange(get(filler(EDGE_LIMITS.requestFieldBytes / 1024)));
    expect(statusOf(answer)).toBe(200);
    expect(answer).toContain("X-Line-127: ");
    expect(seen).toContain("X-Line-063: ");
  });

  it("pass with thousands of short fields", async () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `A${index}: b`);
    answerWith(lines);
    const answer = await exchange(get(lines));
    expect([answer, seen].map((text) => text.includes("\r\nA4999: b\r\n"))).toEqual([true, true]);
  });

  it.each([
    ["GET", get],
    ["POST", post],
  ] as const)("of a %s beyond the door's limit get a 431 that says the limit", async (_name, ask) => {
    const answer = await exchange(ask(filler(LOCAL_LIMITS.doorRequestHeadBytes / 1024 + 2)));
    expect(statusOf(answer)).toBe(431);
    expect(answer).toContain(String(LOCAL_LIMITS.doorRequestHeadBytes));
    expect(answer).toContain("application/problem+json");
  });

  it.each([
    ["GET", get],
    ["POST", post],
  ] as const)("of an answer to a %s beyond the limit become a 502 that says the limit", async (_name, ask) => {
    answerWith(filler(LOCAL_LIMITS.doorAnswerHeadBytes / 1024 + 2));
    const answer = await exchange(ask([]));
    expect(statusOf(answer)).toBe(502);
    expect(answer).toContain(String(LOCAL_LIMITS.doorAnswerHeadBytes));
  });

  it.each(["\x01", "\x7f", "\x00", "a\rb"])(
    "with the control character %j are refused, both ways",
    async (character) => {
      expect(statusOf(await exchange(get([`X-A: ${character}`])))).toBe(400);
      answerWith([`X-A: ${character}`]);
      expect(statusOf(await exchange(get()))).toBe(502);
      answerWith([`X-A: ${character}`]);
      expect(statusOf(await exchange(post([])))).toBe(502);
    },
  );
});

describe("a target in absolute form", () => {
  it("names the host, whatever Host says", async () => {
    answerWith([]);
    expect(statusOf(await exchange(get([], "http://one.example/x?y", "Host: two.example")))).toBe(200);
    expect(seen).toMatch(/^GET \/x\?y HTTP\/1\.1\r\n/);
    expect(seen.match(/\r\nhost: .*(?=\r\n)/gi)).toEqual([expect.stringMatching(/: one\.example$/)]);
  });

  it.each(["ftp://one.example/", "http://u:p@one.example/", "http://one.example:99/", "one.example/x", "http:///x"])(
    "like %s is refused with a problem",
    async (target) => {
      seen = "";
      const answer = await exchange(get([], target));
      expect([statusOf(answer), seen]).toEqual([400, ""]);
      expect(answer).toContain("application/problem+json");
    },
  );
});

describe("a request", () => {
  it.each([
    ["without Host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ["of HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n"],
    ["with two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"],
    ["with two lengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n"],
    [
      "with a length beside chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ["that is none", "hello\r\n\r\n"],
  ])("%s is refused with a problem", async (_name, text) => {
    seen = "";
    const answer = await exchange(text);
    expect([statusOf(answer), seen]).toEqual([400, ""]);
    expect(answer).toContain("application/problem+json");
  });

  it("for the server itself (OPTIONS *) is answered by the door", async () => {
    seen = "";
    const answer = await exchange(get([], "*").replace("GET", "OPTIONS"));
    expect([statusOf(answer), seen]).toEqual([204, ""]);
    expect(answer).toMatch(/\r\nAllow: GET, /);
  });

  it("for a tunnel (CONNECT) is refused", async () => {
    expect(statusOf(await exchange("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"))).toBe(405);
  });
});

describe("connections beyond the limit", () => {
  it("are refused with a problem that says it, and there is room again when others end", async () => {
    answerWith([]);
    const held: Socket[] = [connect(portOf(small), "127.0.0.1"), connect(portOf(small), "127.0.0.1")];
    await Promise.all(held.map((socket) => once(socket, "connect")));
    const answer = await exchange(get(), portOf(small));
    expect(statusOf(answer)).toBe(503);
    expect(answer).toContain("Retry-After: 1\r\n");
    expect(answer).toContain("2 connections");
    for (const socket of held) socket.destroy();
    await expect.poll(async () => statusOf(await exchange(get(), portOf(small)))).toBe(200);
  });
});
