// A deployment as `meridian latency` sees one: a server that places clients by `Meridian-From`, or does not, and has a cache
// in each region; and an origin. Both remember what they were asked. They answer at once: times are not what is tested.

import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Behaviour {
  /** Whether clients are placed by what they say. Places with a longitude above 60 go to apac, others to enam. */
  readonly places: boolean;
  /** Whether the route's cache key keeps the query. */
  readonly keepsQuery?: boolean;
  /** Breaks the connection instead of an answer. */
  readonly breaks?: (request: IncomingMessage) => boolean;
}

export class FakeDeployment {
  readonly asked: { readonly url: string; readonly from: string | undefined }[] = [];
  readonly askedDirectly: string[] = [];
  readonly #servers: Server[] = [];
  readonly #cached = new Set<string>();

  /** Starts both; gives their addresses. */
  async start(behaviour: Behaviour): Promise<{ readonly cdn: string; readonly origin: string }> {
    const cdn = await this.#listen((request, response) => {
      if (behaviour.breaks?.(request)) return void request.socket.destroy();
      const from = request.headers["meridian-from"]?.toString();
      const url = request.url ?? "";
      this.asked.push({ url, from });
      const longitude = Number(from?.split(",")[1] ?? (from === "JP" ? 139 : 0));
      const region = behaviour.places && longitude > 60 ? "apac" : "enam";
      const key = `${region} ${behaviour.keepsQuery === false ? url.split("?")[0] : url}`;
      const hit = this.#cached.has(key);
      this.#cached.add(key);
      response.writeHead(200, {
        "meridian-region": region,
        "cache-status": hit
          ? "meridian-shard; hit; ttl=60"
          : "meridian-shield; fwd=uri-miss, meridian-shard; fwd=uri-miss",
        "server-timing": hit ? "edge;dur=1" : "edge;dur=1, origin;dur=5",
      });
      response.end("a page");
    });
    const origin = await this.#listen((request, response) => {
      this.askedDirectly.push(request.url ?? "");
      response.end("a page");
    });
    return { cdn, origin };
  }

  stop(): void {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  async #listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}
