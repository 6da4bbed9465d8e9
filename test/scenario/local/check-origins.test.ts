// What a start says of origins that cannot be reached, with real sockets.

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, it } from "vitest";
import type { Config } from "../../../config/schema/schema.ts";
import { checkOrigins } from "../../../control-plane/local/prepare/check-origins.node.ts";
import { freePort } from "../../../control-plane/local/prepare/free-ports.node.ts";

const origins = (urls: Record<string, string>): Config["origins"] =>
  Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, { url }])) as unknown as Config["origins"];

it("names each origin that nobody listens for, or that does not speak TLS, and is silent about the others", async () => {
  let asked = 0;
  const server = createServer((socket) => {
    socket.on("data", () => {
      asked += 1;
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const closed = await freePort(new Set());
  const said = await checkOrigins(
    origins({
      well: `http://127.0.0.1:${port}`,
      down: `http://127.0.0.1:${closed}`,
      plain: `https://127.0.0.1:${port}`,
      nowhere: "http://no-such-host.invalid",
    }),
  );
  expect(said).toEqual([
    `the origin "down" (http://127.0.0.1:${closed}) cannot be reached: nothing listens there`,
    expect.stringMatching(/^the origin "plain" .* cannot be reached: (it does not use TLS|TLS with it failed)/),
    expect.stringMatching(/^the origin "nowhere" .* cannot be reached: its host cannot be/),
  ]);
  // The one that is well was sent nothing; the other's bytes are the beginning of TLS.
  expect(asked).toBe(1);
  server.close();
});
