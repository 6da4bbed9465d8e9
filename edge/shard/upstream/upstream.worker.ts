// The tier above a shard as the platform reaches it: questions to shield shards and to origins become messages, and what comes
// back values. Whom to ask, in which order and with what is decided in ask-shield.ts.

import type { Tally } from "../../../config/metrics/tally.ts";
import type { Environment } from "../../../config/node/environment.worker.ts";
import { nodesOf, parseObjectName } from "../../../config/node/nodes.worker.ts";
import type { Config, Route } from "../../../config/schema/schema.ts";
import { targetOfUrl } from "../../../config/spelling/normal-url.ts";
import { type EpochMillis, epochMillis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { PurgeNews } from "../../../control-plane/purge/wire.ts";
import { countFailure, countReply, countTransition, showBreaker } from "../../../origin/count.ts";
import { createOriginClient, type WorkerOriginClient } from "../../../origin/fetch.worker.ts";
import { originPath } from "../../action/rewrite.ts";
import { Fields } from "../../http/fields.ts";
import { PSEUDONYM } from "../../http/forwardable.ts";
import { lostRegions } from "../../regions/lost-regions.worker.ts";
import { wholeTarget } from "../../request/cache-key.ts";
import { forwardedFields } from "../../request/forwarded.ts";
import { after, bodyOf, readNodeAnswer, toNodeInit } from "../../tier/message.worker.ts";
import { isAlive, reach } from "../../tier/reach.worker.ts";
import type { UpstreamRequest, UpstreamResult } from "../../tier/tier.ts";
import type { BehindResponse } from "../../tier/wire.ts";
import { originFailed } from "../answer/failures.ts";
import { decode, encode } from "../coding/encode.worker.ts";
import { Negotiation } from "../coding/negotiation.ts";
import { SHARD_LIMITS } from "../limits.ts";
import type { Knowledge } from "../purges/purge-knowledge.ts";
import { askerOf, rankOf } from "../request/demand.ts";
import type { EntryStore } from "../store/entries.ts";
import { ShieldAsker, type ShieldPlace, type ShieldReply } from "./ask-shield.ts";

const now = (): EpochMillis => epochMillis(Date.now());

/** The tier above one shard. It lives as long as the shard's instance: its origin clients queue that shard's requests. */
export class UpstreamShell {
  readonly #env: Environment;
  readonly #config: Config;
  readonly #asker: ShieldAsker;
  readonly #origins = new Map<string, WorkerOriginClient>();
  readonly #tally: Tally;
  readonly #negotiation: Negotiation;
  readonly #shard: number;

  /** `store`: what the shard has stored, and its name there. */
  constructor(
    env: Environment,
    config: Config,
    region: RegionId,
    knowledge: Knowledge,
    tally: Tally,
    store: { readonly name: string; readonly entries: EntryStore },
  ) {
    this.#env = env;
    this.#config = config;
    this.#tally = tally;
    this.#shard = parseObjectName(store.name).index;
    const origin = (request: UpstreamRequest, route: Route) => this.#askOrigin(request, route);
    this.#negotiation = new Negotiation({ ...store, config, knowledge, origin, encode, decode, now, after });
    this.#asker = new ShieldAsker(
      {
        config,
        region,
        now,
        newsSince: (vector) => knowledge.newsSince(vector),
        isAlive: ({ region, shard }) => isAlive(nodesOf(env).shard(region, shard)),
        request: (to, request) => this.#askShield(to, request),
        apply: (to, news) => this.#tell(to, news),
        origin: (request, route) => this.#negotiation.ask(request, route),
      },
      lostRegions,
    );
  }

  /** An unsafe method changed something (RFC 9111 section 4.4): no request joins a body that was requested before it. */
  closeAll(): void {
    this.#negotiation.closeAll();
  }

  /** See `Upstream`. */
  ask(request: UpstreamRequest): Promise<UpstreamResult> {
    return this.#asker.ask(request);
  }

  async #askShield({ region, shard }: ShieldPlace, request: UpstreamRequest): Promise<ShieldReply> {
    const node = () => nodesOf(this.#env).shard(region, shard);
    const requestAt = now();
    const reached = await reach(node, "/request", toNodeInit(request), request.context.budgetMillis, request.signal);
    if (reached.kind === "unreachable") return { kind: "lost" };
    if (reached.kind === "broken") return { kind: "refused" };
    if (reached.kind === "late") return reached;
    const { response } = reached;
    const answer = readNodeAnswer(response, requestAt, now());
    if (answer !== undefined) return { kind: "answer", answer };
    if (response.status === 409) return { kind: "behind", vector: ((await response.json()) as BehindResponse).vector };
    await response.body?.cancel();
    return { kind: "refused" };
  }

  async #tell({ region, shard }: ShieldPlace, news: PurgeNews): Promise<boolean> {
    const node = () => nodesOf(this.#env).shard(region, shard);
    const init = { method: "POST", body: JSON.stringify(news) };
    const told = await reach(node, "/apply", init, SHARD_LIMITS.syncTimeoutMillis);
    return told.kind === "response" && told.response.ok;
  }

  async #askOrigin(request: UpstreamRequest, route: Route): Promise<UpstreamResult> {
    const { context } = request;
    // What passes no cache goes on as it was written.
    const target = context.passes
      ? targetOfUrl(context.url)
      : route.forward === "all"
        ? wholeTarget(context.url, route)
        : request.keyed.forwardPath;
    const sentAt = now();
    const outcome = await this.#originClient(route.origin).request({
      method: request.method,
      path: originPath(route, target),
      fields: this.#fieldsFor(request, route),
      body: (request.upload as ReadableStream<Uint8Array> | undefined) ?? null,
      clientHost: context.client.host,
      holdSlot: context.passes ? "header" : "body",
      signal: request.signal,
      client: askerOf(context),
      rank: rankOf(context.demand),
    });
    this.#showBreaker(route.origin);
    if (outcome.kind === "failure") {
      countFailure(this.#tally, route.origin, outcome.error);
      return originFailed(outcome, route.origin);
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
    const { selecting, isOwn } = request;
    const originHost = new URL(this.#config.origins[route.origin]?.url ?? "").host;
    const extent = passes || isOwn ? { extent: "everything" as const } : {};
    const fields = forwardedFields({
      request: request.fields,
      route,
      client,
      requestId,
      originHost,
      loop: PSEUDONYM,
      selecting,
      ...extent,
    });
    for (const name of ["if-none-match", "if-modified-since", "range", "if-range"]) {
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
      client = createOriginClient(this.#env, name, origin, (metric) => {
        countTransition(this.#tally, name, metric);
        this.#showBreaker(name);
        if (metric === "breaker-opened" || metric === "breaker-closed") {
          console.warn(JSON.stringify({ origin: name, breaker: metric.slice("breaker-".length) }));
        }
      });
      this.#origins.set(name, client);
    }
    return client;
  }

  #showBreaker(origin: string): void {
    const breaker = this.#origins.get(origin)?.state.breaker;
    if (breaker !== undefined) showBreaker(this.#tally, origin, this.#shard, breaker);
  }
}
