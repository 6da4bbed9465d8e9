// What is deployed: one script that carries the edge, the Durable Objects and, on a hostname of its own, the control API.
// In production all nodes are objects of this script. Peers' requests come in over `Internal`, which only the local run
// binds to a port, and only signed.

import { WorkerEntrypoint } from "cloudflare:workers";
import type { Environment } from "../config/node/environment.worker.ts";
import { configOf } from "../config/node/nodes.worker.ts";
import { hostNameOf } from "../config/spelling/normal-host.ts";
import { controlFetch } from "../control-plane/worker.ts";
import { explain } from "./explain.worker.ts";
import { serve } from "./serve.worker.ts";
import { answerPeer } from "./tier/internal.worker.ts";
import { warm } from "./warm.worker.ts";

export { Hub, Meter } from "../control-plane/worker.ts";
export { Shard } from "./shard/shard.worker.ts";

/** In production the platform places clients (`request.cf`); there is no database of addresses. */
const countryOf = (): undefined => undefined;

export class Internal extends WorkerEntrypoint<Environment> {
  override fetch(request: Request): Promise<Response> {
    return answerPeer(request, this.env);
  }
}

export default {
  fetch(request, env, ctx): Promise<Response> {
    const { controlHost } = configOf(env);
    // By its one spelling: a request that names this host in any way carries tokens, which must never reach an origin.
    if (controlHost !== undefined && hostNameOf(request.url) === controlHost) {
      return controlFetch(request, env, ctx, {
        explain: (query) => explain(env, query, countryOf),
        warm: (query) => warm(env, query, countryOf),
      });
    }
    return serve(request, env, (work) => ctx.waitUntil(work), { countryOf });
  },
} satisfies ExportedHandler<Environment>;
