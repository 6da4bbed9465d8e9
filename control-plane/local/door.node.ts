// A door: a server on 127.0.0.1 that hands what comes in on to somewhere else (proxy.node.ts) and answers a problem
// (RFC 9457, RFC 9209) when nobody takes it. Where to is the business of each door.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { PortInUse } from "./free-ports.node.ts";
import { type Handed, hand, type Passage } from "./proxy.node.ts";
import { handUpgrade } from "./proxy-upgrade.node.ts";

export interface DoorOptions {
  /** Its name in `Proxy-Status`. */
  readonly name: string;
  readonly choose: (request: IncomingMessage) => Passage;
  /** Hears what became of each request. */
  readonly onHanded?: (request: IncomingMessage, handed: Handed) => void;
}

/** Makes a door; `listen` opens it. */
export function createDoor(options: DoorOptions): Server {
  const server = createServer(
    // Uploads and event streams may take as long as they like: the far end has the timeouts that matter.
    // Only WebSockets' handshakes are upgrades; anything else that offers one gets a plain answer (RFC 9110 section 7.8).
    {
      requestTimeout: 0,
      noDelay: true,
      shouldUpgradeCallback: ({ method, headers }) =>
        method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && "sec-websocket-key" in headers,
    },
    async (request, response) => {
      const handed = await hand(request, response, options.choose(request));
      if (handed.kind === "refused") refuse(response, options.name, handed.reason);
      options.onHanded?.(request, handed);
    },
  );
  server.on("upgrade", async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const handed = await handUpgrade(request, socket, head, options.choose(request));
    if (handed.kind === "refused") socket.end(`HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n`);
    options.onHanded?.(request, handed);
  });
  return server;
}

function refuse(response: ServerResponse, name: string, reason: string): void {
  // A break after the answer began can only be shown by breaking off.
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = {
    type: "about:blank",
    title: "Service Unavailable",
    status: 503,
    code: "unreachable",
    detail: `Nothing behind this door took the request (${reason}).`,
  };
  response.writeHead(503, {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "Proxy-Status": `${name}; error=destination_unavailable`,
    // What is left of a body that nobody takes would otherwise be read as the next request.
    Connection: "close",
  });
  response.end(`${JSON.stringify(problem)}\n`);
}

/** Opens a server on 127.0.0.1. Returns its port. Throws `PortInUse` if it cannot be had. */
export async function openOn(server: Server, port: number, purpose = "door"): Promise<number> {
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === "EADDRINUSE" || code === "EACCES" ? new PortInUse(port, purpose) : error;
  }
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

/** Closes a server and every connection to it. */
export async function closeDoor(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
