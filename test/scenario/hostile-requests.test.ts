// Requests that no decent client sends, byte for byte over real sockets, at the front door and at an edge's own port: each
// gets one answer, harms nobody after it, and costs no region its clients.

import { connect } from "node:net";
import { Readable } from "node:stream";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MiB } from "../../config/units.ts";
import { type Running, startCdn } from "../fixtures/cluster.node.ts";

let cdn: Running;
beforeAll(async () => {
  cdn = await startCdn(24_387, { regions: ["weur", "apac"] });
});
afterAll(async () => {
  await cdn.end();
});

/** Everything that comes back until the other side closes. */
function exchange(door: string, text: string): Promise<string> {
  const { hostname, port } = new URL(door);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text, "latin1"));
    let answer = "";
    socket.setEncoding("latin1").on("data", (part) => {
      answer += part;
    });
    socket.on("error", reject).on("close", () => resolve(answer));
  });
}

const END = "Connection: close\r\n\r\n";
const KEYLESS = "Upgrade: websocket\r\nConnection: close, upgrade\r\n\r\n";

describe.each(["front door", "edge"])("at the %s", (where) => {
  const door = (): string => (where === "edge" ? (cdn.cluster.edges.weur ?? "") : cdn.cluster.frontDoor);

  test.each([
    ["content in a GET", `GET /products/1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n${END}hello`, "200"],
    ["an empty length in a GET", `GET /echo HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n${END}`, "200"],
    [
      "content in a GET that nothing may cache",
      `GET /account/me HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n${END}hi`,
      "400",
    ],
    ["an Upgrade alone", `GET /products/1 HTTP/1.1\r\nHost: a.test\r\n${KEYLESS}`, "200"],
    ["an Upgrade with a POST", `POST /echo HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n${KEYLESS}abcd`, "200"],
    [
      "content of unknown length in a GET",
      `GET /products/4 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n${END}5\r\nhello\r\n0\r\n\r\n`,
      "200",
    ],
    [
      "trailers",
      `POST /echo HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n${END}4\r\nabcd\r\n0\r\nX-Sum: 1\r\n\r\n`,
      "200",
    ],
    ["TRACE", `TRACE /products/1 HTTP/1.1\r\nHost: a.test\r\n${END}`, "405"],
    ["a path in Host", `GET /products/1 HTTP/1.1\r\nHost: a.test/x?y=\r\n${END}`, "400"],
    ["two Hosts", `GET /products/1 HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n${END}`, "400"],
    ["bytes that are no text", `GET /products/1 HTTP/1.1\r\nHost: a.test\r\nCookie: a=\xe9\xff\r\n${END}`, "200"],
    [
      "two lengths",
      `POST /echo HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nContent-Length: 0\r\n${END}abcd`,
      "400",
    ],
  ])("%s", async (_, text, status) => {
    const regions = () => cdn.visit("/products/1", "JP").then(({ headers }) => headers["meridian-region"]);
    expect(await regions()).toBe("apac");
    const answer = await exchange(door(), text.replace("Host:", "Meridian-From: JP\r\nHost:"));
    expect(answer.slice(9, 12)).toBe(status);
    expect(answer.split("HTTP/1.1 ")).toHaveLength(2);
    expect(await regions()).toBe("apac");
  });
});

test("an edge refuses more fields than the tiers behind it can hand on", async () => {
  const fields = `Host: a.test\r\nX: ${"a".repeat(70_000)}\r\n`;
  const answer = await exchange(cdn.cluster.edges.weur ?? "", `GET / HTTP/1.1\r\n${fields}${END}`);
  expect(answer.slice(9, 12)).toBe("431");
});

test("what an origin answers to a WebSocket that it refuses is explained like any answer", async () => {
  const handshake =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YWhveQ==\r\n\r\n";
  const answer = await exchange(cdn.cluster.frontDoor, `GET /nothing HTTP/1.1\r\nHost: a.test\r\n${handshake}`);
  expect(answer).toMatch(/^HTTP\/1.1 404 /);
  expect(answer).toMatch(/^Via: 1.1 meridian\r$/m);
  expect(answer).toMatch(/^Meridian-Request-Id: [0-9a-f]{32}\r$/m);
});

test.each([
  ["unread, with a length", "unknown", false, 401],
  ["unread, without one", "unknown", true, 401],
  ["for its length", "admin", false, 413],
  ["when it has become too long", "admin", true, 413],
] as const)("a body that the API refuses %s has its answer, every time", async (_, who, isStream, status) => {
  const token = who === "admin" ? cdn.cluster.token : "unknown";
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const large = Buffer.alloc(3 * MiB, "a");
  for (let time = 0; time < 10; time += 1) {
    const body = isStream ? Readable.from([large]) : large;
    const answer = await request(`${cdn.cluster.control}/v1/purges`, { method: "POST", headers, body });
    expect([answer.statusCode, await answer.body.json()]).toEqual([status, expect.objectContaining({ status })]);
  }
});
