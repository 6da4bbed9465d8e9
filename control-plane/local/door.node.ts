// A door: a server on 127.0.0.1 that hands what comes in on to somewhere else (proxy.node.ts) and answers a problem
// (RFC 9457, RFC 9209) when nobody takes it. Where to is the business of each door.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { hasControl } from "../../config/field-value.ts";
import { LIMITS } from "../../config/limits.ts";
import { PortInUse } from "./free-ports.node.ts";
import { type Handed, hand, type Passage, writesBytes } from "./proxy.node.ts";
import { handUpgrade } from "./proxy-upgrade.node.ts";
import { requestTarget } from "./request-target.ts";

export interface DoorOptions {
  /** Its name in `Proxy-Status`. */
  readonly name: string;
  readonly choose: (request: IncomingMessage) => Passage;
  /** Hears what became of each request. */
  readonly onHanded?: (request: IncomingMessage, handed: Handed) => void;
}

/** Makes a door; `listen` opens it. No exchange, however odd, ends the process: what goes wrong with one is its own. */
export function createDoor(options: DoorOptions): Server {
  const server = createServer(
    // Uploads and event streams may take as long as they like: the far end has the timeouts that matter.
    // Only WebSockets' handshakes are upgrades; anything else that offers one gets a plain answer (RFC 9110 section 7.8).
    // The far end also has the limits that matter, so a door takes more than it does, and lets it say what is too much.
    {
      requestTimeout: 0,
      noDelay: true,
      maxHeaderSize: 2 * LIMITS.requestFieldBytes,
      shouldUpgradeCallback: ({ method, headers }) =>
        method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && "sec-websocket-key" in headers,
    },
    async (request, response) => {
      // A client that goes away in the middle is no fault of anybody.
      request.on("error", () => undefined);
      response.on("error", () => response.destroy());
      const handed = await exchange(request, options, connections, (passage) => hand(request, response, passage));
      if (handed.kind === "refused") refuse(response, options.name, handed);
      options.onHanded?.(request, handed);
    },
  );
  let connections = 0;
  // By default Node passes over field lines beyond two thousand, without a word.
  server.maxHeadersCount = 0;
  // Beyond these nobody is listened to at all; in between there is an answer (LIMITS.doorConnections).
  server.maxConnections = LIMITS.doorConnections + LIMITS.doorConnectionsRefused;
  server.on("connection", (socket: Socket) => {
    connections += 1;
    socket.on("close", () => {
      connections -= 1;
    });
    writesBytes(socket);
  });
  server.on("upgrade", async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const handed = await exchange(request, options, connections, (passage) =>
      handUpgrade(request, socket, head, passage),
    );
    if (handed.kind === "refused" && !socket.destroyed) {
      socket.end(`HTTP/1.1 ${handed.status ?? 503} ${STATUS_CODES[handed.status ?? 503]}\r\nConnection: close\r\n\r\n`);
    }
    options.onHanded?.(request, handed);
  });
  return server;
}

/** Passes one request on, unless it must be refused here; what is thrown on the way refuses it too. */
async function exchange(
  request: IncomingMessage,
  { choose }: DoorOptions,
  connections: number,
  pass: (passage: Passage) => Promise<Handed>,
): Promise<Handed> {
  if (connections > LIMITS.doorConnections) {
    const reason = `there are more than ${LIMITS.doorConnections} connections`;
    return { kind: "refused", status: 503, code: "too-many-connections", reason };
  }
  const target = requestTarget(request.url ?? "/", hostsOf(request));
  if (target.kind === "bad") return { kind: "refused", status: 400, code: "bad-target", reason: target.detail };
  if (request.rawHeaders.some(hasControl)) {
    const reason = "A field has a control character (RFC 9110 section 5.5).";
    return { kind: "refused", status: 400, code: "bad-field", reason };
  }
  request.url = target.path;
  try {
    const passage = choose(request);
    const isOwnHost = passage.fields?.some(([name]) => name.toLowerCase() === "host");
    const asked = target.host === undefined || isOwnHost ? [] : [["Host", target.host] as const];
    return await pass({ ...passage, fields: [...(passage.fields ?? []), ...asked] });
  } catch (cause) {
    // Node refuses to write some fields that it has read, such as one with a control character.
    return { kind: "refused", status: 502, code: "not-passable", reason: (cause as Error).message };
  }
}

const hostsOf = ({ rawHeaders }: IncomingMessage): string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "host");

function refuse(response: ServerResponse, name: string, refused: Extract<Handed, { kind: "refused" }>): void {
  // A break after the answer began can only be shown by breaking off.
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status = 503, code = "unreachable", reason } = refused;
  const title = STATUS_CODES[status] ?? "";
  const detail = status === 400 ? reason : `Nothing behind this door took the request (${reason}).`;
  // With a reason of its own: that of an answer which could not be written may be why.
  response.writeHead(status, title, {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...(status === 400 ? {} : { "Proxy-Status": `${name}; error=destination_unavailable` }),
    ...(status === 503 ? { "Retry-After": "1" } : {}),
    // What is left of a body that nobody takes would otherwise be read as the next request.
    Connection: "close",
  });
  response.end(Buffer.from(`${JSON.stringify({ type: "about:blank", title, status, code, detail })}\n`));
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
