// A shard, and so a shield, which is the same shard asked by others. A request first needs knowledge of purges that covers what it
// demands. Then it is answered as a segment, as a request on a cached route (cached-request.ts), or it passes through. All decisions
// of HTTP are in `edge/http`, all of purges in the purge set. No platform: clock, timers, hub and next tier come in as ports.

import type { Config } from "../../config/schema/schema.ts";
import type { CancelSignal } from "../../origin/ports.ts";
import { streamOf } from "../body/spool.ts";
import type { Outcome } from "../http/cache-status.ts";
import { isSafe } from "../http/invalidate.ts";
import { routeNamed } from "../route/match-route.ts";
import type { TierRequest, TierResponse } from "../tier/tier.ts";
import type { BehindResponse } from "../tier/wire.ts";
import { FAILURES } from "./answer/failures.ts";
import { factsOf } from "./answer/release.ts";
import { Releaser } from "./answer/releaser.ts";
import { CachedRequest } from "./cached-request.ts";
import { Flights } from "./fill/flights.ts";
import type { FillPorts } from "./fill/keep.ts";
import { orderly } from "./fill/origin-answer.ts";
import { termsOfPost } from "./fill/store-post.ts";
import { Judge } from "./judge.ts";
import { trustOf } from "./purges/cut-off.ts";
import { type Change, type ChangePorts, Changes, changeOf, endsByGroup } from "./request/invalidation.ts";
import { type ShardRequest, shardRequestOf, whyPassed } from "./request/shard-request.ts";
import { LargeObjects } from "./segments/large-objects.ts";
import type { LargePorts } from "./segments/passing-bodies.ts";
import { segmentResponse } from "./segments/segment-answer.ts";
import { SegmentOwner } from "./segments/segment-owner.ts";

export interface ShardPorts
  extends Omit<FillPorts, "finished" | "learned" | "large" | "wholeUpTo">,
    ChangePorts,
    Pick<LargePorts, "segment" | "keepSegment" | "held" | "served"> {
  readonly config: Config;
}

export class ShardCore {
  readonly #ports: ShardPorts;
  readonly #flights: Flights;
  readonly #changes: Changes;
  readonly #large: LargeObjects;
  /** What this shard is the owner of. */
  readonly segments: SegmentOwner;
  readonly #judge: Judge;
  readonly #releaser: Releaser;

  constructor(ports: ShardPorts) {
    this.#ports = { ...ports, upstream: orderly(ports.upstream) };
    this.#large = new LargeObjects(this.#ports);
    this.#flights = new Flights({ ...this.#ports, large: this.#large, wholeUpTo: this.#large.wholeUpTo });
    this.segments = new SegmentOwner({ ...this.#ports, unranged: this.#large.unranged });
    this.#changes = new Changes(ports);
    this.#judge = new Judge(ports);
    this.#releaser = new Releaser(ports, this.#judge, this.#large);
  }

  /** Fills under way. */
  get flights(): number {
    return this.#flights.size + this.segments.flights;
  }

  /** Answers a request, or says that it is behind what the caller knows. Once `gone` fires the answer has no reader. */
  async handle(request: TierRequest, gone?: CancelSignal): Promise<TierResponse | BehindResponse> {
    const { context } = request;
    const { config, knowledge, now } = this.#ports;
    const arrival = { request, arrivedAt: now() };
    const route = routeNamed(config, context.route);
    if (route === undefined) return this.#releaser.failed(arrival, FAILURES.unknownRoute);
    const standing = await knowledge.ensure(context.vector);
    if (standing.kind === "behind") {
      if (context.tier === "shield") return { v: 1, vector: knowledge.vector };
      return this.#releaser.failed(arrival, FAILURES.unknownPurge);
    }
    if (trustOf(standing, route, context.tier, now()) === "refuse") {
      return this.#releaser.failed(arrival, FAILURES.cutOff);
    }
    if (context.segment !== undefined) {
      const answer = await this.segments.answer(request, route, context.segment);
      return segmentResponse(answer, request, knowledge.purges, (outcome, upstream) =>
        this.#releaser.releasing(arrival, outcome, upstream && { answer: upstream }),
      );
    }
    const asked = shardRequestOf(config, { ...arrival, route, standing });
    return context.passes ? this.#pass(asked, gone) : this.#cached(asked, gone);
  }

  /** Forgets what is stored of what has changed and lets no fill under way bring it back. Returns how many entries. */
  forget(change: Change): number {
    const { entries, name } = this.#ports;
    this.#flights.invalidate(change);
    const byGroup =
      change.groups.length === 0 ? 0 : entries.deleteWhere(name, ({ target }) => endsByGroup(change, target));
    return change.urls.reduce((count, url) => count + entries.deleteUrl(name, url), byGroup);
  }

  #cached(asked: ShardRequest, gone: CancelSignal | undefined): Promise<TierResponse> {
    const parts = { ports: this.#ports, judge: this.#judge, flights: this.#flights, large: this.#large };
    return new CachedRequest({ ...parts, releaser: this.#releaser }, asked, gone).answer();
  }

  /** Everything that no cache has a part in: forwarded as it is, and what it changes is forgotten here. */
  async #pass(asked: ShardRequest, gone: CancelSignal | undefined): Promise<TierResponse> {
    const { request, route } = asked;
    const { context, method } = request;
    const { config, knowledge, upstream } = this.#ports;
    const vector = knowledge.joined(context.vector);
    // What may change something is carried out though its client is gone: what it changed has to be forgotten here.
    const answer = await upstream({ ...request, keyed: asked, vector, signal: isSafe(method) ? gone : undefined });
    if (answer.kind === "failure") return this.#releaser.failed(asked, answer);
    const change = changeOf(method, context.url, answer, config.routes);
    const ended = change === undefined ? undefined : await this.#changes.end(change, route, answer);
    const { reason, detail = ended } = whyPassed(asked);
    const { status, upgrade } = answer;
    const terms = termsOfPost(asked, answer, config.routes);
    const kept = terms && this.#flights.keep(asked, vector, answer, terms);
    const body = kept?.spool === undefined ? answer.body : streamOf(kept.spool, answer);
    const stored = kept?.settling === false;
    const outcome: Outcome = { kind: "forwarded", reason, status, stored, ...(detail && { detail }) };
    const facts = factsOf(context.tier, this.#releaser.releasing(asked, outcome, { answer }));
    return { status, fields: answer.fields, body, facts: { ...facts, personal: true }, upgrade };
  }
}
