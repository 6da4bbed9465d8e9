// A door: a server on 127.0.0.1 that forwards requests (proxy.node.ts), and answers with a problem (RFC 9457, RFC 9209) if no
// target accepts one. Each door chooses its targets.
// Invariants: a faulty exchange fails alone and never stops the process; field bytes pass unchanged, since they are opaque
// (RFC 9110 section 5.5); connections and heads have limits (../limits.ts), and beyond them the client gets an error.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { LOCAL_LIMITS } from "../limits.ts";
import { PortInUse } from "../prepare/free-ports.node.ts";
import { type Handed, hand, type ProxyPassage } from "./proxy.node.ts";
import { handUpgrade } from "./proxy-upgrade.node.ts";
import { requestTarget } from "./request-target.ts";

export interface DoorOptions {
  /** Its name in `Proxy-Status`. */
  readonly name: string;
  readonly choose: (request: IncomingMessage) => ProxyPassage;
  /** Called with the outcome of each request. */
  readonly onHanded?: (request: IncomingMessage, handed: Handed) => void;
  /** Clients' connections at once; LOCAL_LIMITS.doorConnections by default. */
  readonly connections?: number;
}

/** Makes a door; `listen` opens it. */
export function createDoor(options: DoorOptions): Server {
  const { name, connections = LOCAL_LIMITS.doorConnections } = options;
  /** Connections beyond the limit, which have had their answer. */
  const refused = new WeakSet<Duplex>();
  const server = createServer(
    // No timeout for uploads and event streams: the far end has the relevant ones.
    // Only WebSockets' handshakes are upgrades; anything else that offers one gets a plain answer (RFC 9110 section 7.8).
    {
      requestTimeout: 0,
      noDelay: true,
      maxHeaderSize: LOCAL_LIMITS.doorRequestHeadBytes,
      // A request without one gets an answer that says so, from `requestTarget`.
      requireHostHeader: false,
      shouldUpgradeCallback: ({ method, headers }) =>
        method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && "sec-websocket-key" in headers,
    },
    async (request, response) => {
      if (refused.has(request.socket)) return;
      // Connections may break at any time; release what belongs to them.
      request.on("error", () => response.destroy());
      response.on("error", () => response.destroy());
      try {
        const passage = passageOf(request, options);
        if (passage.kind === "refused") refuse(response, problemOf(name, 400, passage.detail));
        else if (passage.kind === "server") response.writeHead(204, { Allow: METHODS }).end();
        else {
          const handed = await hand(request, response, passage);
          if (handed.kind === "refused") refuse(response, problemOf(name, handed.status, handed.reason));
          options.onHanded?.(request, handed);
        }
      } catch (error) {
        console.error(`${name}: ${(error as Error).stack}`);
        refuse(response, problemOf(name, 502, "The door failed to handle this request; its log has the cause."));
      }
    },
  );
  // Forward every field: by default Node silently drops those beyond 2,000.
  server.maxHeadersCount = 0;
  let open = 0;
  server.on("connection", (socket: Socket) => {
    // Node writes a head as UTF-8 where it flushes it by itself, which would encode the bytes of fields a second time.
    socket.setDefaultEncoding("latin1");
    open += 1;
    socket.once("close", () => {
      open -= 1;
    });
    if (open <= connections) return;
    refused.add(socket);
    const detail = `This door accepts at most ${connections} connections.`;
    socket.on("error", () => socket.destroy());
    socket.end(wireOf(problemOf(name, 503, detail, "connection_limit_reached"), ["Retry-After: 1"]));
    setTimeout(() => socket.destroy(), LOCAL_LIMITS.refusedConnectionMillis).unref();
  });
  // Beyond these not even that answer: each takes a file descriptor while it is given.
  server.maxConnections = connections + LOCAL_LIMITS.doorConnectionsRefused;
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Only a fault before the first answer can be answered, and only if the connection is still open.
    if (!socket.writable || error.code === "ECONNRESET" || refused.has(socket)) socket.destroy();
    else socket.end(wireOf(faultOf(name, error)));
  });
  server.on("connect", (_request, socket: Duplex) => {
    socket.on("error", () => socket.destroy());
    socket.end(wireOf(problemOf(name, 405, "This door does not support tunnels."), [`Allow: ${METHODS}`]));
  });
  server.on("upgrade", async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (refused.has(socket)) return;
    socket.on("error", () => socket.destroy());
    try {
      const passage = passageOf(request, options);
      if (passage.kind !== "passage") {
        socket.end(
          wireOf(
            problemOf(name, 400, passage.kind === "refused" ? passage.detail : "A WebSocket request must have a path."),
          ),
        );
        return;
      }
      const handed = await handUpgrade(request, socket, head, passage);
      if (handed.kind === "refused") socket.end(wireOf(problemOf(name, handed.status, handed.reason)));
      options.onHanded?.(request, handed);
    } catch (error) {
      console.error(`${name}: ${(error as Error).stack}`);
      socket.destroy();
    }
  });
  return server;
}

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** Where a request goes, once its target is understood. A target in absolute form becomes a path and a Host. */
function passageOf(
  request: IncomingMessage,
  options: DoorOptions,
):
  | (ProxyPassage & { readonly kind: "passage" })
  | { readonly kind: "server" }
  | { readonly kind: "refused"; readonly detail: string } {
  const { method = "GET", url = "/", rawHeaders, socket } = request;
  const hosts = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "host");
  const target = requestTarget(url, hosts, socket.localPort ?? 80);
  if (target.kind === "bad") return { kind: "refused", detail: target.detail };
  if (target.kind === "server")
    return method === "OPTIONS" ? target : { kind: "refused", detail: "Only OPTIONS may have the target `*`." };
  request.url = target.path;
  const passage = options.choose(request);
  const { fields = [] } = passage;
  const isSet = fields.some(([name]) => name.toLowerCase() === "host");
  if (target.host === undefined || isSet) return { ...passage, kind: "passage" };
  return { ...passage, kind: "passage", fields: [...fields, ["Host", target.host]] };
}

