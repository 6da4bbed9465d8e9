// A shard in the simulation: the production core with its knowledge, its entries and what asks the tier above, wired as the
// Durable Object wires them. The isolate that it lives in is its region's: entries and purge sets outlive an instance, not
// the isolate. What it releases and what it asks the origin goes past the checkers.

import type { Config } from "../../config/schema/schema.ts";
import { bytes, millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { PURGE_LIMITS } from "../../control-plane/purge/limits.ts";
import { PurgeSet } from "../../control-plane/purge/purge-set.ts";
import type { ApplyRequest, ApplyResponse, SyncRequest, SyncResponse } from "../../control-plane/purge/wire.ts";
import { type Body, discard } from "../../edge/body/source.ts";
import { Fields } from "../../edge/http/fields.ts";
import { canonicalUrls } from "../../edge/request/cache-key.ts";
import { Negotiation } from "../../edge/shard/coding/negotiation.ts";
import { SHARD_LIMITS } from "../../edge/shard/limits.ts";
import { Knowledge } from "../../edge/shard/purges/purge-knowledge.ts";
import { ShardCore } from "../../edge/shard/shard.ts";
import { EntryStore } from "../../edge/shard/store/entries.ts";
import { ShieldAsker, type ShieldPlace, type ShieldReply } from "../../edge/shard/upstream/ask-shield.ts";
import type {
  TierRequest,
  TierResponse,
  UpstreamAnswer,
  UpstreamFailure,
  UpstreamRequest,
  UpstreamResult,
} from "../../edge/tier/tier.ts";
import type { BehindResponse } from "../../edge/tier/wire.ts";
import type { FetchChecks } from "./checks/fetches.ts";
import type { ReleaseChecks } from "./checks/releases.ts";
import { Life, type Target } from "./links.ts";
import { Arriving, type Fetch, type Origin, objectAt, pathOf } from "./origin.ts";
import { copy, type Site } from "./site.ts";

/** What outlives the instances of a region's shards. */
export interface Isolate {
  readonly entries: EntryStore;
  readonly purgeSets: Map<number, PurgeSet>;
}

export const newIsolate = (capacity: number): Isolate => ({
  entries: new EntryStore(bytes(capacity)),
  purgeSets: new Map(),
});

export interface ShardSurroundings {
  config(): Config;
  readonly origin: Origin;
  readonly purgeRecords: number;
  readonly thinks: number;
  readonly releases: ReleaseChecks;
  readonly fetches: FetchChecks;
  isolate(region: RegionId): Isolate;
  shard(region: RegionId, index: number): ShardNode;
  sync(region: RegionId, request: SyncRequest): Target<SyncResponse>;
}

/** An answer on its way, still at its sender. */
export type Sent = { readonly answer: TierResponse | BehindResponse; readonly from: Life };

export class ShardNode {
  readonly site: Site;
  readonly index: number;
  readonly #around: ShardSurroundings;
  #instance: Instance | undefined;

  constructor(site: Site, index: number, around: ShardSurroundings) {
    this.site = site;
    this.index = index;
    this.#around = around;
  }

  /** Its instance: made anew by whoever needs it. */
  get instance(): Instance {
    this.#instance ??= new Instance(this.site, this.index, this.#around);
    return this.#instance;
  }

  /** The instance as it is, if there is one. */
  get present(): Instance | undefined {
    return this.#instance;
  }

  /** The object is reset: its memory goes, and with it all that was under way. */
  evict(): void {
    const instance = this.#instance;
    this.#instance = undefined;
    instance?.life.end();
  }

  request(request: TierRequest): Target<Sent> {
    const asked = { ...request, fields: Fields.from(request.fields), context: copy(request.context) };
    return this.#target(async (instance) => ({ answer: await instance.handle(asked), from: instance.life }));
  }

  apply(request: ApplyRequest): Target<ApplyResponse> {
    const news = copy(request);
    return this.#target(async ({ knowledge }) => {
      knowledge.apply(news);
      return copy({
        v: 1,
        vector: knowledge.vector,
        ...(knowledge.leaseLeft > 0 ? {} : { isUnleased: true as const }),
      });
    });
  }

  #target<T>(act: (instance: Instance) => Promise<T>): Target<T> {
    return { region: this.site.region, life: () => this.instance.life, act: () => act(this.instance) };
  }
}

