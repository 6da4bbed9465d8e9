// The story of a request in a shard, and so in the shield, which is the same shard asked by others: know the purges, look,
// decide, and release what is stored, or fill, check again and release. All decisions of HTTP are `edge/http`'s, all of purges
// the purge set's; here they are put in order. No platform: clock, timers, hub and next tier come in as ports.

import { LIMITS } from "../../config/limits.ts";
import type { RegionId } from "../../config/regions.ts";
import type { Config, Route } from "../../config/schema.ts";
import { between, type EpochMillis, type Millis, millis } from "../../config/units.ts";
import { purgeTarget } from "../../control-plane/purge/purge-set.ts";
import type { Outcome } from "../http/cache-status.ts";
import { Fields } from "../http/fields.ts";
import { invalidatedUrls, isSafe } from "../http/invalidate.ts";
import { decideReuse, onlyIfCached } from "../http/reuse.ts";
import { type Policy, policyOf } from "../http/terms.ts";
import { candidateNames, variantKey } from "../http/vary.ts";
import { cacheKey } from "../request/cache-key.ts";
import { isPersonal } from "../request/forwarded.ts";
import type { Entry, EntryStore } from "./entries.ts";
import { type Fill, type FillPorts, fly } from "./fill.ts";
import { type Flight, type Landing, landing, mayJoin } from "./flight.ts";
import type { Knowledge, Standing } from "./knowledge.ts";
import { factsOf, releaseEntry, releaseFailure, routeNamed } from "./release.ts";
import type { After, Body, TierRequest, TierResponse, Upstream, UpstreamAnswer, UpstreamFailure } from "./tier.ts";
import type { BehindResponse, Tier, Timings } from "./wire.ts";

export interface ShardPorts {
  /** The shard's own name, `shard:weur:3`. */
  readonly name: string;
  readonly region: RegionId;
  readonly config: Config;
  readonly entries: EntryStore;
  readonly knowledge: Knowledge;
  readonly upstream: Upstream;
  readonly now: () => EpochMillis;
  readonly after: After;
  /** Ends what this region's shards hold of these URLs (RFC 9111 section 4.4). */
  readonly invalidate: (urls: readonly string[]) => Promise<void>;
}

/** What one look at the store found for a request. */
type Found =
  | { readonly kind: "entry"; readonly entry: Entry; readonly verdict: "alive" | "soft" | "hard" }
  | { readonly kind: "hit-for-miss" }
  | { readonly kind: "miss"; readonly reason: "uri-miss" | "vary-miss" };

/** One request on a cached route, with all that follows from its route alone. */
interface Asked {
  readonly request: TierRequest;
  readonly route: Route;
  readonly policy: Policy;
  readonly key: string;
  readonly url: string;
  readonly variant: string;
  readonly personal: boolean;
  readonly standing: Standing;
  readonly arrivedAt: EpochMillis;
}

export class Shard {
  readonly #ports: ShardPorts;
  readonly #flights = new Map<string, Flight>();

  constructor(ports: ShardPorts) {
    this.#ports = ports;
  }

