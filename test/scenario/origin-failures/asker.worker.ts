// A Worker that only asks an origin, from a Durable Object as shields do: it answers with what the client made of it as JSON,
// passes the body through (`/through/...`), or forgets it (`/forget/...`). The configuration comes with the environment.

import { DurableObject } from "cloudflare:workers";
import type { Environment } from "../../../config/node/environment.worker.ts";
import { createOriginClient, type WorkerOriginClient } from "../../../origin/fetch.worker.ts";

interface Env extends Environment {
  readonly ASKER: DurableObjectNamespace<Asker>;
  /** The origin's configuration, JSON with every default filled in. */
  readonly ORIGIN: string;
}

const PASSED_ON = /^(?:x-|content-length$|upgrade$)/;

export class Asker extends DurableObject<Env> {
  readonly #client: WorkerOriginClient;
  readonly #counts: Record<string, number> = {};

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#client = createOriginClient(env, "shop", JSON.parse(env.ORIGIN), (metric) => {
      this.#counts[metric] = (this.#counts[metric] ?? 0) + 1;
    });
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/state") return Response.json({ ...this.#client.state, counts: this.#counts });
    const outcome = await this.#client.request({
      method: request.method,
      path: url.pathname.replace(/^\/(?:through|forget)/, "") + url.search,
      fields: [...request.headers].filter(([name]) => PASSED_ON.test(name)),
      body: request.body,
      clientHost: request.headers.get("x-client-host") ?? undefined,
      signal: request.signal,
    });
    if (outcome.kind === "failure") return Response.json(outcome, { status: outcome.status });
    const { body, socket, ...head } = outcome;
    if (socket !== undefined) return new Response(null, { status: 101, webSocket: socket });
    if (url.pathname.startsWith("/through/")) return new Response(body, { status: outcome.status });
    if (url.pathname.startsWith("/forget/")) return Response.json(head);
    const read = await new Response(body).text().then(
      (text) => ({ text }),
      (error: Error) => ({ bodyError: error.message }),
    );
    return Response.json({ ...head, ...read });
  }
}

export default {
  // One object for each test, so that no breaker remembers another's failures.
  fetch: (request, env) => env.ASKER.getByName(request.headers.get("x-test") ?? "").fetch(request),
} satisfies ExportedHandler<Env>;
