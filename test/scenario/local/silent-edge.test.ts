// An edge that takes connections and says nothing, as a process that hangs does: the front door leaves it for the next.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createSilence } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REGIONS } from "../../../config/world/regions.ts";
import { closeDoor, openOn } from "../../../control-plane/local/door/door.node.ts";
import { createFrontDoor } from "../../../control-plane/local/door/doors.node.ts";

let silentCalls = 0;
const silence = createSilence(() => {
  silentCalls += 1;
});
const edge = createServer((request, response) => {
  request.resume().on("end", () => response.end(`from enam: ${request.method}`));
});
let door: Server;
let url: string;
beforeAll(async () => {
  silence.listen(0, "127.0.0.1");
  await once(silence, "listening");
  const [silent, answering] = [silence.address(), await openOn(edge, 0)];
  if (typeof silent !== "object" || silent === null) throw new Error("no port");
  door = createFrontDoor({
    atlas: { home: REGIONS.weur.place, country: () => undefined, address: () => undefined },
    doors: () => (["weur", "enam"] as const).map((region) => ({ region, place: REGIONS[region].place, state: "live" })),
    edgePort: (region) => (region === "weur" ? silent.port : answering),
    controlPort: () => 0,
    clusterKey: "k".repeat(43),
    distances: "none",
  });
  url = `http://127.0.0.1:${await openOn(door, 0)}/`;
});
afterAll(async () => {
  await closeDoor(door);
  await closeDoor(edge);
  silence.close();
});

test("what may have changed something is answered with an error, and not sent to another", async () => {
  const answer = await fetch(url, { method: "POST", body: "once" });
  expect(answer.status).toBe(503);
});

test("then clients are taken to the next, without asking the silent one each time", async () => {
  const before = silentCalls;
  for (const _ of [1, 2, 3]) expect(await (await fetch(url)).text()).toBe("from enam: GET");
  expect(silentCalls).toBe(before);
});
