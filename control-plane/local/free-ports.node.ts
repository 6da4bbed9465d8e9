// Whether ports can be had, before anything is started, and a free one where any will do.

import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Takes a port on 127.0.0.1 for a moment. Returns whether that was possible. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    // In use, or not ours to use: either way it cannot be had.
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}

/**
 * A free port below those that the system gives to outgoing connections (from 32,768), so that a stopped region finds its
 * port again when it is started. `taken` keeps it from being handed out twice.
 */
export async function freePort(taken: Set<number>): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = 28_000 + Math.floor(Math.random() * 4_000);
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    return port;
  }
  throw new Error("no free port was found between 28000 and 32000");
}

/** Waits until a port can be had again, for a short time. Returns whether it can. */
export async function becomesFree(port: number): Promise<boolean> {
  for (let round = 0; round < 50; round++) {
    if (await isFree(port)) return true;
    await sleep(20);
  }
  return false;
}
