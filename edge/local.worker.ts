// The same script for the local run, where each region is a process of its own: clients are placed by an embedded database
// of addresses, and the control API and peers have ports of their own in place of a hostname.

import { WorkerEntrypoint } from "cloudflare:workers";
import addresses from "geo.mmdb";
import type { Environment } from "../config/environment.worker.ts";
import { controlFetch } from "../control-plane/worker.ts";
import { explain } from "./explain.worker.ts";
import { countryReader } from "./geo/database.worker.ts";
import { serve } from "./serve.worker.ts";

export { Hub, Internal, Meter, Shard } from "./worker.ts";

let reader: ((address: string) => string | undefined) | undefined;
/** The database is opened by the first request that needs it. */
const countryOf = (address: string): string | undefined => {
  reader ??= countryReader(addresses);
  return reader(address);
};

export class Control extends WorkerEntrypoint<Environment> {
  override fetch(request: Request): Promise<Response> {
    return controlFetch(request, this.env, this.ctx, (query) => explain(this.env, query, countryOf));
  }
}

export default {
  fetch: (request, env, ctx) => serve(request, env, (work) => ctx.waitUntil(work), { countryOf }),
} satisfies ExportedHandler<Environment>;
