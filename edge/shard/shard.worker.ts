// A shard as a Durable Object: it gives the core a clock, timers, its hub, the tier above and the isolate's store, and turns
// messages into values. Paths: /request (a tier's request), /apply (purges that a hub or a tier sends), /forget (URLs that an unsafe
// method changed), /segment (a segment of a large object, handed over), /held (which of these segments it has), /dry-run, /stats,
// /alive. No client can reach any of them.

import { DurableObject } from "cloudflare:workers";
import { LABEL_VALUES } from "../../config/metrics/metric-catalogue.ts";
import type { Environment } from "../../config/node/environment.worker.ts";
import { configOf, nodesOf, parseObjectName } from "../../config/node/nodes.worker.ts";
import { bytes, type EpochMillis, epochMillis, MiB } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { Scope } from "../../control-plane/purge/event.ts";
import { PurgeSet } from "../../control-plane/purge/purge-set.ts";
import type { ApplyRequest, ApplyResponse, DryRunResponse, SyncResponse } from "../../control-plane/purge/wire.ts";
import { spooledBytes } from "../body/spool.ts";
import { canonicalUrls } from "../request/cache-key.ts";
import { pushSoon, tallyOf } from "../tally.worker.ts";
import { after, NODE_URL, readTierRequest, toNodeResponse } from "../tier/message.worker.ts";
import type { ShardStats } from "../tier/wire.ts";
import { FAILURES } from "./answer/failures.ts";
import { releaseFailure } from "./answer/release.ts";
import { SHARD_LIMITS } from "./limits.ts";
import { Knowledge } from "./purges/purge-knowledge.ts";
import type { Change } from "./request/invalidation.ts";
import { sayHeld, segmentPorts, takeSegment } from "./segments/segment-port.worker.ts";
import { ShardCore } from "./shard.ts";
import { countEnded } from "./store/count-purged.ts";
import { dryRun } from "./store/dry-run.ts";
import { EntryStore } from "./store/entries.ts";
import { UpstreamShell } from "./upstream/upstream.worker.ts";

/** What outlives an instance: the isolate's entries, and for each shard what was known of purges. */
let entries: EntryStore | undefined;
const purgeSets = new Map<string, PurgeSet>();
/** How many folds of each shard's purge set were counted. */
const foldsCounted = new Map<string, PurgeSet["folds"]>();

