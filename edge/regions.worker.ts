// Asks regions for an answer, best first: the owner of the key in the first, and where that region is lost, in the next. What
// may have changed something is never sent twice; so before such a request leaves, the region is asked whether it lives.

import type { Environment } from "../config/environment.worker.ts";
import { LIMITS } from "../config/limits.ts";
import { configOf, nodesOf } from "../config/nodes.worker.ts";
import type { RegionId } from "../config/regions.ts";
import { type EpochMillis, epochMillis, type Millis, millis } from "../config/units.ts";
import type { Fields } from "./http/fields.ts";
import { isIdempotent } from "./http/invalidate.ts";
import { readNodeAnswer, toNodeInit } from "./message.worker.ts";
import { isAlive, reach } from "./reach.worker.ts";
import type { Admitted, RefusedRequest } from "./request/admit.ts";
import { cacheKey } from "./request/cache-key.ts";
import { chooseRegion, type RegionChoice } from "./route/choose-region.ts";
import { RegionHealth } from "./route/region-health.ts";
import { ringOf } from "./shard/owner.ts";
import type { UpstreamAnswer } from "./shard/tier.ts";
import type { RequestContext } from "./shard/wire.ts";

/** One admitted request with everything that is sent along. */
export interface Serving {
  readonly env: Environment;
  readonly admitted: Admitted;
  readonly method: string;
  readonly fields: Fields;
  readonly upload: ReadableStream | null;
  readonly requestId: string;
  readonly arrivedAt: EpochMillis;
}

/** `took`: from asking the region that answered until the head of its answer. */
export type Served =
  | { readonly kind: "answer"; readonly answer: UpstreamAnswer; readonly region: RegionId; readonly took: Millis }
  | RefusedRequest;

type Asked =
  | { readonly kind: "answer"; readonly answer: UpstreamAnswer; readonly took: Millis }
  | { readonly kind: "late" }
  /** `sent`: the region may have begun to act on it. */
  | { readonly kind: "lost"; readonly sent: boolean };

const health = new RegionHealth();
let drained: ReadonlySet<RegionId> = new Set();
const now = (): EpochMillis => epochMillis(Date.now());

/** Takes what a shard knew of drained regions: a hint for the next choices of this isolate. */
export function learnDrained(regions: readonly RegionId[] | undefined): void {
  if (regions !== undefined) drained = new Set(regions);
}

/** The regions that may serve an admitted request, best first. */
export function regionsFor(env: Environment, admitted: Pick<Admitted, "place" | "route">): RegionChoice[] {
  const { place, route } = admitted;
  return chooseRegion({ place, route, config: configOf(env), drained, unhealthy: health.unhealthy(now()) });
}

/** The first answer that a region gives, or why there is none. */
export async function askRegions(serving: Serving): Promise<Served> {
  const choices = regionsFor(serving.env, serving.admitted);
  if (choices.length === 0) return NO_REGION;
  for (const { region } of choices.slice(0, LIMITS.regionAttempts)) {
    const budget = millis(Math.max(0, LIMITS.requestBudgetMillis - (now() - serving.arrivedAt)));
    const asked = await askRegion(serving, region, budget);
    if (asked.kind === "answer") return { ...asked, region };
    if (asked.kind === "late") return TOO_LATE;
    if (asked.sent && mustArriveOnce(serving)) return LOST_ON_THE_WAY;
  }
  return ALL_LOST;
}

const mustArriveOnce = (serving: Serving): boolean => serving.upload !== null || !isIdempotent(serving.method);

async function askRegion(serving: Serving, region: RegionId, budget: Millis): Promise<Asked> {
  const { env, admitted, method, fields, upload } = serving;
  const config = configOf(env);
  const { key } = cacheKey({ url: admitted.url, fields, country: admitted.place.country }, admitted.route);
  const ring = ringOf(config, region);
  const node = () => nodesOf(env).shard(region, ring.owner(key));
  if (mustArriveOnce(serving) && !(await isAlive(node()))) {
    health.failed(region, now());
    return { kind: "lost", sent: false };
  }
  const requestAt = now();
  const context = contextOf(serving, ring.version, budget);
  const init = toNodeInit({ method, fields, context, ...(upload === null ? {} : { upload }) });
  const reached = await reach(node, "/request", init, budget);
  if (reached.kind === "late") return reached;
  const answer = reached.kind === "response" ? readNodeAnswer(reached.response, requestAt, now()) : undefined;
  if (answer === undefined) {
    health.failed(region, now());
    return { kind: "lost", sent: true };
  }
  health.succeeded(region);
  return { kind: "answer", answer, took: millis(answer.responseAt - requestAt) };
}

function contextOf({ admitted, requestId }: Serving, ring: string, budgetMillis: Millis): RequestContext {
  const { address, scheme } = admitted.client;
  const { country } = admitted.place;
  return {
    v: 1,
    tier: "shard",
    url: admitted.url,
    route: admitted.route.name,
    passes: admitted.passage === "passed",
    ring,
    vector: admitted.demanded,
    client: { scheme, host: admitted.host, ...(address && { address }), ...(country && { country }) },
    requestId,
    budgetMillis,
    visited: [],
  };
}

const refused = (status: number, code: string, title: string, detail: string, proxyError: string): RefusedRequest => ({
  kind: "refused",
  status,
  code,
  title,
  detail,
  proxyError,
});

const NO_REGION = refused(
  503,
  "no-region",
  "Service unavailable",
  "No region that may serve this request takes clients now.",
  "destination_unavailable",
);
const ALL_LOST = refused(
  502,
  "regions-lost",
  "Bad gateway",
  "The regions that may serve this request cannot be reached.",
  "destination_unavailable",
);
const TOO_LATE = refused(
  504,
  "too-late",
  "Gateway timeout",
  "The region did not answer in the time that a request has.",
  "http_response_timeout",
);
const LOST_ON_THE_WAY = refused(
  502,
  "lost-on-the-way",
  "Bad gateway",
  "The region was lost while it had this request, which may have been carried out: it is not sent twice.",
  "connection_terminated",
);
