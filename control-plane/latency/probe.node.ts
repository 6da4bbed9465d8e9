// One request, timed. The clock starts when undici begins to write the request to an open, idle connection and stops when
// the response's head has been parsed, so it excludes connecting, TLS and waiting for a free connection, and
// includes the server's work, the round trip and this process's own dispatch. Redirects are not followed. The body is read and
// discarded, so that the connection can be reused.

import { Client, type Dispatcher } from "undici";
import { connectionFault } from "../../config/connection-faults.ts";
import { type Millis, millis } from "../../config/units.ts";
import { LATENCY_LIMITS } from "./limits.ts";
import { observe } from "./observation.ts";
import type { ProbeResult } from "./summary.ts";

/** One connection to one origin, for probes that follow each other. */
export class Prober {
  readonly #client: Client;

  constructor(origin: string) {
    this.#client = new Client(origin, {
      // One probe at a time: a pipelined one would wait for the one before it.
      pipelining: 1,
      headersTimeout: LATENCY_LIMITS.probeTimeoutMillis,
      bodyTimeout: LATENCY_LIMITS.probeTimeoutMillis,
      connect: { timeout: 10_000 },
    });
  }

  /** Requests `path` (with its query) and measures the time to first byte. Never rejects. */
  probe(path: string, headers: Readonly<Record<string, string>>): Promise<ProbeResult> {
    return new Promise((resolve) => {
      let started = 0;
      let answered: ProbeResult | undefined;
      let received = 0;
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: () => {
          started = performance.now();
        },
        onResponseStart: (_controller, status, fields) => {
          // Interim responses (103) come here too: the head that counts is the final one's.
          if (status < 200) return;
          answered = { kind: "answered", observation: observe(status, fields), timeToFirstByte: since(started) };
        },
        onResponseData: (controller, chunk) => {
          received += chunk.length;
          if (received > LATENCY_LIMITS.probeBodyBytes)
            controller.abort(new Error("the body is longer than a probe reads"));
        },
        onResponseEnd: () => resolve(answered ?? { kind: "failed", reason: "no response" }),
        onResponseError: (_controller, error) => {
          // A body that we cut off counts as measured; one that broke by itself counts as failed.
          const cut = answered !== undefined && received > LATENCY_LIMITS.probeBodyBytes;
          resolve(cut && answered ? answered : failed(error));
        },
      };
      this.#client.dispatch({ method: "GET", path, headers: { ...headers } }, handler);
    });
  }

  async close(): Promise<void> {
    await this.#client.destroy();
  }
}

const since = (started: number): Millis => millis(performance.now() - started);

function failed(error: Error): ProbeResult {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "") return { kind: "failed", reason: error.message };
  const fault = connectionFault(code, error.message);
  const reason = SHORT.get(code) ?? fault.clause;
  return { kind: "failed", reason, fault };
}

/** The report's words for common faults. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ENOTFOUND", "host name not found"],
  ["UND_ERR_HEADERS_TIMEOUT", "no response in time"],
]);
