// Reserves ports before anything is started, until their servers bind them, and finds free ones where any will do.
// Invariant: a reserved port is released before its server binds it, and at the latest when the start has failed.

import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** An unavailable port and its purpose. */
export class PortInUse extends Error {
  readonly port: number;

  constructor(port: number, purpose: string) {
    super(
      `port ${port}, which the ${purpose} needs, is in use. Stop the program that uses it (lsof -i :${port} shows it), ` +
        "or move all of Meridian's ports: npm start -- --port 9787",
    );
    this.port = port;
  }
}

/** Ports reserved for servers that have not started yet. */
export class HeldPorts {
  readonly #held = new Map<number, Server>();

  /** Reserves a port. Throws `PortInUse` if it is unavailable; `patience` waits for a program that was just stopped. */
  async hold(port: number, purpose: string, patience: "none" | "short" = "none"): Promise<void> {
    if (patience === "short") await becomesFree(port);
    const server = await listenOn(port);
    if (server === undefined) throw new PortInUse(port, purpose);
    // A caller that comes too early is refused, as if nothing listened.
    server.on("connection", (socket) => socket.resetAndDestroy());
    this.#held.set(port, server);
  }

  /** Releases ports for their servers to bind. All of them by default. */
  async release(...ports: readonly number[]): Promise<void> {
    const chosen = ports.length === 0 ? [...this.#held.keys()] : ports;
    await Promise.all(
      chosen.map(async (port) => {
        const server = this.#held.get(port);
        this.#held.delete(port);
        if (server !== undefined) await closed(server);
      }),
    );
  }
}

/** A server on the port; undefined if the port cannot be had. */
async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return server;
  } catch {
    // In use, or not ours to use: either way it cannot be had.
    return undefined;
  }
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, "close");
}

/** Takes a port on 127.0.0.1 for a moment. Returns whether that was possible. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server !== undefined) await closed(server);
  return server !== undefined;
}

/**
 * Holds a free port below those that the system gives to outgoing connections (from 32,768), so that a stopped region finds
 * its port again when it is started. `taken` keeps it from being handed out twice.
 */
export async function holdFreePort(held: HeldPorts, taken: Set<number>): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = 28_000 + Math.floor(Math.random() * 4_000);
    if (taken.has(port)) continue;
    taken.add(port);
    try {
      await held.hold(port, "traffic between regions");
      return port;
    } catch (error) {
      if (!(error instanceof PortInUse)) throw error;
    }
  }
  throw new Error("no free port between 28000 and 32000");
}

/** A free port that no process holds. */
export async function freePort(taken: Set<number>): Promise<number> {
  const held = new HeldPorts();
  const port = await holdFreePort(held, taken);
  await held.release();
  return port;
}

/** Waits until a port can be had again, for a short time. Returns whether it can. */
export async function becomesFree(port: number): Promise<boolean> {
  for (let round = 0; round < 50; round++) {
    if (await isFree(port)) return true;
    await sleep(20);
  }
  return false;
}
