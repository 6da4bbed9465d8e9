// How the edge gets an answer from a region: the owner of the key in the best one is asked, and where that region is lost, the
// owner in the next, until the request's time is up. What may have changed something is never sent twice; so before such a
// request leaves, the region is asked whether it lives. **Decided: what a living region breaks off is asked for once more
// elsewhere and no third time**, for each region asks the origin anew. It decides whom to ask and with what, never how a message travels;
// what it remembers of regions (lost, drained) is a hint that costs distance when it is wrong, never an answer.

import { LIMITS } from "../../config/limits.ts";
import type { Config } from "../../config/schema/schema.ts";
import { type EpochMillis, type Millis, millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { discard } from "../body/source.ts";
import { isIdempotent, isSafe } from "../http/invalidate.ts";
import type { Admitted, RefusedRequest } from "../request/admit.ts";
import { type CacheKey, cacheKey } from "../request/cache-key.ts";
import { ringOf } from "../ring/owner.ts";
import { chooseRegion, type RegionChoice } from "../route/choose-region.ts";
import { RegionHealth } from "../route/region-health.ts";
import type { TierRequest, UpstreamAnswer } from "../tier/tier.ts";
import type { RequestContext } from "../tier/wire.ts";
import { Copies } from "./copies.ts";
import type { Serving } from "./serving.ts";

/** A shard of some region. */
export interface ShardPlace {
  readonly region: RegionId;
  readonly shard: number;
}

/** What became of a question to a region. */
export type RegionReply =
  | { readonly kind: "answer"; readonly answer: UpstreamAnswer }
  /** It lives, but gave no answer in the time that the request has. */
  | { readonly kind: "late" }
  /** No connection, or no sign of life. It may have begun to act on the request. `storage`: it is there and cannot use its storage. */
  | { readonly kind: "lost"; readonly storage?: true }
  /** It lives, but broke off, or answered something that is no tier's answer: that may be this request's own fault. */
  | { readonly kind: "refused" };

/** How one request travels. */
export interface RegionPorts {
  /** Sends a request; its context says how long the answer's head may take. Never rejects. */
  readonly request: (to: ShardPlace, request: TierRequest) => Promise<RegionReply>;
  /** Whether a shard answers at all, within a bounded time. Never rejects. */
  readonly isAlive: (place: ShardPlace) => Promise<boolean>;
}

/** `took`: from asking the region that answered until the head of its answer. */
export type Served =
  | { readonly kind: "answer"; readonly answer: UpstreamAnswer; readonly region: RegionId; readonly took: Millis }
  | RefusedRequest;

type Keyed = Serving & { readonly keyed: CacheKey };

type Asked =
  | { readonly kind: "answer"; readonly answer: UpstreamAnswer; readonly took: Millis }
  | { readonly kind: "late" }
  /** `sent`: the region may have begun to act on it; `lives`: it did, and failed at this request. */
  | { readonly kind: "lost"; readonly sent: boolean; readonly lives?: true; readonly storage?: true };

/** One isolate's way to the regions, with what it remembers of them. */
export class RegionAsker {
  readonly #now: () => EpochMillis;
  readonly #health: RegionHealth;
  readonly #copies: Copies;
  #drained: ReadonlySet<RegionId> = new Set();
  /** When somebody last said which regions are drained, or was last asked because they left none. */
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
    const isOld = this.#drainedAt !== undefined && now - this.#drainedAt > LIMITS.regionAvoidedMillis;
    if (choices.length > 0 || !isOld) return choices;
    this.#drainedAt = now;
    return chooseRegion({ ...input, drained: new Set() });
  }

  /** The first answer that a region gives, or why there is none. `only` this region is asked, whatever clients would be. */
  async ask(config: Config, serving: Serving, ports: RegionPorts, only?: RegionId): Promise<Served> {
    const { admitted, fields, method } = serving;
    const choices = only === undefined ? this.regionsFor(config, admitted) : [{ region: only }];
    const [best] = choices;
    if (best === undefined) return NO_REGION;
    const keyed = cacheKey({ url: admitted.url, fields, country: admitted.place.country }, admitted.route);
    const copy = only === undefined ? this.#copies.find(config, serving, best.region, keyed) : undefined;
    if (copy !== undefined) return { kind: "answer", answer: copy, region: best.region, took: millis(0) };
    let brokenOff = 0;
    let hasStorageFault = false;
    for (const { region } of choices.slice(0, LIMITS.regionAttempts)) {
      const spent = this.#now() - serving.arrivedAt;
      const budget = millis(Math.max(0, LIMITS.requestBudgetMillis - spent));
      const asked = await this.#askUntilValid(config, { ...serving, keyed }, ports, region, budget);
      if (!isSafe(method)) this.#copies.changed(region, keyed);
      if (asked.kind === "answer") return { ...asked, region };
      if (asked.kind === "late") return TOO_LATE;
      if (asked.sent && mustArriveOnce(serving)) return LOST_ON_THE_WAY;
      if (asked.lives) brokenOff += 1;
      if (asked.storage) hasStorageFault = true;
      if (brokenOff === LIMITS.brokenOff) break;
    }
    if (brokenOff > 0) return BROKEN_OFF;
    return hasStorageFault ? STORAGE_FAILED : ALL_LOST;
  }

  /**
   * An answer may be released only as long as the lease of the shard that gave it (DESIGN section 4). One that was under way
   * for longer is asked for once more: by then it is stored, and the way there and back is all that it takes.
   */
  async #askUntilValid(
    config: Config,
    serving: Keyed,
    ports: RegionPorts,
    region: RegionId,
    budget: Millis,
  ): Promise<Asked> {
    const first = await this.#askRegion(config, serving, ports, region, budget);
    if (!this.#isOutlived(first)) return first;
    discard(first.answer.body);
    const second = await this.#askRegion(config, serving, ports, region, budget);
    if (!this.#isOutlived(second)) return second;
    discard(second.answer.body);
    return { kind: "late" };
  }

  #isOutlived(asked: Asked): asked is Asked & { kind: "answer" } {
    if (asked.kind !== "answer") return false;
    const { facts, requestAt } = asked.answer;
    if (facts?.validFor === undefined || facts.personal === true) return false;
    // mutant: relay-outlives-lease
    return this.#now() - requestAt > facts.validFor;
  }

  async #askRegion(
    config: Config,
    serving: Keyed,
    { request, isAlive }: RegionPorts,
    region: RegionId,
    budget: Millis,
  ): Promise<Asked> {
    const { method, fields, upload, keyed } = serving;
    const now = this.#now;
    const ring = ringOf(config, region);
    const to: ShardPlace = { region, shard: ring.owner(keyed.key) };
    if (mustArriveOnce(serving) && !(await isAlive(to))) {
      this.#health.failed(region, now());
      return { kind: "lost", sent: false };
    }
    const requestAt = now();
    const context = contextOf(serving, ring.version, budget);
    const reply = await request(to, { method, fields, context, ...(upload === undefined ? {} : { upload }) });
    if (reply.kind === "late") return reply;
    if (reply.kind === "lost") {
      this.#health.failed(region, now());
      return { ...reply, sent: true };
    }
    this.#health.succeeded(region);
    if (reply.kind === "refused") return { kind: "lost", sent: true, lives: true };
    const answer = await this.#copies.take(reply.answer, serving, region, keyed);
    if (answer === undefined) return { kind: "lost", sent: true };
    return { kind: "answer", answer, took: millis(answer.responseAt - requestAt) };
  }
}

const mustArriveOnce = ({ upload, method }: Serving): boolean => upload !== undefined || !isIdempotent(method);

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
const STORAGE_FAILED = refused(
  503,
  "storage-failed",
  "Service unavailable",
  "A region cannot use its storage, most often because its disk is full, and no other region could answer.",
  "destination_unavailable",
);
const BROKEN_OFF = refused(
  502,
  "region-broke-off",
  "Bad gateway",
  "A region lives, but broke this request off before it had answered.",
  "connection_terminated",
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
