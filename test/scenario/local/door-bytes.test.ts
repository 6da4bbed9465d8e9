// A door passes the bytes of fields as they are, has no limit that the product does not have, and outlives any exchange. Both
// ends are bare sockets, so that nothing between the test and the wire is clever.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { millis } from "../../../config/units.ts";
import { closeDoor, createDoor, openOn } from "../../../control-plane/local/door/door.node.ts";
import { LOCAL_LIMITS } from "../../../control-plane/local/limits.ts";
import { EDGE_LIMITS } from "../../../edge/limits.ts";
import { ORIGIN_LIMITS } from "../../../origin/limits.ts";

/** Bytes as one character each. */
const UTF8_NAME = Buffer.from("€ż-文.pdf").toString("latin1");
const LATIN1 = "caf\u00e9";

let target: Server;
let door: ReturnType<typeof createDoor>;
let port = 0;
/** The whole answer that the target gives, and the last head that it got. */
let reply = "";
let head = "";
const sockets = new Set<Socket>();

beforeAll(async () => {
  target = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      const text = data.toString("latin1");
      if (text.includes("HTTP/1.1\r\n")) head = text;
      if (/\r\nexpect: 100-continue/i.test(text)) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      else socket.end(reply, "latin1");
    });
  });
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  const { port: targetPort } = target.address() as AddressInfo;
  door = createDoor({
    name: "test-door",
    choose: () => ({ targets: [{ host: "127.0.0.1", port: targetPort, expects: "continue", oneWay: millis(0) }] }),
  });
  port = await openOn(door, 0);
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await closeDoor(door);
  target.close();
});

/** Sends bytes to the door and gives all that comes back until the door ends the connection. */
function exchange(request: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const got: Buffer[] = [];
    socket.on("data", (data) => got.push(data));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(got).toString("latin1")));
    socket.write(request, "latin1");
  });
}
const get = (lines: readonly string[] = [], path = "/x"): string =>
  [`GET ${path} HTTP/1.1`, "Host: site.test", "Connection: close", ...lines, "", ""].join("\r\n");
const post = (lines: readonly string[] = []): string =>
  ["POST /x HTTP/1.1", "Host: site.test", "Connection: close", "Content-Length: 1", ...lines, "", "x"].join("\r\n");
const answering = (...lines: string[]): void => {
  reply = ["HTTP/1.1 200 OK", "Content-Length: 1", ...lines, "", "x"].join("\r\n");
};

const FIELDS = [
  ["a file name in UTF-8 after a length", `Content-Disposition: attachment; filename="${UTF8_NAME}"`],
  ["a place in UTF-8", `Location: /${UTF8_NAME}`],
  ["a tag in UTF-8", `ETag: "${UTF8_NAME}"`],
  ["a cookie in UTF-8", `Set-Cookie: a=${UTF8_NAME}`],
  ["a title in Latin-1", `X-Title: ${LATIN1}`],
  [
    "each byte beyond ASCII",
    `X-All: ${Array.from({ length: 128 }, (_, at) => String.fromCharCode(128 + at)).join("")}`,
  ],
] as const;

