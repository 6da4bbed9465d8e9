// A small world for trying every order of what leases are about: a region with its hub, one shard and an edge; other regions' hubs,
// one of which is asked for a purge; and time, which goes on in steps that are events like all others. So an answer can be
// under way for as long as one likes. All that decides is production code: hubs with their receipts and timers, the shard
// and its lease, the edge. The line from the hub to its shard is dead but for what the shard asks, else there were no race.

import { validate } from "../../config/schema/validate.ts";
import { bytes, epochMillis, MiB, type Millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { HubCore } from "../../control-plane/hub/hub.ts";
import type { HubPorts, Timer } from "../../control-plane/hub/ports.ts";
import { PurgeSet } from "../../control-plane/purge/purge-set.ts";
import type { ExchangeRequest } from "../../control-plane/purge/wire.ts";
import type { Body } from "../../edge/body/source.ts";
import { Fields } from "../../edge/http/fields.ts";
import { RegionAsker } from "../../edge/regions/ask-regions.ts";
import { admit } from "../../edge/request/admit.ts";
import { canonicalUrls } from "../../edge/request/cache-key.ts";
import { SHARD_LIMITS } from "../../edge/shard/limits.ts";
import { Knowledge } from "../../edge/shard/purges/purge-knowledge.ts";
import { ShardCore } from "../../edge/shard/shard.ts";
import { EntryStore } from "../../edge/shard/store/entries.ts";
import type { TierRequest, UpstreamAnswer } from "../../edge/tier/tier.ts";
import { MemoryLog } from "../control-plane/hub/memory-log.ts";
import { type Case, EVERYWHERE, Pending } from "./interleavings.ts";
import { EPOCH } from "./origin.ts";
import { settle, VirtualTime } from "./scheduler.ts";

/** What can happen, and which messages take their time; all others arrive at once. */
export interface LeasePlan {
  readonly requests: number;
  /** When time stops, in milliseconds; it goes from each to the next in one event. */
  readonly instants: readonly number[];
  /** Whether the object is stored before anything happens. */
  readonly stored: boolean;
  readonly slow: readonly ("lease" | "fill" | "relay")[];
  /** Somebody has asked for the object at the beginning: the shard has a lease, and gives copies of what is asked for again. */
  readonly asked?: true;
  /** The region is cut off before anything happens, right after its hub heard the others; what they sent before may come late. */
  readonly cutOff?: true;
  /** The hub forgets all that it has not written down, at some moment. */
  readonly restarts?: true;
}

const NEAR: RegionId = "enam";
const REGIONS: readonly RegionId[] = ["enam", "weur", "apac"];
const URL = "http://site.test/page";
const CONFIG = (() => {
  const checked = validate({
    origins: { shop: { url: "http://origin.test", shield: NEAR } },
    regions: Object.fromEntries(REGIONS.map((region) => [region, { shards: 1 }])),
    routes: [{ name: "pages", origin: "shop", whenCutOff: "refuse", edgeCopies: true }],
  });
  if (checked.kind === "invalid") throw new Error(JSON.stringify(checked.errors));
  return checked.config;
})();
/** Long enough for the lease that setting up needs to be over. */
const BEGINS = 10_000;

/** Makes the world anew: the object is there, if it is to be, and no lease. */
export async function leaseRace(plan: LeasePlan): Promise<Case> {
  const world = new LeaseRace(plan);
  await world.begin();
  return world;
}

class LeaseRace implements Case {
  readonly pending = new Pending();
  readonly #plan: LeasePlan;
  readonly #time = new VirtualTime();
  readonly #hubs = new Map<RegionId, { readonly log: MemoryLog; core: HubCore }>();
  readonly #entries = new EntryStore(bytes(MiB));
  readonly #purges = new PurgeSet(canonicalUrls(CONFIG.routes));
  readonly #shard: ShardCore;
  readonly #edge: RegionAsker;
  readonly #open = new Set<number>();
  /** Nothing takes its time, and nobody is cut off, until all is set up. */
  #isSetUp = false;
  #isDeaf = false;
  #version = 1;
  #isComplete = false;
  #late: ExchangeRequest[] = [];
  #wrong: string | undefined;

  constructor(plan: LeasePlan) {
    this.#plan = plan;
    for (const region of REGIONS) {
      const log = new MemoryLog();
      this.#hubs.set(region, { log, core: this.#hub(region, log) });
    }
    const knowledge = new Knowledge((vector, want) => this.#sync(vector, want), this.#now, this.#purges);
    this.#shard = new ShardCore({
      name: "shard:enam:0",
      config: CONFIG,
      entries: this.#entries,
      knowledge,
      upstream: () => this.#askOrigin(),
      now: this.#now,
      after: (delay, act) => this.#time.at(delay, act),
      invalidate: async () => undefined,
      purgeEverywhere: async () => "failed",
      segment: async () => UNUSED,
      held: async () => new Set(),
      keepSegment: async () => undefined,
    });
    this.#edge = new RegionAsker(this.#now);
  }

  readonly #now = () => epochMillis(EPOCH + this.#time.now);

  async begin(): Promise<void> {
    for (const { core } of this.#hubs.values()) core.state();
    await this.#time.run(2_000);
    if (this.#plan.stored) void this.#request(-1);
    await this.#time.run(BEGINS);
    // A hub that has just heard the others, and a shard without a lease.
    if (this.#plan.cutOff) await this.#hubOf(NEAR).sync({ v: 1, shard: 0, vector: {} });
    if (this.#plan.asked) await this.#request(-1);
    await settle();
    this.#isSetUp = true;
    this.#isDeaf = true;
    for (let index = 0; index < this.#plan.requests; index++) this.#open.add(index);
    this.#nextRequest(0);
    this.#nextInstant(0);
    if (this.#plan.restarts) this.pending.add(EVERYWHERE, () => this.#restart());
    if (this.#plan.cutOff) {
      void this.#purge();
      await settle();
      this.pending.add(EVERYWHERE, () => this.#deliverLate());
    } else this.pending.add(EVERYWHERE, () => void this.#purge());
  }

  check(): string | undefined {
    if (this.#open.size > 0) return `request ${[...this.#open].join()} was never answered`;
    return this.#wrong;
  }

  #nextRequest(index: number): void {
    if (index === this.#plan.requests) return;
    this.pending.add(EVERYWHERE, () => {
      void this.#request(index);
      this.#nextRequest(index + 1);
    });
  }

  /** All timers that are due on the way run. The last goes far enough for everybody to have given up. */
  #nextInstant(index: number): void {
    const { instants } = this.#plan;
    if (index > instants.length) return;
    const at = instants[index] ?? (instants.at(-1) ?? 0) + 4 * SHARD_LIMITS.syncTimeoutMillis;
    this.pending.add(EVERYWHERE, async () => {
      await this.#time.run(BEGINS + at);
      this.#nextInstant(index + 1);
    });
  }

  #hubOf(region: RegionId): HubCore {
    const hub = this.#hubs.get(region);
    if (hub === undefined) throw new Error(`no hub in ${region}`);
    return hub.core;
  }

  #restart(): void {
    const hub = this.#hubs.get(NEAR);
    if (hub !== undefined) hub.core = this.#hub(NEAR, hub.log);
  }

  /** The object changes, and a hub far away is asked for a purge. */
  async #purge(): Promise<void> {
    this.#version++;
    const scopes = [{ kind: "url", url: URL }] as const;
    const common = { v: 1, scopes, severity: "hard", by: "test", wait: "complete", timeoutSeconds: 60 } as const;
    let outcome = await this.#hubOf("weur").purge(common);
    while (outcome.kind === "receipt" && outcome.receipt.state !== "complete") {
      const [hub = "", counter] = outcome.receipt.id.split(/\.(?=\d+$)/);
      outcome = await this.#hubOf("weur").receipt({ hub, counter: Number(counter) }, common);
    }
    this.#isComplete = outcome.kind === "receipt";
  }

  async #request(index: number): Promise<void> {
    const fields = new Fields();
    const where = { cf: undefined, assertedAddress: undefined, local: true, region: NEAR, countryOf: () => undefined };
    const admitted = admit({ method: "GET", url: URL, fields, config: CONFIG, ...where });
    if (admitted.kind === "refused") throw new Error(admitted.detail);
    const serving = { admitted, method: "GET", fields, requestId: `${index}`, arrivedAt: this.#now() };
    const ports = { request: (_to: unknown, request: TierRequest) => this.#relay(request), isAlive: async () => true };
    const served = await this.#edge.ask(CONFIG, serving, ports, index < 0 ? NEAR : undefined);
    this.#open.delete(index);
    if (served.kind === "refused" || served.answer.status !== 200) return;
    const { body } = served.answer;
    const piece = body.kind === "bytes" ? body.bytes : body.kind === "stream" ? await body.open().read() : undefined;
    const version = Number(new TextDecoder().decode(piece));
    if (this.#isComplete && version < this.#version) {
      this.#wrong = `request ${index} gets version ${version} at ${this.#time.now - BEGINS} ms, when the purge is complete`;
    }
  }

  /** From the edge to the shard at once, and back. */
  async #relay(request: TierRequest) {
    const requestAt = this.#now();
    const answer = await this.#shard.handle(request);
    if (!("status" in answer)) return { kind: "lost" } as const;
    const { status, facts } = answer;
    const body: Body = answer.body.kind === "bytes" ? streamOf(answer.body.bytes) : answer.body;
    await this.#takesTime("relay");
    const common = { kind: "answer", requestAt, responseAt: this.#now(), timings: {} } as const;
    return { kind: "answer", answer: { ...common, status, fields: Fields.from(answer.fields), facts, body } } as const;
  }

  /** The hub answers at once, with what it knows then; its answer may take long. */
  async #sync(vector: Parameters<HubCore["sync"]>[0]["vector"], want: Parameters<HubCore["sync"]>[0]["want"]) {
    const message = { v: 1, shard: 0, vector, ...(want === undefined ? {} : { want }) } as const;
    const news = this.#hubOf(NEAR).sync(message);
    const answer = news.then(async (told) => {
      await this.#takesTime("lease");
      return told;
    });
    const late = new Promise<never>((_, reject) => {
      this.#time.at(SHARD_LIMITS.syncTimeoutMillis, () => reject(new Error("no answer")));
    });
    return Promise.race([answer, late]);
  }

  async #askOrigin(): Promise<UpstreamAnswer> {
    const requestAt = this.#now();
    const fields = Fields.from([
      ["date", new Date(requestAt).toUTCString()],
      ["cache-control", "max-age=600"],
    ]);
    const body = streamOf(new TextEncoder().encode(`${this.#version}`));
    await this.#takesTime("fill");
    return { kind: "answer", status: 200, fields, body, requestAt, responseAt: this.#now(), timings: {} };
  }

  #takesTime(what: LeasePlan["slow"][number]): Promise<void> {
    if (!this.#isSetUp || !this.#plan.slow.includes(what)) return Promise.resolve();
    return new Promise((resolve) => this.pending.add(EVERYWHERE, resolve));
  }

  /** What others had sent before the cut, and before the purge, comes now. */
  #deliverLate(): void {
    for (const message of this.#late) this.#hubOf(NEAR).exchange(message);
  }

  #hub(region: RegionId, log: MemoryLog): HubCore {
    let seed = REGIONS.indexOf(region) + 1;
    const isCut = (to: RegionId): boolean =>
      this.#isSetUp && this.#plan.cutOff === true && (region === NEAR || to === NEAR);
    const reach = (to: RegionId): HubCore => {
      if (isCut(to)) throw new Error("cut off");
      return this.#hubOf(to);
    };
    const ports: HubPorts = {
      log,
      peers: {
        exchange: async (to, request) => {
          if (to === NEAR && !this.#isSetUp)
            this.#late = [...this.#late.filter((one) => one.from !== request.from), request];
          return reach(to).exchange(request);
        },
        await: async (to, request) => reach(to).await(request),
      },
      shards: {
        apply: async (_index, news) => {
          if (this.#isDeaf || region !== NEAR) throw new Error("the line is dead");
          this.#purges.merge(news, this.#now());
          return { v: 1, vector: this.#purges.vector };
        },
        dryRun: async () => ({ v: 1, entries: 0, bytes: bytes(0) }),
      },
      now: this.#now,
      random: () => {
        seed = (seed * 16_807) % 2_147_483_647;
        return seed / 2_147_483_647;
      },
      timer: (duration) => this.#timer(duration),
      // Nothing is lost here that would have to be repaired.
      setAlarm: () => undefined,
      sha256: async (text) => text,
      note: () => undefined,
    };
    return new HubCore({ region, regions: REGIONS, shards: 1 }, ports);
  }

  #timer(duration: Millis): Timer {
    let cancel = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      cancel = this.#time.at(duration, resolve);
    });
    return { done, cancel: () => cancel() };
  }
}

function streamOf(whole: Uint8Array): Body {
  let rest: Uint8Array | undefined = whole;
  const read = async (): Promise<Uint8Array | undefined> => {
    const piece = rest;
    rest = undefined;
    return piece;
  };
  return { kind: "stream", length: whole.byteLength, open: () => ({ read, cancel: () => undefined }) };
}

const UNUSED = { kind: "failure", status: 502, code: "unused", detail: "", proxyError: "" } as const;
