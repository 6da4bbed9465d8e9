// The control plane as the edge's entry mounts it: the Durable Object classes, and the API over this isolate's bindings. The
// API is built once for each isolate and environment. Tokens that cannot be read let nobody in, and the log says why.

import type { OpenAPIHono } from "@hono/zod-openapi";
import { greatCircle } from "../config/distance.ts";
import type { Environment } from "../config/environment.worker.ts";
import { Tally } from "../config/metrics.ts";
import { configOf, nodesOf, ownRegion } from "../config/nodes.worker.ts";
import { REGIONS, type RegionId } from "../config/regions.ts";
import type { Config } from "../config/schema.ts";
import { epochMillis } from "../config/units.ts";
import { parseTokens, type TokenRecord } from "./api/access.ts";
import { controlApp } from "./api/app.worker.ts";
import { DASHBOARD_PAGE } from "./api/dashboard-page.worker.ts";
import { type ControlPorts, regionsOf } from "./api/ports.worker.ts";
import { receiptSigner } from "./api/receipt-signer.worker.ts";

export { Hub } from "./hub/hub.worker.ts";
export { Meter } from "./meter/meter.worker.ts";

const apps = new WeakMap<Environment, OpenAPIHono>();

/** What the control API asks of the edge. */
export type EdgePorts = Pick<ControlPorts, "explain" | "warm">;

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

function build(request: Request, env: Environment, edge: EdgePorts): OpenAPIHono {
  const config = configOf(env);
  const nodes = nodesOf(env);
  const region = ownRegion(env) ?? nearestRegion(config, request);
  return controlApp({
    config,
    ownRegion: region,
    tokens: tokensOf(env),
    localMode: ownRegion(env) !== undefined,
    signer: receiptSigner(env.CLUSTER_KEY),
    page: DASHBOARD_PAGE,
    tally: new Tally(crypto.randomUUID(), region),
    hub: (of) => nodes.hub(of),
    meter: (of) => nodes.meter(of),
    ...edge,
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

function tokensOf(env: Environment): readonly TokenRecord[] {
  if (env.API_TOKENS === undefined) return [];
  const parsed = parseTokens(env.API_TOKENS);
  if (parsed.kind === "tokens") return parsed.tokens;
  console.error(`control API: nobody is let in: ${parsed.detail}`);
  return [];
}