test.each(FIELDS)("an answer keeps the bytes of %s", async (_what, line) => {
  answering(line);
  expect(await exchange(get())).toContain(`\r\n${line}\r\n`);
  reply = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${line}\r\n\r\n1\r\nx\r\n0\r\n\r\n`;
  expect(await exchange(get()), "without a length").toContain(`\r\n${line}\r\n`);
});

test.each(FIELDS)("a request keeps the bytes of %s, with content and without", async (_what, line) => {
  answering();
  await exchange(get([line]));
  expect(head).toContain(`\r\n${line}\r\n`);
  await exchange(post([line]));
  expect(head).toContain(`\r\n${line}\r\n`);
});

test("fields within the product's limits pass both ways", async () => {
  const lines = (size: number) => Array.from({ length: size / 1024 - 2 }, (_, at) => `X-${at}: ${"a".repeat(1_010)}`);
  const many = Array.from({ length: 3_000 }, (_, at) => `X-${at}: 1`);
  answering(...lines(ORIGIN_LIMITS.originHeaderBytes));
  expect(await exchange(get(lines(EDGE_LIMITS.requestFieldBytes)))).toContain(
    `\r\nX-${ORIGIN_LIMITS.originHeaderBytes / 1024 - 3}: `,
  );
  expect(head).toContain(`\r\nX-${EDGE_LIMITS.requestFieldBytes / 1024 - 3}: `);
  answering(...many);
  expect(await exchange(get(many)), "no line is left out for their number").toContain("\r\nX-2999: 1\r\n");
  expect(head).toContain("\r\nX-2999: 1\r\n");
});

test("fields beyond any limit are refused, and the door goes on", async () => {
  answering();
  expect(await exchange(get([`X-Long: ${"a".repeat(3 * EDGE_LIMITS.requestFieldBytes)}`]))).toMatch(/^HTTP\/1\.1 431 /);
  answering(`X-Long: ${"a".repeat(3 * ORIGIN_LIMITS.originHeaderBytes)}`);
  expect(await exchange(get())).toMatch(/^HTTP\/1\.1 50[23] /);
  answering();
  expect(await exchange(get())).toMatch(/^HTTP\/1\.1 200 /);
});

test.each([
  ["a control character in a field", "HTTP/1.1 200 OK\r\nX-Odd: a\u0001b\r\nContent-Length: 1\r\n\r\nx"],
  ["a control character in its reason", "HTTP/1.1 200 O\u0001K\r\nContent-Length: 1\r\n\r\nx"],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy"],
  ["no HTTP at all", "SSH-2.0-OpenSSH\r\n\r\n"],
  ["half a head", "HTTP/1.1 200 OK\r\nContent-Le"],
  ["a length that it does not keep", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"],
])("an answer with %s costs its own exchange and no other", async (_what, odd) => {
  reply = odd;
  await exchange(get());
  await exchange(post());
  answering();
  expect(await exchange(get())).toMatch(/^HTTP\/1\.1 200 /);
});

test("the host of a target in absolute form goes before Host, and what names no place, or has a control character, is refused", async () => {
  answering();
  await exchange(get([], "http://one.example/abs?q"));
  expect(head).toMatch(/^GET \/abs\?q HTTP\/1\.1\r\n/);
  expect(head).toMatch(/\r\nhost: one\.example\r\n/i);
  expect(head).not.toContain("site.test");
  expect(await exchange(get([], "ftp://one.example/abs"))).toMatch(/^HTTP\/1\.1 400 /);
  expect(await exchange(get([], "http://user@one.example/abs"))).toMatch(/^HTTP\/1\.1 400 /);
  expect(await exchange(get(["X-Odd: a\u0001b"]))).toMatch(/^HTTP\/1\.1 400 /);
  expect(await exchange(get(["Host: other.test"]))).toMatch(/^HTTP\/1\.1 400 /);
});

test("connections beyond the limit hear a 503, and the door goes on when they have left", async () => {
  answering();
  const idle: Socket[] = [];
  // A few at a time, each accepted before the next few come: the system queues no more than some hundreds.
  while (idle.length < LOCAL_LIMITS.doorConnections) {
    const next = Array.from({ length: 128 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
    idle.push(...next);
    await Promise.all(next.map((socket) => once(socket, "connect")));
    await promisify(door.getConnections.bind(door))();
  }
  expect(await exchange(get())).toMatch(/^HTTP\/1\.1 503 .*too-many-connections/s);
  await Promise.all(idle.map((socket) => once(socket.destroy(), "close")));
  let last = "";
  for (let round = 0; round < 100 && !last.startsWith("HTTP/1.1 200"); round += 1) last = await exchange(get());
  expect(last).toMatch(/^HTTP\/1\.1 200 /);
});
