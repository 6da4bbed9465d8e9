// Ports that a start needs are its own from its beginning, with real sockets.

import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { closeDoor, openOn } from "../../../control-plane/local/door/door.node.ts";
import { freePort, HeldPorts, isFree, PortInUse } from "../../../control-plane/local/prepare/free-ports.node.ts";

const held = new HeldPorts();
afterEach(() => held.release());

it("a port that is held is nobody else's, and free for its server once it is given back", async () => {
  const port = await freePort(new Set());
  await held.hold(port, "front door");
  expect(await isFree(port)).toBe(false);
  const early = connect(port, "127.0.0.1");
  const [error] = (await once(early, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNRESET");
  await held.release(port);
  const server = createServer();
  expect(await openOn(server, port, "front door")).toBe(port);
  await closeDoor(server);
});

it("a port that somebody else has is named with its purpose and what to do, whoever finds out", async () => {
  const port = await freePort(new Set());
  const other = createServer();
  await openOn(other, port);
  const advice = `port ${port}, which the control API needs, is in use. Stop the program`;
  await expect(held.hold(port, "control API")).rejects.toThrow(advice);
  // A program that takes a port in the moment between giving it back and binding it.
  const late = openOn(createServer(), port, "control API");
  await expect(late).rejects.toThrow(advice);
  await expect(late).rejects.toBeInstanceOf(PortInUse);
  await closeDoor(other);
});
