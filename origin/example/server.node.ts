// The example origin's server: counts each request, sends it to the corner that answers it, and writes the answer out. A
// small shop with everything that a site behind a CDN needs, and with slow and failing corners to try it out.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { plainPage } from "./pages.ts";
import { conditional, type Reply } from "./reply.ts";
import { Shop } from "./shop.node.ts";
import { breakOff, mirror, sendEvents, sendLargeFile, sendSlowly } from "./streams.node.ts";
import { echoWebSocket } from "./websocket.node.ts";

/** The largest form that is read. */
const MOST_FORM_BYTES = 64 * 1024;
/** What is read of a longer one before the shop hangs up. */
const MOST_DROPPED_BYTES = 64 << 20;
const NOT_FOUND: Reply = {
  status: 404,
  fields: [
    ["Content-Type", "text/html; charset=utf-8"],
    ["Cache-Control", "public, max-age=5"],
  ],
  body: plainPage("Not found", "There is nothing here. /corners lists what there is."),
};

/** Makes the server with a shop of its own; `listen` opens it. */
export function createExampleOrigin(): Server {
  const shop = new Shop();
  // A WebSocket asked for anywhere else gets the page that is there (RFC 9110 section 7.8).
  const shouldUpgradeCallback = ({ url = "/" }: IncomingMessage) => /^\/ws(?:[/?]|$)/.test(url);
  const server = createServer({ shouldUpgradeCallback }, async (request, response) => {
    try {
      await serve(shop, request, response);
    } catch (error) {
      // Readers may disconnect at any time; for any other fault the closed connection notifies the client.
      if (!response.destroyed) console.error(`${request.method} ${request.url}: ${(error as Error).message}`);
      response.destroy();
    }
  });
  server.on("upgrade", (request: IncomingMessage, socket, head: Buffer) => {
    shop.log.count(request.url ?? "/", "UPGRADE");
    echoWebSocket(request, socket, head);
  });
  return server;
}

async function serve(shop: Shop, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = request.url ?? "/";
  const method = request.method ?? "GET";
  // A target in absolute form keeps its own authority, which this origin does not look at.
  const url = URL.parse(target, "http://origin") ?? new URL("http://origin/");
  if (!url.pathname.startsWith("/admin/")) shop.log.count(target, method);
  switch (url.pathname) {
    case "/files/large.bin":
      return sendLargeFile(url, request, response);
    case "/slow":
      return sendSlowly(url, response);
    case "/stream":
      return sendEvents(url, response);
    case "/echo":
      return mirror(request, response);
  }
  const how = url.pathname === "/fail" ? url.searchParams.get("how") : null;
  if (how !== null) return breakOff(how, response);
  const body = await readForm(request);
  if (body === undefined) {
    write(response, { status: 413, fields: [["Connection", "close"]], body: "" });
    return;
  }
  const answer = shop.answer({ method, url, request, body }) ?? NOT_FOUND;
  write(response, method === "GET" || method === "HEAD" ? conditional(answer, request.headers) : answer);
}

/** The whole body as text; undefined if it is too large for a form: what is read of it then is dropped, so that its sender hears why. */
async function readForm(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MOST_DROPPED_BYTES) return undefined;
    if (size <= MOST_FORM_BYTES) chunks.push(chunk);
  }
  if (size > MOST_FORM_BYTES) return undefined;
  return Buffer.concat(chunks).toString("utf8");
}

function write(response: ServerResponse, reply: Reply): void {
  const length = Buffer.byteLength(reply.body);
  const fields = reply.status === 304 || reply.status === 204 ? [] : ["Content-Length", String(length)];
  response.writeHead(reply.status, [...reply.fields.flat(), ...fields]);
  response.end(reply.body);
}
