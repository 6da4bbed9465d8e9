// Clients that hang up, over real processes: what nobody waits for any more ends at the origin as well, through the front door, an
// edge, a shard and a shield in another region, and gives its turn back. A runtime notices a reset and not a close, so each hop is
// its own chance to go on working for nobody.

import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, startCdn } from "../fixtures/cluster.node.ts";

/** Answers of the origin that are still open, for paths that are never answered; anything else is answered at once. */
const open = new Set<ServerResponse>();
const origin = createServer((request, response) => {
  if (!request.url?.startsWith("/silent/")) {
    response.writeHead(200, { "cache-control": "no-store" }).end("page");
    return;
  }
  open.add(response);
  response.on("close", () => open.delete(response));
});
let cdn: Running;

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    origin.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  cdn = await startCdn(26_987, {
    input: {
      origins: { slow: { url, shield: "enam", maxConcurrent: 3 } },
      regions: { weur: { shards: 1 }, enam: { shards: 1 }, apac: {} },
      routes: [
        { name: "own", origin: "slow", match: { paths: ["*/own"] }, mode: "bypass" },
        { name: "pages", origin: "slow" },
      ],
    },
  });
});
afterAll(async () => {
  await cdn?.end();
  origin.closeAllConnections();
  origin.close();
});

/** Sends a request and gives the connection, on which nothing is read. */
function ask(port: number, path: string): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: site.test\r\n\r\n`);
  return socket;
}

test.each([
  ["shared page, by a close at the front door", "front", "page", "destroy"],
  ["shared page, by a reset at an edge", "weur", "page", "resetAndDestroy"],
  ["page of a route without a cache, by a close at the front door", "front", "own", "destroy"],
] as const)("a %s, is given up at the origin, and the next client has its turn", async (_what, door, kind, leave) => {
  const { frontDoor, edges } = cdn.cluster;
  const port = Number(new URL(door === "front" ? frontDoor : (edges.weur ?? "")).port);
  const sockets = Array.from({ length: 8 }, (_, index) => ask(port, `/silent/${door}-${index}/${kind}`));
  await expect.poll(() => open.size, { timeout: 20_000 }).toBe(3);
  for (const socket of sockets) socket[leave]();
  await expect.poll(() => open.size, { timeout: 20_000 }).toBe(0);
  expect((await cdn.ask(`${edges.weur}/answered/${door}/${kind}`)).status).toBe(200);
});