  /** Answers a request, or says that it is behind what the caller knows and could not catch up. */
  async handle(request: TierRequest): Promise<TierResponse | BehindResponse> {
    const { context } = request;
    const arrivedAt = this.#ports.now();
    const route = routeNamed(this.#ports.config, context.route);
    if (route === undefined) return this.#fail(request, arrivedAt, UNKNOWN_ROUTE);
    const standing = await this.#ports.knowledge.ensure(context.vector);
    if (standing.kind === "behind") {
      if (context.tier === "shield") return { v: 1, vector: this.#ports.knowledge.vector };
      return this.#fail(request, arrivedAt, UNKNOWN_PURGE);
    }
    if (standing.kind === "cut-off" && route.whenCutOff === "refuse") return this.#fail(request, arrivedAt, CUT_OFF);
    if (context.passes) return this.#pass(request, route, arrivedAt);
    const { key, url } = cacheKey({ url: context.url, fields: request.fields, ...countryOf(request) }, route);
    const policy = policyOf(route, this.#ports.config.maxRetentionSeconds);
    const names = this.#ports.entries.varyOf(this.#ports.name, key);
    const variant = variantKey(names ?? [], request.fields);
    return this.#cached({
      request,
      route,
      policy,
      key,
      url,
      variant,
      personal: isPersonal(request.fields, route),
      standing,
      arrivedAt,
    });
  }

  /** Forgets what is stored under these canonical URLs and lets no fill under way bring it back. Returns how many entries. */
  forget(urls: readonly string[]): number {
    for (const flight of this.#flights.values()) if (urls.includes(flight.url)) flight.doomed = true;
    return urls.reduce((count, url) => count + this.#ports.entries.deleteUrl(this.#ports.name, url), 0);
  }

  /** Fills under way. */
  get flights(): number {
    return this.#flights.size;
  }

  async #cached(asked: Asked): Promise<TierResponse> {
    const { request, policy } = asked;
    let lastAnswer: UpstreamAnswer | undefined;
    let alone = asked.personal;
    for (let attempt = 0; attempt < LIMITS.fillAttempts; attempt += 1) {
      const found = this.#look(asked);
      const reuse = found.kind === "entry" ? this.#reuse(asked, found) : undefined;
      if (found.kind === "entry" && reuse?.kind === "fresh") {
        const outcome: Outcome =
          lastAnswer === undefined
            ? { kind: "hit", ttl: reuse.ttl, ...this.#detail(asked) }
            : forwarded("collapsed", lastAnswer);
        return this.#release(asked, found.entry, bodyOf(found.entry), outcome, lastAnswer);
      }
      if (found.kind === "entry" && reuse?.kind === "stale-while-revalidate") {
        this.#refresh(asked, found.entry);
        return this.#release(asked, found.entry, bodyOf(found.entry), {
          kind: "stale",
          ttl: reuse.ttl,
          detail: "refreshing",
        });
      }
      if (onlyIfCached(request.fields, policy)) return this.#fail(request, asked.arrivedAt, NOT_CACHED);

      const stale = found.kind === "entry" && reuse?.kind === "revalidate" ? found.entry : undefined;
      const why =
        found.kind === "miss"
          ? found.reason
          : found.kind === "entry"
            ? reuse?.kind === "revalidate" && reuse.reason === "request"
              ? "request"
              : "stale"
            : "uri-miss";
      const { flight, leads } = this.#flightFor(asked, stale, alone || found.kind === "hit-for-miss");
      if (flight === undefined) return this.#fail(request, asked.arrivedAt, OVERLOADED);
      const landed = await this.#wait(flight, leads, request.context.budgetMillis);

      if (landed === undefined || landed.kind === "failed") {
        const failure = landed?.failure ?? TOO_LATE;
        const usable = this.#usableOnError(asked, stale, reuse);
        if (usable !== undefined)
          return this.#release(asked, usable, bodyOf(usable), {
            kind: "stale",
            ttl: this.#ttl(usable),
            detail: failure.code,
          });
        return this.#fail(request, asked.arrivedAt, failure);
      }
      if (landed.kind === "kept") {
        lastAnswer = landed.answer;
        if (this.#isReleasable(asked, landed)) {
          const body: Body = landed.spool === undefined ? bodyOf(landed.entry) : streamOf(landed.spool, landed.answer);
          return this.#release(
            asked,
            landed.entry,
            body,
            forwarded(leads ? why : "collapsed", landed.answer),
            landed.answer,
          );
        }
        continue;
      }
      if (landed.answer.status >= 500) {
        const usable = this.#usableOnError(asked, stale, reuse);
        if (usable !== undefined) {
          if (leads && landed.answer.body.kind === "stream") landed.answer.body.open().cancel();
          return this.#release(asked, usable, bodyOf(usable), {
            kind: "stale",
            ttl: this.#ttl(usable),
            detail: `origin-${landed.answer.status}`,
          });
        }
      }
      if (leads || landed.shared) return this.#relay(asked, landed, leads ? why : "collapsed");
      // The answer was one client's own: this request, which waited for it, goes for one of its own.
      alone = true;
    }
    return this.#fail(request, asked.arrivedAt, ALWAYS_PURGED);
  }

  #look(asked: Asked): Found {
    const { name, entries, knowledge, now } = this.#ports;
    const names = entries.varyOf(name, asked.key);
    if (names === undefined) return { kind: "miss", reason: "uri-miss" };
    const variant = variantKey(names, asked.request.fields);
    const item = entries.get(name, asked.key, variant);
    if (item === undefined) return { kind: "miss", reason: "vary-miss" };
    if (item.kind === "hit-for-miss") {
      if (item.until > now() && knowledge.purges.verdict(item.target, item.seen) === "alive")
        return { kind: "hit-for-miss" };
      entries.delete(name, asked.key, variant);
      return { kind: "miss", reason: "uri-miss" };
    }
    const verdict = this.#verdict(item);
    if (verdict !== "hard") return { kind: "entry", entry: item, verdict };
    entries.delete(name, asked.key, variant);
    return { kind: "miss", reason: "uri-miss" };
  }

  /** Whether a purge has ended the entry. One comparison, unless purges have come since it was last looked at. */
  #verdict(entry: Entry): "alive" | "soft" | "hard" {
    const { purges } = this.#ports.knowledge;
    if (entry.checkedVersion === purges.version) return "alive";
    const verdict = purges.verdict(entry.target, entry.seen);
    if (verdict === "alive") entry.checkedVersion = purges.version;
    return verdict;
  }

  #reuse(asked: Asked, found: Found & { kind: "entry" }) {
    const reuse = decideReuse(found.entry.response, asked.request, this.#ports.now(), {
      verdict: found.verdict,
      mayServeStale: asked.request.context.tier === "shard",
      policy: asked.policy,
    });
    const distrusted = asked.standing.kind === "cut-off" && asked.route.whenCutOff === "revalidate";
    if (!distrusted || (reuse.kind !== "fresh" && reuse.kind !== "stale-while-revalidate")) return reuse;
    return { kind: "revalidate", reason: "stale", usableOnErrorUntil: undefined } as const;
  }

  /** The flight that this request shares or begins; undefined when the shard has too many under way. */
  #flightFor(asked: Asked, confirm: Entry | undefined, alone: boolean): { flight: Flight | undefined; leads: boolean } {
    const { request, route } = asked;
    const names = this.#ports.entries.varyOf(this.#ports.name, asked.key);
    const selecting = variantKey(
      names === undefined ? candidateNames(route) : [...new Set([...names, ...candidateNames(route)])].sort(),
      request.fields,
    );
    const reloads =
      asked.policy.clientCacheControl === "honour"
        ? (request.fields.get("cache-control") ?? request.fields.get("pragma") ?? "")
        : "";
    const flightKey = [asked.key, request.method, reloads.toLowerCase(), selecting].join("\n");
    const known = !alone ? this.#flights.get(flightKey) : undefined;
    if (known !== undefined && mayJoin(known, purgeTarget(asked.url, []), this.#ports.knowledge.purges)) {
      if (known.followers >= LIMITS.followers) return { flight: undefined, leads: false };
      known.followers += 1;
      return { flight: known, leads: false };
    }
    if (this.#flights.size >= LIMITS.flights) return { flight: undefined, leads: true };
    return { flight: this.#begin(asked, confirm, alone ? undefined : flightKey), leads: true };
  }

  /** Begins a flight. It is the shard's: it lands and keeps what it brings even when nobody waits any more. */
  #begin(asked: Asked, confirm: Entry | undefined, flightKey: string | undefined): Flight {
    const { knowledge } = this.#ports;
    const state = { doomed: false, spool: undefined as Flight["spool"] };
    const id = flightKey ?? Symbol();
    const vector = knowledge.joined(asked.request.context.vector);
    const fill: Fill = { ...asked, request: asked.request, vector, confirm, flight: state };
    const ports: FillPorts = { ...this.#ports, finished: () => this.#end(id, flight) };
    const flight: Flight = Object.assign(state, {
      key: asked.key,
      url: asked.url,
      vector,
      followers: 0,
      head: fly(ports, fill),
    });
    this.#flights.set(id as string, flight);
    void flight.head.then((landed) => {
      if (landed.kind === "failed") this.#end(id, flight);
    });
    return flight;
  }

  #end(id: string | symbol, flight: Flight): void {
    if (this.#flights.get(id as string) === flight) this.#flights.delete(id as string);
  }

  async #wait(flight: Flight, leads: boolean, patience: Millis): Promise<Landing | undefined> {
    const landed = await landing(flight, patience, this.#ports.after);
    if (!leads) flight.followers -= 1;
    return landed;
  }

  /** A refresh in the background, once however many ask for the stale entry; it carries nothing of the one client. */
  #refresh(asked: Asked, stale: Entry): void {
    if (asked.personal && asked.route.key.cookies.length > 0) return;
    const fields = Fields.from(asked.request.fields);
    for (const name of ["cache-control", "pragma", "authorization"]) fields.delete(name);
    if (asked.personal) fields.delete("cookie");
    this.#flightFor({ ...asked, personal: false, request: { ...asked.request, method: "GET", fields } }, stale, false);
  }

  /** The check at release: tags are known now, purges may have come meanwhile, and the variant may be another's. */
  #isReleasable(asked: Asked, landed: Landing & { kind: "kept" }): boolean {
    const names = this.#ports.entries.varyOf(this.#ports.name, asked.key);
    if (this.#verdict(landed.entry) === "hard") return false;
    if (landed.spool !== undefined && !landed.spool.joinable) return false;
    return names === undefined || variantKey(names, asked.request.fields) === landed.variant;
  }

  #usableOnError(
    asked: Asked,
    stale: Entry | undefined,
    reuse: ReturnType<typeof decideReuse> | undefined,
  ): Entry | undefined {
    if (stale === undefined || reuse?.kind !== "revalidate" || asked.request.context.tier !== "shard") return undefined;
    if (reuse.usableOnErrorUntil === undefined || reuse.usableOnErrorUntil <= this.#ports.now()) return undefined;
    return this.#verdict(stale) === "hard" ? undefined : stale;
  }

  #release(asked: Asked, entry: Entry, body: Body, outcome: Outcome, upstream?: UpstreamAnswer): TierResponse {
    return releaseEntry(
      asked.request,
      entry,
      body,
      this.#releasing(asked.request.context.tier, outcome, asked.arrivedAt, upstream),
    );
  }

  #relay(asked: Asked, landed: Landing & { kind: "relay" }, why: Why): TierResponse {
    const { answer } = landed;
    const releasing = this.#releasing(
      asked.request.context.tier,
      forwarded(why, answer, "relayed", landed.reason),
      asked.arrivedAt,
      answer,
    );
    const facts = {
      ...factsOf(asked.request.context.tier, releasing, { seen: landed.seen, bornAt: answer.facts?.bornAt }),
      personal: true as const,
    };
    const body: Body = asked.request.method === "HEAD" ? { kind: "none" } : answer.body;
    return { status: answer.status, fields: answer.fields, body, facts };
  }

  /** Everything that no cache has a part in: forwarded as it is, and what it changes is forgotten here. */
  async #pass(request: TierRequest, route: Route, arrivedAt: EpochMillis): Promise<TierResponse> {
    const answer = await this.#ports.upstream({
      ...request,
      vector: this.#ports.knowledge.joined(request.context.vector),
    });
    if (answer.kind === "failure") return this.#fail(request, arrivedAt, answer);
    if (route.mode === "cache" && !isSafe(request.method)) {
      const { url } = cacheKey({ url: request.context.url, fields: request.fields, ...countryOf(request) }, route);
      const urls = invalidatedUrls(request.method, answer.status, url, answer.fields);
      if (urls.length > 0) await this.#ports.invalidate(urls);
    }
    const outcome: Outcome = {
      kind: "forwarded",
      reason: route.mode === "bypass" ? "bypass" : "method",
      status: answer.status,
      stored: false,
    };
    const facts = {
      ...factsOf(request.context.tier, this.#releasing(request.context.tier, outcome, arrivedAt, answer)),
      personal: true as const,
    };
    return { status: answer.status, fields: answer.fields, body: answer.body, facts, upgrade: answer.upgrade };
  }

  #fail(request: TierRequest, arrivedAt: EpochMillis, failure: UpstreamFailure): TierResponse {
    return releaseFailure(
      request,
      failure,
      this.#releasing(request.context.tier, { kind: "failed", detail: failure.code }, arrivedAt),
    );
  }

  #detail(asked: Asked): { detail?: string } {
    return asked.standing.kind === "cut-off" ? { detail: "cut-off" } : {};
  }

  #ttl(entry: Entry): Millis {
    const { bornAt, freshFor } = entry.response.terms;
    return millis(freshFor - between(bornAt, this.#ports.now()));
  }

  #releasing(tier: Tier, outcome: Outcome, arrivedAt: EpochMillis, upstream?: UpstreamAnswer) {
    const { knowledge, now } = this.#ports;
    const below = upstream?.timings ?? {};
    const spent = Object.values(below).reduce<number>((sum, part) => sum + (part ?? 0), 0);
    const own = Math.max(0, between(arrivedAt, now()) - spent);
    const timings: Timings = { ...below, [tier]: millis(own) };
    return { outcome, vector: knowledge.vector, drained: knowledge.drained, upstream: upstream?.facts, timings };
  }
}