/** One life of a shard. */
export class Instance {
  readonly life: Life;
  readonly knowledge: Knowledge;
  readonly core: ShardCore;
  /** When it last asked for a lease and got none. */
  unleasedAt = Number.NEGATIVE_INFINITY;
  readonly #site: Site;
  readonly #around: ShardSurroundings;

  constructor(site: Site, index: number, around: ShardSurroundings) {
    const { region, now } = site;
    const config = around.config();
    this.#site = site;
    this.#around = around;
    this.life = new Life(region, `shard:${region}:${index}`);
    const { entries, purgeSets } = around.isolate(region);
    const limits = { records: around.purgeRecords, bytes: PURGE_LIMITS.purgeSetBytes };
    const purges = purgeSets.get(index) ?? new PurgeSet(canonicalUrls(config.routes), limits);
    purgeSets.set(index, purges);
    this.knowledge = new Knowledge(
      async (vector, want) => {
        const message = { v: 1, shard: index, vector, ...(want === undefined ? {} : { want }) } as const;
        const news = site.within(this.life, "sync", around.sync(region, message), SHARD_LIMITS.syncTimeoutMillis);
        const unleased = (): void => {
          this.unleasedAt = site.around.scheduler.now;
        };
        news.then(({ leaseMillis }) => leaseMillis === undefined && unleased(), unleased);
        return news;
      },
      now,
      purges,
    );
    const name = this.life.name;
    const store = { name, entries };
    const after = site.after(this.life);
    // Nothing here is text, so nothing is encoded; the negotiation still stands before the origin, as it does in production.
    const negotiation = new Negotiation({
      ...store,
      config,
      knowledge: this.knowledge,
      origin: (request) => this.#askOrigin(request),
      encode: () => undefined,
      decode: () => undefined,
      now,
      after,
    });
    const asker = new ShieldAsker({
      get config() {
        return around.config();
      },
      region,
      now,
      newsSince: (vector) => this.knowledge.newsSince(vector),
      isAlive: async () => true,
      request: (to, request) => this.#askShield(to, request),
      apply: (to, news) => this.#tell(to, news),
      origin: (request, route) => negotiation.ask(request, route),
    });
    this.core = new ShardCore({
      ...store,
      config,
      knowledge: this.knowledge,
      upstream: (request) => asker.ask(request),
      now,
      after,
      invalidate: async () => undefined,
      purgeEverywhere: async () => "failed",
      // All objects are far below the size from which they are stored in segments.
      segment: async () => NO_SEGMENTS,
      held: async () => new Set(),
      keepSegment: async () => undefined,
    });
  }

  async handle(request: TierRequest): Promise<TierResponse | BehindResponse> {
    const { releases, fetches } = this.#around;
    const arrival = releases.arrived(this, request);
    const object = objectAt(new URL(request.context.url).pathname);
    const left = fetches.waits(this, object, request.context.requestId);
    const answer = await this.core.handle(request);
    left();
    if (!("status" in answer)) return answer;
    const watched = releases.released(arrival, answer);
    return { ...answer, fields: Fields.from(answer.fields), facts: copy(answer.facts), body: watched };
  }

  async #askShield({ region, shard }: ShieldPlace, request: UpstreamRequest): Promise<ShieldReply> {
    const target = this.#around.shard(region, shard).request(request);
    const requestAt = this.#site.now();
    const reached = await this.#site.reach(this.life, "request", target, request.context.budgetMillis, letGo);
    if (reached.kind === "late") return reached;
    if (reached.kind === "unreachable") return { kind: "lost" };
    const { answer, from } = reached.value;
    if (!("status" in answer)) return { kind: "behind", vector: answer.vector };
    const body = this.#site.around.links.carry(from, this.life, answer.body);
    if (answer.facts.personal === true) {
      const object = objectAt(new URL(request.context.url).pathname);
      this.#around.fetches.unshared(this, object, answer.facts.seen ?? request.vector);
    }
    return { kind: "answer", answer: received(answer, body, requestAt, this.#site.now()) };
  }

  async #tell({ region, shard }: ShieldPlace, news: ApplyRequest): Promise<boolean> {
    const target = this.#around.shard(region, shard).apply(news);
    const told = await this.#site.reach(this.life, "apply", target, SHARD_LIMITS.syncTimeoutMillis, () => undefined);
    return told.kind === "response";
  }

