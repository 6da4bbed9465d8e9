// The deployed script with two constants beside it, in one process, so that the benchmark compares like with like: `/bare`
// is answered by the Worker at once, `/bare-object` by a Durable Object, `/shard-alone` repeats at a shard the request that
// the edge last sent there, `/hub/weur/purges` is a hub's own path. Everything else is the deployed script as it is.

import { DurableObject } from "cloudflare:workers";
import type { Environment } from "../../config/node/environment.worker.ts";
import edge from "../../edge/worker.ts";

export { Hub, Meter, Shard } from "../../edge/worker.ts";

interface BenchEnvironment extends Environment {
  readonly CONSTANT: DurableObjectNamespace<Constant>;
}

const BODY = new TextEncoder().encode("m".repeat(1024));
const constant = (): Response =>
  new Response(BODY, { headers: { "content-type": "text/plain", "cache-control": "max-age=600" } });

export class Constant extends DurableObject<BenchEnvironment> {
  override async fetch(): Promise<Response> {
    return constant();
  }
}

/** What the edge last asked of a shard. */
let asked: { readonly object: string; readonly url: string; readonly init: RequestInit } | undefined;

/** The environment, with an eye on what goes to shards. */
const watched = (env: BenchEnvironment): BenchEnvironment => ({
  ...env,
  SHARD: {
    getByName: (object: string, options?: DurableObjectNamespaceGetDurableObjectOptions) => {
      const stub = env.SHARD.getByName(object, options);
      return {
        fetch(url: string, init: RequestInit) {
          if (url.endsWith("/request")) asked = { object, url, init: { ...init, signal: null } };
          return stub.fetch(url, init);
        },
      };
    },
  } as unknown as DurableObjectNamespace,
});

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/bare") return constant();
    if (pathname === "/hub/weur/purges") return env.HUB.getByName("hub:weur").fetch("https://node/purges", request);
    if (pathname === "/bare-object") return env.CONSTANT.getByName("bare").fetch(request.url);
    if (pathname === "/shard-alone") {
      if (asked === undefined) return new Response("nothing was asked of a shard yet", { status: 500 });
      const { headers, body, status } = await env.SHARD.getByName(asked.object).fetch(asked.url, asked.init);
      return new Response(body, { status, headers, encodeBody: "manual" });
    }
    return edge.fetch(request, pathname === "/watched" ? watched(env) : env, ctx);
  },
} satisfies ExportedHandler<BenchEnvironment>;
