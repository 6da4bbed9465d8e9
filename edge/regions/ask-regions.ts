// How the edge gets an answer from a region: it asks the owner of the key in the best region, and where that region is lost the
// owner in the next (ask-in-order.ts), until the request's time is up. It decides which shard is asked and with what, never how a
// message travels. What it remembers of regions (lost, drained) is a hint: a wrong one costs distance, never an answer.

import { LIMITS } from "../../config/limits.ts";
import type { Config } from "../../config/schema/schema.ts";
import { type EpochMillis, type Millis, millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { discard } from "../body/source.ts";
import { isSafe } from "../http/invalidate.ts";
import { EDGE_LIMITS } from "../limits.ts";
import type { Admitted, RefusedRequest } from "../request/admit.ts";
import { type CacheKey, cacheKey } from "../request/cache-key.ts";
import { ringOf } from "../ring/owner.ts";
import { askInOrder, mustArriveOnce, type RegionReply } from "../route/ask-in-order.ts";
import { chooseRegion, type RegionChoice } from "../route/choose-region.ts";
import { RegionHealth } from "../route/region-health.ts";
import type { TierRequest, UpstreamAnswer } from "../tier/tier.ts";
import type { RequestContext } from "../tier/wire.ts";
import { Copies } from "./copies.ts";
import { REGION_FAILURES } from "./region-failures.ts";
import type { Serving } from "./serving.ts";

/** A shard of some region. */
export interface ShardPlace {
  readonly region: RegionId;
  readonly shard: number;
}

/** How one request travels. */
export interface RegionPorts {
  /** Sends a request; its context says how long the answer's head may take. Never rejects. */
  readonly request: (to: ShardPlace, request: TierRequest) => Promise<RegionReply<UpstreamAnswer>>;
  /** Whether a shard answers at all, within a bounded time. Never rejects. */
  readonly isAlive: (place: ShardPlace) => Promise<boolean>;
}

/** `took`: from asking the region that answered until the head of its answer. */
export type Served =
  | { readonly kind: "answer"; readonly answer: UpstreamAnswer; readonly region: RegionId; readonly took: Millis }
  | RefusedRequest;

/** One request on its way to the regions. */
interface RegionRequest {
  readonly config: Config;
  readonly serving: Serving & { readonly keyed: CacheKey };
  readonly ports: RegionPorts;
}

/** An answer, and how long it took from asking until its head. */
interface TimedAnswer {
  readonly answer: UpstreamAnswer;
  readonly took: Millis;
}

/** One isolate's way to the regions, with what it remembers of them. */
export class RegionAsker {
  readonly #now: () => EpochMillis;
  readonly #health: RegionHealth;
  readonly #copies: Copies;
  #drained: ReadonlySet<RegionId> = new Set();
  /** When an answer last said which regions are drained, or a region was last asked because they left none. */
  #drainedAt: EpochMillis | undefined;

  /** `health` may be shared with others who call regions. */
  constructor(now: () => EpochMillis, health = new RegionHealth()) {
    this.#now = now;
    this.#health = health;
    this.#copies = new Copies(now);
  }

  /** Takes what a shard knew of drained regions: a hint for the next choices. */
  learnDrained(regions: readonly RegionId[] | undefined): void {
    if (regions === undefined) return;
    this.#drained = new Set(regions);
    this.#drainedAt = this.#now();
  }

  /**
   * The regions that may serve an admitted request, best first. Only answers say that a region takes clients again: where
   * drained ones leave none, a request now and then is sent as if there were none.
   */
  regionsFor(config: Config, { place, route }: Pick<Admitted, "place" | "route">): RegionChoice[] {
    const now = this.#now();
    const input = { place, route, config, unhealthy: this.#health.unhealthy(now) };
    const choices = chooseRegion({ ...input, drained: this.#drained });
    const isOld = this.#drainedAt !== undefined && now - this.#drainedAt > EDGE_LIMITS.regionAvoidedMillis;
    if (choices.length > 0 || !isOld) return choices;
    this.#drainedAt = now;
    return chooseRegion({ ...input, drained: new Set() });
  }

  /** The first answer that a region gives, or why there is none. `only`: asks this region, regardless of the client's place. */
  async ask(config: Config, serving: Serving, ports: RegionPorts, only?: RegionId): Promise<Served> {
    const { admitted, fields, method } = serving;
    const choices = only === undefined ? this.regionsFor(config, admitted) : [{ region: only }];
    const [best] = choices;
    if (best === undefined) return REGION_FAILURES.noRegion;
    const keyed = cacheKey({ url: admitted.url, fields, country: admitted.place.country }, admitted.route);
    const copy = only === undefined ? this.#copies.find(config, serving, best.region, keyed) : undefined;
    if (copy !== undefined) return { kind: "answer", answer: copy, region: best.region, took: millis(0) };
    const asking = { config, serving: { ...serving, keyed }, ports };
    const asked = await askInOrder(
      {
        regions: choices.slice(0, EDGE_LIMITS.regionAttempts).map(({ region }) => region),
        once: mustArriveOnce(serving),
        isAlive: (region) => ports.isAlive(this.#ownerIn(config, region, keyed)),
        ask: async (region) => {
          const spent = this.#now() - serving.arrivedAt;
          const budget = millis(Math.max(0, LIMITS.requestBudgetMillis - spent));
          const reply = await this.#askUntilValid(asking, region, budget);
          if (!isSafe(method)) this.#copies.changed(region, keyed);
          return reply;
        },
      },
      { health: this.#health, now: this.#now },
    );
    if (asked.kind === "answer") return { kind: "answer", ...asked.answer, region: asked.region };
    if (asked.kind === "lost") return asked.storage ? REGION_FAILURES.storageFailed : REGION_FAILURES.allLost;
    return REGION_FAILURES[asked.kind];
  }

  #ownerIn(config: Config, region: RegionId, { key }: CacheKey): ShardPlace {
    return { region, shard: ringOf(config, region).owner(key) };
  }

  /**
   * An answer may be released only as long as the lease of the shard that gave it: see "Consistency" in ARCHITECTURE.md. One that was
   * under way for longer is asked for once more: by then it is stored, and the way there and back is all that it takes.
   */
  async #askUntilValid(asking: RegionRequest, region: RegionId, budget: Millis): Promise<RegionReply<TimedAnswer>> {
    const first = await this.#askRegion(asking, region, budget);
    if (!this.#isOutlived(first)) return first;
    discard(first.answer.answer.body);
    const second = await this.#askRegion(asking, region, budget);
    if (!this.#isOutlived(second)) return second;
    discard(second.answer.answer.body);
    return { kind: "late" };
  }

  #isOutlived(reply: RegionReply<TimedAnswer>): reply is RegionReply<TimedAnswer> & { kind: "answer" } {
    if (reply.kind !== "answer") return false;
    const { facts, requestAt } = reply.answer.answer;
    if (facts?.validFor === undefined || facts.personal === true) return false;
    // mutant: relay-outlives-lease
    return this.#now() - requestAt > facts.validFor;
  }

  async #askRegion(
    { config, serving, ports }: RegionRequest,
    region: RegionId,
    budget: Millis,
  ): Promise<RegionReply<TimedAnswer>> {
    const { method, fields, upload, keyed } = serving;
    const requestAt = this.#now();
    const context = contextOf(serving, ringOf(config, region).version, budget);
    const request = { method, fields, context, ...(upload === undefined ? {} : { upload }) };
    const reply = await ports.request(this.#ownerIn(config, region, keyed), request);
    if (reply.kind !== "answer") return reply;
    const answer = await this.#copies.take(reply.answer, serving, region, keyed);
    // Its body broke off while a copy was made of it.
    if (answer === undefined) return { kind: "refused" };
    return { kind: "answer", answer: { answer, took: millis(answer.responseAt - requestAt) } };
  }
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
