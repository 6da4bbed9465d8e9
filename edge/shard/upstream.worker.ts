// Asks the tier above a shard: the shield of the route's origin, which is a shard of another region, or the origin itself
// where this shard is the shield. A shield that is behind the caller's purges is told them and asked once more. A shield
// region that cannot be reached is left for the next of the origin's list, so a lost shield costs no answer.

import type { Environment } from "../../config/environment.worker.ts";
import { LIMITS } from "../../config/limits.ts";
import type { Tally } from "../../config/metrics.ts";
import { nodesOf } from "../../config/nodes.worker.ts";
import type { RegionId } from "../../config/regions.ts";
import type { Config, Route } from "../../config/schema.ts";
import { type EpochMillis, epochMillis, millis } from "../../config/units.ts";
import { countFailure, countReply, countTransition } from "../../origin/count.ts";
import type { OriginFailure } from "../../origin/failure.ts";
import { createOriginClient, type WorkerOriginClient } from "../../origin/fetch.worker.ts";
import { originPath } from "../action/rewrite.ts";
import { Fields } from "../http/fields.ts";
import { PSEUDONYM } from "../http/forwardable.ts";
import { bodyOf, readNodeAnswer, toNodeInit } from "../message.worker.ts";
import { reach } from "../reach.worker.ts";
import { cacheKey } from "../request/cache-key.ts";
import { forwardedFields } from "../request/forwarded.ts";
import { RegionHealth } from "../route/region-health.ts";
import { shieldRegions } from "../route/shields.ts";
import type { Knowledge } from "./knowledge.ts";
import { ringOf } from "./owner.ts";
import { routeNamed } from "./release.ts";
import type { UpstreamAnswer, UpstreamFailure, UpstreamRequest } from "./tier.ts";
import type { BehindResponse, RequestContext } from "./wire.ts";

const now = (): EpochMillis => epochMillis(Date.now());

/** The tier above one shard. It lives as long as the shard's instance: its origin clients queue that shard's requests. */
export class UpstreamShell {
  readonly #env: Environment;
  readonly #config: Config;
  readonly #region: RegionId;
  readonly #knowledge: Knowledge;
  readonly #health = new RegionHealth();
  readonly #origins = new Map<string, WorkerOriginClient>();
  readonly #tally: Tally;

  constructor(env: Environment, config: Config, region: RegionId, knowledge: Knowledge, tally: Tally) {
    this.#env = env;
    this.#config = config;
    this.#region = region;
    this.#knowledge = knowledge;
    this.#tally = tally;
  }

