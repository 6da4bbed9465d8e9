// A WebSocket echo (RFC 6455): just enough of the protocol for the example origin. Frames of up to
// 1 MiB; messages in several frames are answered frame by frame, as they came; anything malformed closes with 1002.

import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const MOST_BYTES = 1 << 20;
/** The fixed text that a server appends to the client's key (RFC 6455 section 1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const OPCODE = { close: 8, ping: 9, pong: 10 } as const;

/** Answers the handshake and echoes until either side closes. */
export function echoWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const key = request.headers["sec-websocket-key"];
  if (key === undefined || request.headers.upgrade?.toLowerCase() !== "websocket") {
    socket.end(
      "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nContent-Length: 0\r\n\r\n",
    );
    return;
  }
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  const lines = [
    "101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  socket.write(`HTTP/1.1 ${lines.join("\r\n")}\r\n\r\n`);
  let pending = head;
  const read = (chunk: Buffer): void => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const frame = readFrame(pending);
      if (frame === "incomplete") return;
      if (frame === "malformed") {
        socket.end(frameOf(0x80 | OPCODE.close, Buffer.from([0x03, 0xea])));
        return;
      }
      pending = pending.subarray(frame.length);
      if (frame.opcode === OPCODE.close) {
        socket.end(frameOf(frame.first, frame.payload));
        return;
      }
      const isPing = frame.opcode === OPCODE.ping;
      if (frame.opcode !== OPCODE.pong) socket.write(frameOf(isPing ? 0x80 | OPCODE.pong : frame.first, frame.payload));
    }
  };
  socket.on("data", read);
  socket.on("error", () => socket.destroy());
  if (head.length > 0) read(Buffer.alloc(0));
}

interface Frame {
  /** The first octet: whether it is the last of its message, and its opcode. */
  readonly first: number;
  readonly opcode: number;
  readonly payload: Buffer;
  readonly length: number;
}

function readFrame(data: Buffer): Frame | "incomplete" | "malformed" {
  if (data.length < 2) return "incomplete";
  const [first, second] = [data.readUInt8(0), data.readUInt8(1)];
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + lengthBytes + 4;
  if (data.length < start) return "incomplete";
  const size = lengthBytes === 0 ? short : lengthBytes === 2 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  // A client's frames are always masked (section 5.1), and no extension was agreed on.
  if ((second & 0x80) === 0 || (first & 0x70) !== 0 || size > MOST_BYTES) return "malformed";
  if (data.length < start + size) return "incomplete";
  const mask = data.subarray(start - 4, start);
  const payload = Buffer.from(data.subarray(start, start + size));
  for (let index = 0; index < size; index++) payload[index] = payload.readUInt8(index) ^ mask.readUInt8(index % 4);
  return { first, opcode: first & 0x0f, payload, length: start + size };
}

function frameOf(first: number, payload: Buffer): Buffer {
  const head = payload.length < 126 ? Buffer.alloc(2) : payload.length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
  head.writeUInt8(first, 0);
  head.writeUInt8(payload.length < 126 ? payload.length : payload.length < 65_536 ? 126 : 127, 1);
  if (head.length === 4) head.writeUInt16BE(payload.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}
