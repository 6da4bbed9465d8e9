// Links with real sockets: bytes arrive whole and in order, ends are passed on each by itself, and a cut is a cut.
// Times are only asserted from below: a delay that is too short is a fault, one that is too long is a busy machine.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { millis } from "../../../config/units.ts";
import { Link } from "../../../control-plane/local/link/link.node.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A link to a server that handles each connection with `serve`. */
async function linkTo(
  serve: (socket: Socket) => void,
  oneWay = 0,
  callersClose: "whole" | "half" = "half",
): Promise<{ link: Link; call: () => Promise<Socket> }> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: farPort } = server.address() as AddressInfo;
  const link = new Link({ host: "127.0.0.1", port: farPort, oneWay: millis(oneWay), callersClose });
  const port = await link.listen();
  closing.push(
    () => link.close(),
    () => void server.close(),
  );
  const call = async (): Promise<Socket> => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => socket.destroy());
    closing.unshift(() => void socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  return { link, call };
}

/** The close of a socket, whether or not an error came first. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.closed ? resolve() : socket.once("close", () => resolve())));

describe("a link", () => {
  it("delays both ways: an echo takes at least a round trip", async () => {
    const { call } = await linkTo((socket) => socket.pipe(socket), 40);
    const socket = await call();
    const before = performance.now();
    socket.write("x");
    await once(socket, "data");
    expect(performance.now() - before).toBeGreaterThanOrEqual(79);
  });

  it("passes on one end's close while the other still answers", async () => {
    // The server answers only once it has heard everything, as a server that reads a whole upload does.
    const { link, call } = await linkTo(
      (socket) => void buffer(socket).then((all) => socket.end(`${all.length} bytes`)),
      5,
    );
    const socket = await call();
    socket.end(Buffer.alloc(300_000));
    expect((await buffer(socket)).toString()).toBe("300000 bytes");
    await expect.poll(() => link.connections).toBe(0);
  });

  it("resets the far end when its caller closes, where a close means that it has given up", async () => {
    const heard = Promise.withResolvers<string>();
    const { link, call } = await linkTo(
      (socket) => void socket.on("error", (error: NodeJS.ErrnoException) => heard.resolve(error.code ?? "")).resume(),
      5,
      "whole",
    );
    const socket = await call();
    socket.end("a question that nobody waits for");
    expect(await heard.promise).toBe("ECONNRESET");
    await expect.poll(() => link.connections).toBe(0);
  });

  it("carries more than it may hold, whole and in order, and stops the sender while the reader does not read", async () => {
    const total = 32 << 20;
    let written = 0;
    const { call } = await linkTo((socket) => {
      const chunk = Buffer.alloc(65_536);
      const write = (): void => {
        while (written < total) {
          chunk.writeUInt32BE(written / chunk.length, 0);
          written += chunk.length;
          if (!socket.write(Buffer.from(chunk))) {
            socket.once("drain", write);
            return;
          }
        }
        socket.end();
      };
      write();
    }, 5);
    const socket = await call();
    socket.pause();
    // Nobody reads: what is written settles well below the whole.
    let before = -1;
    await expect
      .poll(
        () => {
          const isSettled = written === before;
          before = written;
          return isSettled;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(written).toBeLessThan(total);
    const all = await buffer(socket);
    expect(all.length).toBe(total);
    for (let piece = 0; piece < total / 65_536; piece++) expect(all.readUInt32BE(piece * 65_536)).toBe(piece);
  });

  it("delivers nothing while it is cut in silence, and everything once it is healed", async () => {
    const heard: string[] = [];
    const { link, call } = await linkTo((socket) => socket.on("data", (data) => heard.push(data.toString())));
    const socket = await call();
    socket.write("before ");
    await expect.poll(() => heard.join("")).toBe("before ");
    link.cut("silent");
    socket.write("during ");
    const late = await call();
    late.write("new ");
    // Another link to a server of its own carries an echo meanwhile, so there was time enough to be heard.
    const other = await (await linkTo((echo) => echo.pipe(echo), 20)).call();
    other.write("time");
    await once(other, "data");
    expect(heard.join("")).toBe("before ");
    expect(link.state).toBe("silent");
    link.heal();
    await expect.poll(() => heard.join("").split(" ").filter(Boolean).sort()).toEqual(["before", "during", "new"]);
  });

  it("resets what passes over it and what is called while it is cut with a reset", async () => {
    const { link, call } = await linkTo((socket) => socket.pipe(socket));
    const socket = await call();
    socket.write("x");
    await once(socket, "data");
    const ended = closed(socket);
    link.cut("reset");
    await ended;
    // The reset may come while the caller still connects, or just after.
    const refused = await call().catch((error: NodeJS.ErrnoException) => error.code);
    if (typeof refused === "string") expect(refused).toBe("ECONNRESET");
    else if (refused !== undefined) await closed(refused);
    expect(link.connections).toBe(0);
    link.heal();
    const again = await call();
    again.write("y");
    expect(String(await once(again, "data"))).toBe("y");
  });

  it("resets its caller when nobody is at the far end", async () => {
    const link = new Link({ host: "127.0.0.1", port: 1, oneWay: millis(0) });
    closing.push(() => link.close());
    const socket = connect({ port: await link.listen(), host: "127.0.0.1" });
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
  });
});