  /** Stands for the origin's client: every request has an answer or a failure in the end. */
  #askOrigin(asked: UpstreamRequest): Promise<UpstreamResult> {
    const request = asSent(asked);
    const { origin, fetches } = this.#around;
    const { scheduler, chances } = this.#site.around;
    const chance = chances.of(`origin ${this.life.name}`);
    const object = objectAt(new URL(request.context.url).pathname);
    const fetch = origin.begin(object);
    const check = fetches.began(this, request, fetch);
    const requestAt = this.#site.now();
    return new Promise((resolve) => {
      // Nobody is left to hear an answer that comes after the end of this life.
      this.life.onEnd(() => check.ended());
      scheduler.at(chance.between(1, 40), () => {
        if (origin.isFailing) {
          scheduler.at(chance.between(1, 200), () => {
            check.ended();
            if (!this.life.ended) resolve(ORIGIN_DOWN);
          });
          return;
        }
        const answer = origin.read(fetch, request.fields);
        scheduler.at(chance.is(0.2) ? chance.between(100, 900) : chance.between(1, this.#around.thinks), () => {
          if (this.life.ended) return;
          check.landed(answer.status);
          const body = this.#bodyFrom(answer, fetch, chance.between(1, 200), check.ended);
          const { status, fields } = answer;
          const responseAt = this.#site.now();
          resolve({ kind: "answer", status, fields, body, requestAt, responseAt, timings: { origin: millis(0) } });
        });
      });
    });
  }

  #bodyFrom(answer: ReturnType<Origin["read"]>, fetch: Fetch, pause: number, ended: () => void): Body {
    if (answer.status === 304) {
      ended();
      return { kind: "none" };
    }
    const { scheduler, findings } = this.#site.around;
    const source = new Arriving(answer, (act) => scheduler.at(pause, act));
    this.life.onEnd(() => source.fail("the shard is gone"));
    const length = answer.pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    findings.tell(() => `${this.life.name} gets ${pathOf(fetch.object)} v${fetch.version} by fetch ${fetch.id}`);
    return {
      kind: "stream",
      length,
      open: () => ({
        read: () =>
          source.read().then(
            (piece) => {
              if (piece === undefined) ended();
              return piece;
            },
            (cause) => {
              ended();
              throw cause;
            },
          ),
        cancel: () => {
          ended();
          source.cancel();
        },
      }),
    };
  }
}

/** The request as the origin sees it: the language only where the URL is known to vary by it. */
function asSent(request: UpstreamRequest): UpstreamRequest {
  if (request.isOwn || request.selecting?.includes("accept-language")) return request;
  const fields = Fields.from(request.fields);
  fields.delete("accept-language");
  return { ...request, fields };
}

/** An answer as the platform's messages bring it. */
export function received(
  answer: TierResponse,
  body: Body,
  requestAt: UpstreamAnswer["requestAt"],
  responseAt: UpstreamAnswer["responseAt"],
): UpstreamAnswer {
  const { status, fields, facts } = answer;
  return { kind: "answer", status, fields, facts, body, requestAt, responseAt, timings: facts.timings };
}

/** An answer that nobody heard: the platform cancels its body. */
export function letGo({ answer }: Sent): void {
  if ("status" in answer) discard(answer.body);
}

const NO_SEGMENTS: UpstreamFailure = {
  kind: "failure",
  status: 502,
  code: "no-segments",
  detail: "Nothing is stored in segments here.",
  proxyError: "destination_not_found",
};
const ORIGIN_DOWN: UpstreamFailure = {
  kind: "failure",
  status: 502,
  code: "origin-connection-refused",
  detail: "The origin is down.",
  proxyError: "connection_refused",
};
