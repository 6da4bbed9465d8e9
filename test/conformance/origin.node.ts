/// <reference path="./http-cache-tests.d.ts" />
// The origin of a conformance run: the suite's own test server, in a thread of its own. The suite's script would listen on
// every address and write a file into the current folder, so its handlers are mounted here instead; what they answer is
// theirs. Tells its port to the thread that started it.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort } from "node:worker_threads";
import handleConfig from "http-cache-tests/server/handle-config.mjs";
import handleState from "http-cache-tests/server/handle-state.mjs";
import handleTest from "http-cache-tests/server/handle-test.mjs";

/** A part of the suite's server: `segments` is the path after the part's own name. */
export type Handler = (segments: string[], request: IncomingMessage, response: ServerResponse) => void;

const HANDLERS: Readonly<Record<string, Handler>> = { config: handleConfig, state: handleState, test: handleTest };

const server = createServer((request, response) => {
  const [part = "", ...segments] = new URL(request.url ?? "/", "http://origin.test").pathname.slice(1).split("/");
  const handle = HANDLERS[part];
  if (handle === undefined) response.writeHead(404).end();
  else handle(segments, request, response);
});
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
