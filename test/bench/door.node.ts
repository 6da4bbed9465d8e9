// `npm run bench -- door`: what the local front door takes of the processor for each request, before an edge that answers 1 KiB
// at once. The door runs in a process of its own; the edge and the clients run in this one, and are not counted.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { openOn } from "../../control-plane/local/door/door.node.ts";
import { cpuMicrosOf } from "./processor.node.ts";
import { spreadOf } from "./ratios.ts";

const ROUNDS = 10;
const MILLIS = 1000;
const CONNECTIONS = 16;
const BODY = Buffer.alloc(1024, "o");
/** About as many fields as an edge's answer has. */
const FIELDS = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`X-Field-${index}`, "v".repeat(24)]));

const edge = createServer((_request, response) => {
  response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": BODY.length, ...FIELDS });
  response.end(BODY);
});
const edgePort = await openOn(edge, 0);
const script = fileURLToPath(new URL("./door-alone.node.ts", import.meta.url));
const door = spawn(process.execPath, [script, String(edgePort)], { stdio: ["ignore", "pipe", "inherit"] });
const [line] = (await once(door.stdout, "data")) as [Buffer];
const pool = new Pool(`http://127.0.0.1:${Number(line.toString())}`, { connections: CONNECTIONS });

const costs: number[] = [];
// The first round warms up connections and compilers.
for (let round = -1; round < ROUNDS; round += 1) {
  const cpuBefore = cpuMicrosOf(door.pid ?? 0);
  const startedAt = performance.now();
  let requests = 0;
  const ask = async (): Promise<void> => {
    while (performance.now() - startedAt < MILLIS) {
      const { statusCode, body } = await pool.request({ path: "/", method: "GET" });
      if ((await body.arrayBuffer()).byteLength !== BODY.length) throw new Error(`a ${statusCode} without its body`);
      requests += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, ask));
  const cpuAfter = cpuMicrosOf(door.pid ?? 0);
  if (round >= 0 && cpuBefore !== undefined && cpuAfter !== undefined) costs.push((cpuAfter - cpuBefore) / requests);
}
await pool.close();
door.kill();
edge.close();
if (costs.length === 0) console.log("This system does not tell how much processor time a process takes.");
else {
  const { median, low, high } = spreadOf(costs);
  const numbers = `${median.toFixed(0)} µs (${low.toFixed(0)} to ${high.toFixed(0)})`;
  console.log(`The front door takes ${numbers} of CPU for each request: median (middle half) of ${ROUNDS} rounds.`);
}