/** A problem of a door's own. */
interface DoorProblem {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const CODES: Readonly<Record<number, readonly [code: string, proxyError: string]>> = {
  400: ["bad-request", "http_request_error"],
  405: ["method-not-here", "http_request_error"],
  408: ["request-timeout", "http_request_error"],
  431: ["fields-too-large", "http_request_error"],
  502: ["bad-answer", "http_protocol_error"],
  503: ["unreachable", "destination_unavailable"],
};

function problemOf(name: string, status: number, detail: string, proxyError?: string): DoorProblem {
  const [code, usual] = CODES[status] ?? ["failed", "proxy_internal_error"];
  const title = STATUS_CODES[status] ?? "Failed";
  const isLimit = proxyError === "connection_limit_reached";
  const problem = { type: "about:blank", title, status, code: isLimit ? "too-many-connections" : code, detail };
  return {
    status,
    body: `${JSON.stringify(problem)}\n`,
    fields: [
      ["Content-Type", "application/problem+json"],
      ["Cache-Control", "no-store"],
      ["Proxy-Status", `${name}; error=${proxyError ?? usual}`],
      // Otherwise the rest of an unread body would be parsed as the next request.
      ["Connection", "close"],
    ],
  };
}

/** The problem for a request that could not be parsed. */
function faultOf(name: string, { code = "" }: NodeJS.ErrnoException): DoorProblem {
  if (code === "HPE_HEADER_OVERFLOW") {
    const detail = `The request line and fields exceed ${LOCAL_LIMITS.doorRequestHeadBytes} bytes.`;
    return problemOf(name, 431, detail);
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return problemOf(name, 408, "The request's head did not arrive in time.");
  return problemOf(name, 400, `The request is not valid HTTP (${code}).`);
}

function wireOf({ status, fields, body }: DoorProblem, more: readonly string[] = []): Buffer {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
    ...more,
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function refuse(response: ServerResponse, { status, fields, body }: DoorProblem): void {
  // After the answer has begun, a fault can only be signalled by closing the connection.
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, fields.flat());
  response.end(body);
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
