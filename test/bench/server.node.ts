// Starts what the benchmark measures: an origin that answers with a constant or a page of text, and the bench script in one workerd, whose
// own socket is used (Miniflare's entry would cost more than what is measured). Everything is on 127.0.0.1.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { convertV4MiniflareOptions, Miniflare, NoOpLog } from "miniflare";
import { bundleWorker, COMPATIBILITY } from "../../control-plane/local/prepare/bundle.node.ts";
import { freePort } from "../../control-plane/local/prepare/free-ports.node.ts";
import { listProcesses } from "../../control-plane/local/supervision/processes.node.ts";
import { cpuMicrosOf } from "./processor.node.ts";

export interface Subject {
  readonly url: string;
  /** Time on the processor that the server has taken so far, in microseconds; undefined where the system does not tell. */
  cpuMicros(): number | undefined;
  /** Requests that have reached the origin. */
  originRequests(): number;
  stop(): Promise<void>;
}

const BODY = "o".repeat(1024);
/** Text as people write it, of a page's usual length: what compression finds in it is what it finds in theirs. */
const PAGE = ["ARCHITECTURE.md", "README.md"]
  .map((name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"))
  .join("\n");

export async function startSubject(): Promise<Subject> {
  let originRequests = 0;
  const origin = createServer((request, response) => {
    originRequests += 1;
    const body = /^\/(?:raw\/)?page/.test(request.url ?? "") ? PAGE : BODY;
    response.writeHead(200, {
      "content-type": "text/plain",
      "cache-control": "max-age=600",
      "content-length": Buffer.byteLength(body),
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  const originUrl = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;

  const taken = new Set<number>();
  const [unused, port] = [await freePort(taken), await freePort(taken)];
  const object = (className: string) => ({ className, useSQLite: true });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: unused,
      cf: false,
      log: new NoOpLog(),
      workers: [
        {
          name: "bench",
          modules: [
            {
              type: "ESModule",
              path: "worker.js",
              contents: await bundleWorker(new URL("./bench.worker.ts", import.meta.url).pathname),
            },
          ],
          compatibilityDate: COMPATIBILITY.date,
          compatibilityFlags: [...COMPATIBILITY.flags],
          bindings: {
            CLUSTER_KEY: "b".repeat(43),
            API_TOKENS: "[]",
            MERIDIAN_CONFIG: JSON.stringify(configFor(originUrl)),
          },
          durableObjects: {
            SHARD: object("Shard"),
            HUB: object("Hub"),
            METER: object("Meter"),
            CONSTANT: object("Constant"),
          },
          unsafeDirectSockets: [{ host: "127.0.0.1", port }],
        },
      ],
    }),
  );
  await miniflare.ready;
  const pid = (await listProcesses()).find(
    ({ parent, command }) => parent === process.pid && command.includes(`=127.0.0.1:${unused}`),
  )?.pid;
  return {
    url: `http://127.0.0.1:${port}`,
    cpuMicros: () => (pid === undefined ? undefined : cpuMicrosOf(pid)),
    originRequests: () => originRequests,
    stop: async () => {
      await miniflare.dispose();
      origin.closeAllConnections();
      origin.close();
    },
  };
}

/** One region that faces clients, and two origins: one whose shield it is itself, one with its shield elsewhere. */
const configFor = (url: string) => ({
  origins: {
    near: { url, shield: "weur", maxQueued: 10_000 },
    far: { url, shield: "enam", maxQueued: 10_000 },
  },
  regions: { weur: {}, enam: {} },
  routes: [
    { name: "far", origin: "far", match: { paths: ["/far/*"] } },
    { name: "raw", origin: "near", match: { paths: ["/raw/*"] }, compress: "off" },
    { name: "near", origin: "near" },
  ],
});
