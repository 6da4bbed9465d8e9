// Forwards a WebSocket (any HTTP/1.1 upgrade) to the first of several targets that accepts it; then bytes pass both ways, delayed
// by the emulated distance, until either side closes. The bytes are not inspected. If a target declines the upgrade, its plain
// answer is forwarded (RFC 9110 section 7.8).

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { DelayStream } from "../link/delay-stream.node.ts";
import { endToEnd } from "./end-to-end-fields.ts";
import { fieldsFor, type Handed, open, type ProxyPassage, type ProxyTarget } from "./proxy.node.ts";

/** Passes an upgrade (WebSocket) on to the first target that takes it; afterwards bytes pass both ways, delayed. */
export async function handUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  passage: ProxyPassage,
): Promise<Handed> {
  let reason = "there is no target";
  // The client may go away at any moment; what it leaves behind ends with its socket.
  socket.on("error", () => socket.destroy());
  for (const target of passage.targets) {
    if (target.oneWay > 0) await sleep(target.oneWay);
    if (socket.destroyed) return { kind: "abandoned" };
    const attempt = await upgrade(request, socket, head, target, passage);
    if (attempt.kind === "answered") return attempt;
    reason = attempt.reason;
  }
  return { kind: "refused", status: 503, reason: `No target of this door accepted the connection (${reason}).` };
}

function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  target: ProxyTarget,
  passage: ProxyPassage,
): Promise<Extract<Handed, { kind: "answered" | "refused" }>> {
  return new Promise((resolve) => {
    const fields = [...fieldsFor(request, passage), "Connection", "Upgrade", "Upgrade", request.headers.upgrade ?? ""];
    const upstream = open(target, request, fields);
    upstream.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ kind: "refused", status: 503, reason: error.code ?? error.message }),
    );
    socket.on("close", () => upstream.destroy());
    upstream.on("upgrade", (message, far, farHead) => {
      const homeward = new DelayStream(target.oneWay);
      const outward = new DelayStream(target.oneWay);
      homeward.write(headOf(message));
      if (farHead.byteLength > 0) homeward.write(farHead);
      if (head.byteLength > 0) outward.write(head);
      const end = (): void => {
        far.destroy();
        homeward.destroy();
        outward.destroy();
        socket.destroy();
      };
      far.on("error", end).on("close", () => homeward.end());
      homeward.on("end", () => socket.end());
      socket.on("close", end);
      far.pipe(homeward).pipe(socket);
      socket.pipe(outward).pipe(far);
      resolve({ kind: "answered", target, status: 101 });
    });
    // The target declined: its plain answer goes back, and the connection ends with it.
    upstream.on("response", (message) => {
      socket.write(headOf(message, ["connection", "close"]));
      message.pipe(socket);
      resolve({ kind: "answered", target, status: message.statusCode ?? 502 });
    });
    upstream.end();
  });
}

/** An answer's head as it stands on the wire. An upgrade keeps its connection fields: they are the point of it. */
function headOf(message: IncomingMessage, added: readonly string[] = []): Buffer {
  const isUpgrade = message.statusCode === 101;
  const fields = isUpgrade
    ? message.rawHeaders
    : [...endToEnd(message.rawHeaders, message.headers.connection, []), ...added];
  const lines = [`HTTP/1.1 ${message.statusCode} ${message.statusMessage}`];
  for (let index = 0; index + 1 < fields.length; index += 2) lines.push(`${fields[index]}: ${fields[index + 1]}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