  /** See `Upstream`. */
  async ask(request: UpstreamRequest): Promise<UpstreamAnswer | UpstreamFailure> {
    const route = routeNamed(this.#config, request.context.route);
    const origin = route && this.#config.origins[route.origin];
    if (route === undefined || origin === undefined) throw new Error(`no origin for route ${request.context.route}`);
    if (request.context.tier === "shield") return this.#askOrigin(request, route);
    const shields = shieldRegions(origin, this.#config, route.residency);
    const unhealthy = this.#health.unhealthy(now());
    const inOrder = [
      ...shields.filter((region) => !unhealthy.has(region)),
      ...shields.filter((region) => unhealthy.has(region)),
    ];
    for (const shield of inOrder.slice(0, LIMITS.shieldAttempts)) {
      if (shield === this.#region) return this.#askOrigin(request, route);
      const answer = await this.#askShield(shield, request, route);
      if (answer !== undefined) return answer;
      // An upload may have been read in part: it cannot be sent again.
      if (request.upload !== undefined) break;
    }
    return SHIELD_LOST;
  }

  /** Undefined when the shield's region cannot be reached. */
  async #askShield(
    shield: RegionId,
    request: UpstreamRequest,
    route: Route,
  ): Promise<UpstreamAnswer | UpstreamFailure | undefined> {
    const ring = ringOf(this.#config, shield);
    const { key } = cacheKey(
      { url: request.context.url, fields: request.fields, country: request.context.client.country },
      route,
    );
    const node = () => nodesOf(this.#env).shard(shield, ring.owner(key));
    const { vector } = request;
    const visited = [...request.context.visited, this.#region];
    const context: RequestContext = { ...request.context, tier: "shield", vector, ring: ring.version, visited };
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const requestAt = now();
      const reached = await reach(node, "/request", toNodeInit({ ...request, context }), context.budgetMillis);
      if (reached.kind === "late") return SHIELD_LATE;
      if (reached.kind === "unreachable") {
        this.#health.failed(shield, now());
        return undefined;
      }
      this.#health.succeeded(shield);
      const { response } = reached;
      const answer = readNodeAnswer(response, requestAt, now());
      if (answer !== undefined) return answer;
      if (response.status !== 409 || request.upload !== undefined) {
        await response.body?.cancel();
        return undefined;
      }
      const behind = (await response.json()) as BehindResponse;
      const told = await reach(
        node,
        "/apply",
        { method: "POST", body: JSON.stringify(this.#knowledge.newsSince(behind.vector)) },
        LIMITS.syncTimeoutMillis,
      );
      if (told.kind !== "response" || !told.response.ok) return undefined;
    }
    return SHIELD_BEHIND;
  }

  async #askOrigin(request: UpstreamRequest, route: Route): Promise<UpstreamAnswer | UpstreamFailure> {
    const { context } = request;
    const { forwardPath } = cacheKey(
      { url: context.url, fields: request.fields, country: context.client.country },
      route,
    );
    const whole = context.passes || route.forward === "all";
    const { pathname, search } = new URL(context.url);
    const sentAt = now();
    const outcome = await this.#originClient(route.origin).request({
      method: request.method,
      path: originPath(route, whole ? pathname + search : forwardPath),
      fields: this.#fieldsFor(request, route),
      body: (request.upload as ReadableStream<Uint8Array> | undefined) ?? null,
      clientHost: context.client.host,
      holdSlot: context.passes ? "header" : "body",
    });
    if (outcome.kind === "failure") {
      countFailure(this.#tally, route.origin, outcome.error);
      return originFailed(outcome);
    }
    const fields = Fields.from(outcome.fields);
    countReply(this.#tally, route.origin, outcome.status, fields.get("content-length"));
    return {
      kind: "answer",
      status: outcome.status,
      fields,
      body: bodyOf(outcome.body, fields.get("content-length") ?? null),
      requestAt: outcome.requestAt,
      responseAt: outcome.responseAt,
      timings: { origin: millis(outcome.responseAt - sentAt) },
      ...(outcome.socket === undefined ? {} : { upgrade: outcome.socket }),
    };
  }

  /** What the origin sees, and on top what this fill asks of its stored response. */
  #fieldsFor(request: UpstreamRequest, route: Route): Fields {
    const { client, requestId, passes } = request.context;
    const originHost = new URL(this.#config.origins[route.origin]?.url ?? "").host;
    const extent = passes ? { extent: "everything" as const } : {};
    const fields = forwardedFields({
      request: request.fields,
      route,
      client,
      requestId,
      originHost,
      loop: PSEUDONYM,
      ...extent,
    });
    for (const name of ["if-none-match", "if-modified-since"]) {
      const value = request.fields.get(name);
      if (value !== undefined) fields.set(name, value);
    }
    return fields;
  }

  #originClient(name: string): WorkerOriginClient {
    let client = this.#origins.get(name);
    const origin = this.#config.origins[name];
    if (origin === undefined) throw new Error(`origin ${name} is not configured`);
    if (client === undefined) {
      client = createOriginClient(this.#env, name, origin, (metric) => countTransition(this.#tally, name, metric));
      this.#origins.set(name, client);
    }
    return client;
  }
}

const originFailed = (outcome: OriginFailure): UpstreamFailure => ({
  kind: "failure",
  status: outcome.status,
  code: `origin-${outcome.error.replaceAll("_", "-")}`,
  detail: `The origin gave no answer that could be used: ${outcome.error.replaceAll(/[_-]/g, " ")}.`,
  proxyError: outcome.proxyError,
  ...(outcome.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: outcome.retryAfterSeconds }),
});

const SHIELD_LOST: UpstreamFailure = {
  kind: "failure",
  status: 502,
  code: "shield-unreachable",
  detail: "No region that may ask this origin can be reached.",
  proxyError: "destination_unavailable",
};
const SHIELD_LATE: UpstreamFailure = {
  kind: "failure",
  status: 504,
  code: "shield-timeout",
  detail: "The origin's shield did not answer in time.",
  proxyError: "http_response_timeout",
};
const SHIELD_BEHIND: UpstreamFailure = {
  kind: "failure",
  status: 503,
  code: "shield-behind",
  detail: "The origin's shield could not be told of a purge that this request knows of.",
  proxyError: "proxy_internal_error",
  retryAfterSeconds: 1,
};