export class Shard extends DurableObject<Environment> {
  readonly #name: string;
  readonly #region: RegionId;
  readonly #entries: EntryStore;
  readonly #canonicalUrls: (url: string) => readonly string[];
  readonly #knowledge: Knowledge;
  readonly #upstream: UpstreamShell;
  readonly #core: ShardCore;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    const config = configOf(env);
    this.#name = ctx.id.name ?? "";
    const { region, index } = parseObjectName(this.#name);
    this.#region = region;
    this.#entries = entries ??= new EntryStore(bytes(config.memoryMiB * MiB));
    this.#canonicalUrls = canonicalUrls(config.routes);
    const purges = purgeSets.get(this.#name) ?? new PurgeSet(this.#canonicalUrls);
    purgeSets.set(this.#name, purges);
    this.#knowledge = new Knowledge((vector, want) => this.#askHub(index, vector, want), clock, purges);
    const store = { name: this.#name, entries: this.#entries };
    this.#upstream = new UpstreamShell(env, config, region, this.#knowledge, tallyOf(region), store);
    this.#core = new ShardCore({
      name: this.#name,
      config,
      entries: this.#entries,
      knowledge: this.#knowledge,
      upstream: (request) => this.#upstream.ask(request),
      now: clock,
      after,
      invalidate: (change) => this.#forgetInRegion(change, config.regions[region]?.shards),
      purgeEverywhere: (scopes, by) => this.#purge(scopes, by),
      ...segmentPorts(env, region, index, () => this.#core),
      served: (route, share) => {
        for (const source of ["stored", "fetched"] as const)
          tallyOf(region).count("meridian_body_bytes_total", { route, source }, share[source]);
      },
    });
  }

  override async fetch(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/request":
        return this.#answer(request);
      case "/apply":
        return Response.json(this.#apply(await request.json<ApplyRequest>()));
      case "/forget":
        return Response.json({ v: 1, entries: this.#forget(readChange(await request.json())) });
      case "/held":
        return sayHeld(request, this.#core);
      case "/segment":
        return takeSegment(request, this.#core);
      case "/dry-run": {
        const { scopes } = await request.json<{ scopes: Scope[] }>();
        return Response.json(
          dryRun(
            scopes,
            this.#entries.of(this.#name),
            this.#knowledge.purges,
            this.#canonicalUrls,
          ) satisfies DryRunResponse,
        );
      }
      case "/stats":
        return Response.json(this.#stats());
      case "/alive":
        return new Response("alive\n");
      default:
        return new Response("no such path on a shard\n", { status: 404 });
    }
  }

  #apply(news: ApplyRequest): ApplyResponse {
    const counted =
      news.count === true
        ? { entries: countEnded(news, this.#entries.of(this.#name), this.#knowledge.purges, this.#canonicalUrls) }
        : {};
    this.#knowledge.apply(news);
    const unleased = this.#knowledge.leaseLeft > 0 ? {} : ({ isUnleased: true } as const);
    return { v: 1, vector: this.#knowledge.vector, ...counted, ...unleased };
  }

  async #answer(request: Request): Promise<Response> {
    const asked = readTierRequest(request);
    if (asked === undefined)
      return new Response("no request context of a format that this shard knows\n", { status: 400 });
    try {
      const answer = await this.#core.handle(asked, request.signal);
      this.#count();
      if (!("status" in answer)) return Response.json(answer, { status: 409 });
      return toNodeResponse(answer);
    } catch (cause) {
      // A tier that throws looks like one that is lost: the same would be tried in other regions, and the origin asked each time.
      console.error(`${this.#name}: ${asked.method} ${asked.context.requestId} failed`, cause);
      const { vector, drained } = this.#knowledge;
      const outcome = { kind: "failed", detail: FAILURES.crashed.code } as const;
      return toNodeResponse(releaseFailure(asked, FAILURES.crashed, { outcome, vector, drained, timings: {} }));
    }
  }

  async #askHub(shard: number, vector: unknown, want: unknown): Promise<SyncResponse> {
    const response = await nodesOf(this.env)
      .hub(this.#region)
      .fetch(`${NODE_URL}/sync`, {
        method: "POST",
        body: JSON.stringify({ v: 1, shard, vector, want }),
        signal: AbortSignal.timeout(SHARD_LIMITS.syncTimeoutMillis),
      });
    if (!response.ok) throw new Error(`the hub of ${this.#region} answered ${response.status}`);
    return response.json<SyncResponse>();
  }

  #forget(change: Change): number {
    this.#upstream.closeAll();
    return this.#core.forget(change);
  }

  /** Tells all shards of the region, for entries of one URL may lie under several keys. */
  async #forgetInRegion(change: Change, shards: number | readonly number[] | undefined): Promise<void> {
    const count = typeof shards === "number" ? shards : (shards?.length ?? 1);
    const body = JSON.stringify({ v: 1, ...change });
    const own = parseObjectName(this.#name).index;
    this.#forget(change);
    const others = Array.from({ length: count }, (_, index) => index).filter((index) => index !== own);
    await Promise.all(
      others.map((index) =>
        nodesOf(this.env).shard(this.#region, index).fetch(`${NODE_URL}/forget`, { method: "POST", body }),
      ),
    );
  }

  /** Gives a purge to the region's hub as the control API does; it answers once another hub holds it too. */
  async #purge(scopes: readonly Scope[], by: string): Promise<"accepted" | "failed"> {
    const command = { v: 1, scopes, severity: "hard", by, wait: "accepted", timeoutSeconds: 0 };
    const hub = nodesOf(this.env).hub(this.#region);
    const signal = AbortSignal.timeout(SHARD_LIMITS.invalidationTimeoutMillis);
    try {
      const answer = await hub.fetch(`${NODE_URL}/purges`, { method: "POST", body: JSON.stringify(command), signal });
      await answer.body?.cancel();
      return answer.ok ? "accepted" : "failed";
    } catch {
      // A hub that cannot be reached is an expected state; the sender of the request gets an answer that says so.
      return "failed";
    }
  }

  /** Says what the shard holds, with the counts that go to the region's meter after requests anyway. */
  #count(): void {
    const held = this.#entries.heldBy(this.#name);
    const shard = `${parseObjectName(this.#name).index}`;
    tallyOf(this.#region).set("meridian_shard_entries", { shard }, held.entries);
    tallyOf(this.#region).set("meridian_shard_bytes", { shard }, held.bytes);
    this.#countFolds();
    pushSoon(this.#region, this.env, (work) => this.ctx.waitUntil(work));
  }

  #countFolds(): void {
    const { folds } = this.#knowledge.purges;
    const counted = foldsCounted.get(this.#name);
    for (const into of LABEL_VALUES.into) {
      tallyOf(this.#region).count("meridian_purge_folds_total", { into }, folds[into] - (counted?.[into] ?? 0));
    }
    foldsCounted.set(this.#name, folds);
  }

  #stats(): ShardStats {
    const { entries: count, bytes: held } = this.#entries.heldBy(this.#name);
    return {
      v: 1,
      entries: count,
      bytes: held,
      flights: this.#core.flights,
      spooledBytes: bytes(spooledBytes()),
    };
  }
}

/** A change that another shard reports; code from before there were groups does not mention them. */
const readChange = ({ urls, site = "", groups = [] }: Pick<Change, "urls"> & Partial<Change>): Change => ({
  urls,
  site,
  groups,
});

const clock = (): EpochMillis => epochMillis(Date.now());
