// A small world for trying every order of the race between purges and fills: one shard in one region, its shield in another,
// an origin whose only object changes right before each purge. Time stands still, so leases live; hubs are there only as
// what has reached each region. Events: a request arrives, a question or answer travels, a body ends, a purge is issued, a
// region hears of it. Everything in between is the production code.

import { validate } from "../../config/schema/validate.ts";
import { bytes, epochMillis, MiB, millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { Scope, Severity } from "../../control-plane/purge/event.ts";
import { PurgeSet } from "../../control-plane/purge/purge-set.ts";
import { covers, type Dot, join, type Vector } from "../../control-plane/purge/vector.ts";
import type { Body } from "../../edge/body/source.ts";
import { Fields } from "../../edge/http/fields.ts";
import { canonicalUrls } from "../../edge/request/cache-key.ts";
import { Knowledge } from "../../edge/shard/purges/purge-knowledge.ts";
import { ShardCore } from "../../edge/shard/shard.ts";
import { EntryStore } from "../../edge/shard/store/entries.ts";
import { ShieldAsker, type ShieldReply } from "../../edge/shard/upstream/ask-shield.ts";
import type { TierRequest, TierResponse, UpstreamAnswer, UpstreamRequest } from "../../edge/tier/tier.ts";
import type { BehindResponse } from "../../edge/tier/wire.ts";
import { type Case, Pending } from "./interleavings.ts";
import { EPOCH } from "./origin.ts";
import { settle } from "./scheduler.ts";

/** What happens, in any order. */
export interface RacePlan {
  readonly requests: number;
  readonly purges: readonly { readonly scope: Scope; readonly severity: Severity; readonly from: "shard" | "shield" }[];
  /** Whether the object is stored at both tiers, and stale, before anything happens; by which validator it can be confirmed. */
  readonly stored: "nothing" | "stale-by-tag" | "stale-by-date";
  /** Whether bodies end in an event of their own, so that purges can come between a head and the end of its body. */
  readonly bodies: "with-head" | "apart";
}

const NOW = epochMillis(EPOCH + 1_000_000);
const URL = "http://site.test/page";
const CONFIG = (() => {
  const checked = validate({
    origins: { shop: { url: "http://origin.test", shield: "enam" } },
    regions: { weur: { shards: 1 }, enam: { shards: 1 } },
    routes: [{ name: "pages", origin: "shop" }],
  });
  if (checked.kind === "invalid") throw new Error(JSON.stringify(checked.errors));
  return checked.config;
})();
const encoder = new TextEncoder();

/** Makes the world anew: its events wait, and nothing has happened yet. */
export async function race(plan: RacePlan): Promise<Case> {
  const world = new Race(plan);
  await world.begin();
  return world;
}

class Race implements Case {
  readonly pending = new Pending();
  readonly #plan: RacePlan;
  readonly #purges: {
    readonly dot: Dot;
    readonly scope: Scope;
    readonly severity: Severity;
    readonly version: number;
    readonly asks: number;
  }[] = [];
  #answers: (TierResponse | undefined)[] = [];
  now = NOW;
  readonly #wrong: string[] = [];
  /** What the shard knew when it asked what it now waits for. */
  readonly #questions = new Set<{ readonly vector: Vector }>();
  readonly #shard = new Tier(this, "weur", "shard");
  readonly #shield = new Tier(this, "enam", "shield");
  #version = 1;
  #asks = 0;

  constructor(plan: RacePlan) {
    this.#plan = plan;
  }

  async begin(): Promise<void> {
    if (this.#plan.stored !== "nothing") await this.#storeFirstVersion();
    this.now = NOW;
    for (const tier of [this.#shield, this.#shard]) await tier.knowledge.ensure({});
    this.#answers = Array.from({ length: this.#plan.requests }, () => undefined);
    this.#nextArrival(0);
    this.#nextPurge(0);
  }

  /** Requests are all alike, so they may as well come in order. */
  #nextArrival(index: number): void {
    if (index === this.#plan.requests) return;
    this.pending.add("shard", async () => {
      const { vector } = this.#shard.knowledge;
      void this.#request(index);
      this.#nextArrival(index + 1);
      await settle();
      this.#checkCompany(index, vector);
    });
  }

  #nextPurge(index: number): void {
    const purge = this.#plan.purges[index];
    if (purge === undefined) return;
    this.pending.add("origin", () => {
      this.#issue(purge, index + 1);
      this.#nextPurge(index + 1);
    });
  }

  /** Both tiers fetch the object's first version, long enough ago for it to be stale. */
  async #storeFirstVersion(): Promise<void> {
    this.now = epochMillis(NOW - 100_000);
    this.#asks = 1;
    for (const tier of [this.#shield, this.#shard]) await tier.store(this.#answerOf(1, 1), this.#asked({}, tier.name));
  }

  check(): string | undefined {
    const open = this.#answers.indexOf(undefined);
    if (open >= 0) return `request ${open} was never answered`;
    const failed = this.#answers.findIndex((answer) => answer?.status !== 200);
    if (failed >= 0)
      return `request ${failed} got ${this.#answers[failed]?.status} ${this.#answers[failed]?.facts.cacheStatus}`;
    if (this.#shard.core.flights + this.#shield.core.flights > 0) return "a flight is left behind";
    return this.#wrong[0];
  }

  /** The object changes, and a purge is logged, which then reaches each region. */
  #issue({ scope, severity, from }: RacePlan["purges"][number], counter: number): void {
    this.#version++;
    const dot: Dot = { hub: `${from === "shard" ? "weur" : "enam"}.test${counter}`, counter: 1 };
    this.#purges.push({ dot, scope, severity, version: this.#version, asks: this.#asks });
    const event = { v: 1, kind: "purge", severity, scopes: [scope], by: "test", requestDigest: "" } as const;
    // Each purge comes from a hub of its own, with a log of its own, so that none waits for another.
    const log = new PurgeSet(canonicalUrls(CONFIG.routes));
    log.apply({ ...event, dot, at: NOW });
    const news = log.newsSince({});
    for (const { name, knowledge } of [this.#shard, this.#shield]) {
      // Merging takes maxima, so it does not matter which of two purges is heard of first.
      this.pending.add(name, () => void knowledge.apply(news), "news");
    }
  }

  async #request(index: number): Promise<void> {
    const answer = await this.#shard.handle(this.#asked({}, "shard"));
    if (!("status" in answer)) throw new Error("only a shield says that it is behind");
    this.#answers[index] = answer;
  }

  #asked(vector: Vector, tier: "shard" | "shield"): TierRequest {
    return {
      method: "GET",
      fields: new Fields(),
      context: {
        v: 1,
        tier,
        url: URL,
        route: "pages",
        passes: false,
        ring: "test",
        vector,
        client: { scheme: "http", host: "site.test" },
        requestId: "request",
        budgetMillis: millis(60_000),
        visited: [],
      },
    };
  }

  /**
   * A request that has just come, to a shard that knew `known`, waits for something younger than what it knows. Tags are known
   * only from answers: those purges it may meet at release.
   */
  #checkCompany(index: number, known: Vector): void {
    if (this.#answers[index] !== undefined) return;
    for (const { dot, scope } of this.#purges) {
      if (scope.kind === "tag" || !covers(known, dot)) continue;
      if (![...this.#questions].some(({ vector }) => covers(vector, dot))) {
        this.#wrong.push(`request ${index} waits for what a purge has ended that was known when it came`);
      }
    }
  }

  /** A tier releases `version`, fetched by the origin's `ask`th answer, knowing `known`. */
  released(tier: string, known: Vector, version: number, ask: number): void {
    for (const purge of this.#purges) {
      if (purge.severity !== "hard" || !covers(known, purge.dot)) continue;
      if (version < purge.version || ask <= purge.asks) {
        this.#wrong.push(`${tier} releases v${version} though it knows the purge that came with v${purge.version}`);
      }
    }
  }

  /** From a tier to the origin and back: the origin reads when the question arrives. */
  askOrigin(node: string, request: UpstreamRequest): Promise<UpstreamAnswer> {
    return new Promise((resolve) => {
      this.pending.add("origin", () => {
        this.#asks++;
        const answer = this.#answerOf(this.#version, this.#asks);
        const isSame = this.#confirms(request.fields);
        this.pending.add(node, () => {
          const { body, ...head } = answer;
          resolve(
            isSame ? { ...head, status: 304, body: { kind: "none" } } : { ...head, body: this.#apart(node, body) },
          );
        });
      });
    });
  }

  /** The shard asks the next tier, and goes on asking until it has an answer. */
  asks<T>(vector: Vector, ask: () => Promise<T>): Promise<T> {
    const question = { vector };
    this.#questions.add(question);
    return ask().finally(() => this.#questions.delete(question));
  }

  /** From the shard to its shield and back. */
  askShield(request: UpstreamRequest): Promise<ShieldReply> {
    return new Promise((resolve) => {
      this.pending.add("shield", () => {
        void this.#shield.handle(request).then((answer) => {
          this.pending.add("shard", () => resolve(this.#reply(answer)));
        });
      });
    });
  }

  tellShield(news: Parameters<Knowledge["apply"]>[0]): Promise<boolean> {
    return new Promise((resolve) => {
      this.pending.add("shield", () => {
        this.#shield.knowledge.apply(news);
        this.pending.add("shard", () => resolve(true));
      });
    });
  }

  #reply(answer: TierResponse | BehindResponse): ShieldReply {
    if (!("status" in answer)) return { kind: "behind", vector: answer.vector };
    const { status, fields, facts, body } = answer;
    const common = { kind: "answer", requestAt: this.now, responseAt: this.now, timings: {} } as const;
    return { kind: "answer", answer: { ...common, status, fields: Fields.from(fields), facts, body } };
  }

  /** A body that ends when its own event comes. */
  #apart(node: string, body: Body): Body {
    if (this.#plan.bodies === "with-head" || body.kind !== "stream") return body;
    const source = body.open();
    const read = (): Promise<Uint8Array | undefined> =>
      new Promise((resolve) => {
        this.pending.add(node, () => void source.read().then(resolve));
      });
    return { ...body, open: () => ({ read, cancel: () => source.cancel() }) };
  }

  #confirms(fields: Fields): boolean {
    if (this.#plan.stored === "stale-by-date") return fields.has("if-modified-since");
    return fields.get("if-none-match") === `"${this.#version}"`;
  }

  #answerOf(version: number, ask: number): UpstreamAnswer {
    const fields = new Fields();
    fields.set("date", new Date(this.now).toUTCString());
    fields.set("cache-control", "max-age=60");
    fields.set("cache-tag", "page");
    if (this.#plan.stored === "stale-by-date") fields.set("last-modified", new Date(NOW - 86_400_000).toUTCString());
    else fields.set("etag", `"${version}"`);
    const whole = encoder.encode(`${version} ${ask}`);
    let rest: Uint8Array | undefined = whole;
    const read = async (): Promise<Uint8Array | undefined> => {
      const piece = rest;
      rest = undefined;
      return piece;
    };
    const body: Body = { kind: "stream", length: whole.byteLength, open: () => ({ read, cancel: () => undefined }) };
    return { kind: "answer", status: 200, fields, body, requestAt: this.now, responseAt: this.now, timings: {} };
  }
}

/** One shard, wired to the other and to the origin by events. */
class Tier {
  readonly name: "shard" | "shield";
  readonly knowledge: Knowledge;
  readonly core: ShardCore;
  readonly #entries = new EntryStore(bytes(MiB));
  readonly #world: Race;
  /** What it gets before anything happens. */
  #first: UpstreamAnswer | undefined;

  constructor(world: Race, region: RegionId, name: "shard" | "shield") {
    this.name = name;
    this.#world = world;
    const purges = new PurgeSet(canonicalUrls(CONFIG.routes));
    // The region's hub knows what has reached the region, and leases.
    const ask = async () => ({ ...purges.newsSince(purges.vector), drained: [], leaseMillis: millis(2_000) });
    const now = () => world.now;
    this.knowledge = new Knowledge(ask, now, purges);
    const asker = new ShieldAsker({
      config: CONFIG,
      region,
      now,
      newsSince: (vector) => this.knowledge.newsSince(vector),
      isAlive: async () => true,
      request: (_to, request) => world.askShield(request),
      apply: (_to, news) => world.tellShield(news),
      origin: (request) => world.askOrigin(this.name, request),
    });
    this.core = new ShardCore({
      name: `shard:${region}:0`,
      config: CONFIG,
      entries: this.#entries,
      knowledge: this.knowledge,
      upstream: async (request) =>
        this.#first ?? (name === "shard" ? world.asks(request.vector, () => asker.ask(request)) : asker.ask(request)),
      now,
      after: () => () => undefined,
      invalidate: async () => undefined,
      purgeEverywhere: async () => "failed",
      segment: async () => UNUSED,
      held: async () => new Set(),
      keepSegment: async () => undefined,
    });
  }

  /** Handles a request, and has what it releases checked. */
  async handle(request: TierRequest): Promise<TierResponse | BehindResponse> {
    const answer = await this.core.handle(request);
    if (!("status" in answer) || answer.body.kind === "none") return answer;
    const known = join(this.knowledge.vector, request.context.vector);
    const check = (piece: Uint8Array): void => {
      const [version, ask] = new TextDecoder().decode(piece).split(" ").map(Number);
      if (version !== undefined && ask !== undefined) this.#world.released(this.name, known, version, ask);
    };
    const { body } = answer;
    if (body.kind === "bytes") {
      check(body.bytes);
      return answer;
    }
    const source = body.open();
    const read = async (): Promise<Uint8Array | undefined> => {
      const piece = await source.read();
      if (piece !== undefined) check(piece);
      return piece;
    };
    const watched: Body = {
      kind: "stream",
      length: body.length,
      open: () => ({ read, cancel: () => source.cancel() }),
    };
    // The client reads at once; a tier reads when it keeps or passes on.
    if (this.name === "shard") void drain(watched);
    return { ...answer, body: watched };
  }

  /** Stores an answer that the origin gave before anything happened. */
  async store(answer: UpstreamAnswer, request: TierRequest): Promise<void> {
    this.#first = answer;
    const released = await this.core.handle(request);
    if ("status" in released) await drain(released.body);
    await settle();
    this.#first = undefined;
  }
}

async function drain(body: Body): Promise<void> {
  if (body.kind !== "stream") return;
  const source = body.open();
  while ((await source.read()) !== undefined);
}

const UNUSED = { kind: "failure", status: 502, code: "unused", detail: "", proxyError: "" } as const;
