// A Worker that only asks an origin, from a Durable Object as shields do: it answers with what the client made of it as JSON,
// or passes the body through (`/through/...`). The configuration comes with the environment.

import { createOriginClient, type WorkerOriginClient } from "../../../origin/fetch.worker.ts";

// Its own runtime's types are not part of the tests' check; these few are all that it uses.
interface Env {
  readonly ASKER: { getByName(name: string): { fetch(request: Request): Promise<Response> } };
  readonly ORIGIN: string;
}

export class Asker {
  readonly #client: WorkerOriginClient;
  readonly #counts: Record<string, number> = {};

  constructor(_state: unknown, env: Env) {
    this.#client = createOriginClient(env as never, "shop", JSON.parse(env.ORIGIN), (metric) => {
      this.#counts[metric] = (this.#counts[metric] ?? 0) + 1;
    });
  }

  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/state") return Response.json({ ...this.#client.state, counts: this.#counts });
    const through = url.pathname.startsWith("/through/");
    const outcome = await this.#client.request({
      method: request.method,
      path: url.pathname.replace(/^\/through/, "") + url.search,
      fields: [...request.headers].filter(
        ([name]) => name.startsWith("x-") || name === "content-length" || name === "upgrade",
      ),
      body: request.body as never,
      clientHost: request.headers.get("x-client-host") ?? undefined,
      signal: request.signal,
    });
    if (outcome.kind === "failure") return Response.json(outcome, { status: outcome.status });
    const { body, socket, ...head } = outcome;
    if (socket !== undefined) return new Response(null, { status: 101, webSocket: socket } as never);
    if (through) return new Response(body as never, { status: outcome.status });
    const read = await new Response(body as never).text().then(
      (text) => ({ text }),
      (error: Error) => ({ bodyError: error.message }),
    );
    return Response.json({ ...head, ...read });
  }
}

export default {
  // One object for each test, so that no breaker remembers another's failures.
  fetch: (request: Request, env: Env) => env.ASKER.getByName(request.headers.get("x-test") ?? "").fetch(request),
};
