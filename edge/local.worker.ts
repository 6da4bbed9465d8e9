// The same script for the local run, where each region is a process of its own: clients are placed by a database of
// addresses, and the control API and peers have ports of their own in place of a hostname. The database comes from disk and
// not as a module, because Miniflare takes a second longer to start each process that has eight megabytes more of script.

import { WorkerEntrypoint } from "cloudflare:workers";
import type { Environment } from "../config/node/environment.worker.ts";
import { controlFetch } from "../control-plane/worker.ts";
import { explain } from "./explain.worker.ts";
import { countryReader } from "./geo/database.worker.ts";
import { serve } from "./serve.worker.ts";
import { warm } from "./warm.worker.ts";

export { Hub, Internal, Meter, Shard } from "./worker.ts";

let tokenRecords: string | undefined;

/** The tokens' records, read for each request: one that was revoked is refused from then on. Keeps what it has if it cannot. */
async function readTokens(env: Environment): Promise<void> {
  const answer = await env.ACCESS?.fetch("http://disk/tokens.json");
  if (answer === undefined) return;
  const json = await answer.text();
  if (answer.ok) tokenRecords = json;
  else console.error(`control API: the tokens' records cannot be read (${answer.status})`);
}

type CountryOf = (address: string) => string | undefined;
let reader: CountryOf | undefined;

/**
 * The database, read by the first request. Requests that come meanwhile read it too, since an isolate's requests cannot
 * wait for each other; the launcher greets each region before it opens the front door, so that there are hardly any.
 */
async function addressReader(env: Environment): Promise<CountryOf> {
  if (reader === undefined) {
    const answer = await env.GEO?.fetch("http://disk/addresses.mmdb");
    if (!answer?.ok) throw new Error("the local launcher has given no database of addresses");
    reader = countryReader(await answer.arrayBuffer());
  }
  return reader;
}

export class Control extends WorkerEntrypoint<Environment> {
  override async fetch(request: Request): Promise<Response> {
    const [countryOf] = await Promise.all([addressReader(this.env), readTokens(this.env)]);
    return controlFetch(request, this.env, this.ctx, {
      tokenRecords: () => tokenRecords,
      explain: (query) => explain(this.env, query, countryOf),
      warm: (query) => warm(this.env, query, countryOf),
    });
  }
}

export default {
  fetch: async (request, env, ctx) =>
    serve(request, env, (work) => ctx.waitUntil(work), { countryOf: await addressReader(env) }),
} satisfies ExportedHandler<Environment>;
