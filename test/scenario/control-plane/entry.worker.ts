// The control plane alone in workerd: its Durable Objects and its API as they are, and in place of the edge a shard that holds
// three entries, and an explanation that says what was asked.

import { DurableObject } from "cloudflare:workers";
import type { Explanation } from "../../../config/explanation.ts";
import type { Environment } from "../../../config/node/environment.worker.ts";
import { controlFetch } from "../../../control-plane/worker.ts";

export { Hub, Meter } from "../../../control-plane/worker.ts";

export class Shard extends DurableObject<Environment> {
  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === "/dry-run") return Response.json({ v: 1, entries: 3, bytes: 300 });
    const { vector } = await request.json<{ vector: Record<string, number> }>();
    return Response.json({ v: 1, vector });
  }
}

export default {
  fetch: (request, env, ctx) => {
    // What edges say to hubs and meters; this script has no edge.
    const [, kind, path] = /^\/test\/(hub|meter)(\/.+)$/.exec(new URL(request.url).pathname) ?? [];
    if (kind !== undefined) {
      const node = kind === "hub" ? env.HUB.getByName("hub:weur") : env.METER.getByName("meter:weur");
      return node.fetch(`https://node${path}`, request);
    }
    return controlFetch(request, env, ctx, {
      explain: async ({ url }) => ({ kind: "explained", explanation: { url } as Explanation }),
      warm: async () => ({ kind: "failed", detail: "there is no edge here" }),
    });
  },
} satisfies ExportedHandler<Environment>;