type Why = "uri-miss" | "vary-miss" | "stale" | "request" | "collapsed";

/** The outcome of a fill: kept and released, or relayed without being kept. */
function forwarded(why: Why, answer: UpstreamAnswer, kept: "kept" | "relayed" = "kept", detail?: string): Outcome {
  const reason = why === "collapsed" ? { reason: "uri-miss" as const, collapsed: true } : { reason: why };
  return {
    kind: "forwarded",
    ...reason,
    status: answer.status,
    stored: kept === "kept",
    ...(detail === undefined ? {} : { detail }),
  };
}

const bodyOf = (entry: Entry): Body =>
  entry.body === undefined ? { kind: "none" } : { kind: "bytes", bytes: entry.body };

/** The reader attaches at once, for a body at its readers' pace forgets what nobody waits for. */
function streamOf(spool: NonNullable<Flight["spool"]>, answer: UpstreamAnswer): Body {
  const reader = spool.read();
  return { kind: "stream", length: answer.body.kind === "stream" ? answer.body.length : undefined, open: () => reader };
}

const countryOf = (request: TierRequest): { country?: string } =>
  request.context.client.country === undefined ? {} : { country: request.context.client.country };

const failure = (
  status: 502 | 503 | 504,
  code: string,
  proxyError: string,
  detail: string,
  retryAfterSeconds?: number,
): UpstreamFailure =>
  retryAfterSeconds === undefined
    ? { kind: "failure", status, code, proxyError, detail }
    : { kind: "failure", status, code, proxyError, detail, retryAfterSeconds };

const UNKNOWN_ROUTE = failure(
  502,
  "unknown-route",
  "proxy_configuration_error",
  "This node does not have the route that the request was sent along.",
);
const UNKNOWN_PURGE = failure(
  503,
  "purge-unknown",
  "proxy_internal_error",
  "This region has not heard yet of a purge that the request knows of.",
  1,
);
const CUT_OFF = failure(
  503,
  "cut-off",
  "proxy_internal_error",
  "This region cannot hear its purges, and the route refuses to serve without them.",
  1,
);
const NOT_CACHED = failure(
  504,
  "not-cached",
  "proxy_internal_response",
  "The request asked for a stored response only, and none can be used.",
);
const OVERLOADED = failure(
  503,
  "too-many-fills",
  "connection_limit_reached",
  "The shard is filling as many objects as it may.",
  1,
);
const TOO_LATE = failure(504, "fill-timeout", "http_response_timeout", "The next tier did not answer in time.");
const ALWAYS_PURGED = failure(
  503,
  "purged-while-filling",
  "proxy_internal_error",
  "Each response that was fetched had been purged before it could be sent.",
  1,
);
