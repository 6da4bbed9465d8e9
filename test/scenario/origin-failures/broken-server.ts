// An origin that does wrong what its path says, in bytes on a socket: HTTP libraries would not let it. It counts what it got.

import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";

const page = (text: string, fields = "") =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n${fields}\r\n${text}`;

const chunked = (fields: string) => `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;

/** What each path answers; the rest of the connection is the server's affair. */
const BEHAVIOURS: Readonly<Record<string, (socket: Socket, head: string) => void>> = {
  "/stall": () => undefined,
  "/reset": (socket) => socket.resetAndDestroy(),
  "/not-http": (socket) => socket.end("220 mail.example ESMTP\r\n\r\n"),
  "/bad-length": (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello"),
  "/two-lengths": (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
  "/short": (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"),
  "/long": (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more than was announced"),
  "/chunked-and-3": (socket) => socket.write(chunked("Content-Length: 3\r\nTransfer-Encoding: chunked")),
  "/chunked-and-15": (socket) => socket.write(chunked("Transfer-Encoding: chunked\r\nContent-Length: 15")),
  "/chunked-and-0": (socket) => socket.write(chunked("Content-Length: 0\r\nTransfer-Encoding: Chunked")),
  "/coded": (socket) => socket.write(chunked("Transfer-Encoding: gzip, chunked")),
  "/switches": (socket) => socket.write("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
  "/body-stall": (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"),
  "/events": (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\n"),
  "/gzip": (socket) => socket.write(page("not really gzip", "Content-Encoding: gzip\r\n")),
  "/redirect": (socket) => socket.write("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"),
  "/cookies": (socket) => socket.write(page("ok", "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n")),
  "/echo": (socket, head) => socket.write(page(head)),
};

export class BrokenServer {
  /** Requests by path. */
  readonly counts = new Map<string, number>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiters: { readonly path: string; readonly done: () => void }[] = [];
  /** For `/flaky`: what happens to the next requests there, in order; then it works. */
  readonly flaky: ("reset" | "ok")[] = [];
  /** Bytes of uploads received, headers left out. */
  uploaded = 0;

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
      this.#serve(socket);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  /** Resolves when `path` has been asked for. */
  asked(path: string): Promise<void> {
    if (this.counts.has(path)) return Promise.resolve();
    return new Promise((done) => this.#waiters.push({ path, done }));
  }

  #serve(socket: Socket): void {
    let text = "";
    let missing = 0;
    let head = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
      for (;;) {
        if (missing > 0) {
          const taken = Math.min(missing, text.length);
          this.uploaded += taken;
          missing -= taken;
          text = text.slice(taken);
          if (missing > 0) return;
          this.#answer(socket, head);
        }
        const end = text.indexOf("\r\n\r\n");
        if (end < 0) return;
        head = text.slice(0, end);
        text = text.slice(end + 4);
        missing = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        const path = head.split(" ")[1] ?? "";
        this.counts.set(path, (this.counts.get(path) ?? 0) + 1);
        for (const waiter of this.#waiters) if (waiter.path === path) waiter.done();
        if (missing === 0) this.#answer(socket, head);
      }
    });
  }

  #answer(socket: Socket, head: string): void {
    const path = head.split(" ")[1] ?? "";
    const key = /^sec-websocket-key: *(.+)$/im.exec(head)?.[1]?.trim();
    if (path === "/socket" && key !== undefined) {
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      // One unmasked text frame: "hello".
      socket.write(Buffer.from([0x81, 5, ...Buffer.from("hello")]));
    } else if (path === "/flaky" && this.flaky.shift() === "reset") socket.resetAndDestroy();
    else (BEHAVIOURS[path] ?? (() => socket.write(page(`hello from ${path}`))))(socket, head);
  }
}
