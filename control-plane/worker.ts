// The control plane as the edge's entry mounts it: the Durable Object classes, and the API over this isolate's bindings. The
// API is built once for each isolate and environment. With an unreadable token list every token is refused, and the log has the cause.

import { Tally } from "../config/metrics/tally.ts";
import type { Environment } from "../config/node/environment.worker.ts";
import { configOf, nodesOf, ownRegion } from "../config/node/nodes.worker.ts";
import type { Config } from "../config/schema/schema.ts";
import { epochMillis } from "../config/units.ts";
import { greatCircle } from "../config/world/distance.ts";
import { REGIONS, type RegionId } from "../config/world/regions.ts";
import { parseTokens, type TokenRecord } from "./api/access/access.ts";
import { controlApp } from "./api/app.worker.ts";
import { DASHBOARD_PAGE } from "./api/page/dashboard-page.worker.ts";
import { type ControlPorts, regionsOf } from "./api/ports.worker.ts";
import { receiptSigner } from "./api/purges/receipt-signer.worker.ts";
import type { ControlApp } from "./api/route.worker.ts";

export { Hub } from "./hub/hub.worker.ts";
export { Meter } from "./meter/meter.worker.ts";

const apps = new WeakMap<Environment, ControlApp>();

/** What the control API asks of the edge. */
export type EdgePorts = Pick<ControlPorts, "explain" | "warm"> & {
  /** Local: the tokens' records as they are now, in place of the secret that does not change. */
  readonly tokenRecords?: () => string | undefined;
};

/**
 * Answers a request to the control API. `edge` is kept for later requests of the same environment, so it must not hold on
 * to this one.
 */
export async function controlFetch(
  request: Request,
  env: Environment,
  ctx: ExecutionContext,
  edge: EdgePorts,
): Promise<Response> {
  let app = apps.get(env);
  if (app === undefined) {
    app = build(request, env, edge);
    apps.set(env, app);
  }
  return app.fetch(request, env, ctx);
}

function build(request: Request, env: Environment, edge: EdgePorts): ControlApp {
  const config = configOf(env);
  const nodes = nodesOf(env);
  const { tokenRecords = () => env.API_TOKENS, ...ports } = edge;
  const tokens = new Tokens();
  const region = ownRegion(env) ?? nearestRegion(config, request);
  return controlApp({
    config,
    ownRegion: region,
    // Asked for each request, since locally they change while it runs.
    get tokens() {
      return tokens.read(tokenRecords());
    },
    localMode: ownRegion(env) !== undefined,
    signer: receiptSigner(env.CLUSTER_KEY),
    page: DASHBOARD_PAGE,
    tally: new Tally(crypto.randomUUID(), region),
    hub: (of) => nodes.hub(of),
    meter: (of) => nodes.meter(of),
    ...ports,
    log: (message, fault) => console.error(`control API: ${message}`, ...(fault === undefined ? [] : [fault])),
    now: () => epochMillis(Date.now()),
    deadline: (after) => AbortSignal.timeout(after),
  });
}

/** In production an isolate serves one data centre, and its clients are near it: so is the region nearest to the first. */
function nearestRegion(config: Config, request: Request): RegionId {
  const cf = request.cf as { readonly latitude?: string; readonly longitude?: string } | undefined;
  const regions = regionsOf(config);
  const here = { latitude: Number(cf?.latitude), longitude: Number(cf?.longitude) };
  if (!Number.isFinite(here.latitude) || !Number.isFinite(here.longitude)) return regions[0] as RegionId;
  const distance = (id: RegionId): number => greatCircle(here, config.regions[id]?.place ?? REGIONS[id].place);
  return regions.reduce((nearest, id) => (distance(id) < distance(nearest) ? id : nearest));
}

/** Records of tokens, read again only when their text has changed. */
class Tokens {
  #json: string | undefined;
  #records: readonly TokenRecord[] = [];

  read(json: string | undefined): readonly TokenRecord[] {
    if (json === this.#json) return this.#records;
    this.#json = json;
    const parsed = json === undefined ? { kind: "tokens" as const, tokens: [] } : parseTokens(json);
    if (parsed.kind === "invalid") console.error(`control API: nobody is let in: ${parsed.detail}`);
    this.#records = parsed.kind === "tokens" ? parsed.tokens : [];
    return this.#records;
  }
}
