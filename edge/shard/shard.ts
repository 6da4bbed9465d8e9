// The story of a request in a shard, and so in the shield, which is the same shard asked by others: know the purges, look,
// decide, and release what is stored, or fill, check again and release. All decisions of HTTP are `edge/http`'s, all of purges
// the purge set's; here they are put in order. No platform: clock, timers, hub and next tier come in as ports.

import { LIMITS } from "../../config/limits.ts";
import type { Config } from "../../config/schema/schema.ts";
import { between, type EpochMillis, type Millis, millis } from "../../config/units.ts";
import type { CancelSignal } from "../../origin/ports.ts";
import { type Body, discard } from "../body/source.ts";
import { streamOf } from "../body/spool.ts";
import type { Outcome } from "../http/cache-status.ts";
import { isSafe } from "../http/invalidate.ts";
import { onlyIfCached } from "../http/reuse.ts";
import { ttlOf } from "../http/terms.ts";
import type { TierRequest, TierResponse, UpstreamAnswer, UpstreamFailure } from "../tier/tier.ts";
import type { BehindResponse, Tier, Timings } from "../tier/wire.ts";
import { withCopy } from "./answer/copy-grant.ts";
import { FAILURES } from "./answer/failures.ts";
import { factsOf, releaseEntry, releaseFailure, routeNamed } from "./answer/release.ts";
import type { Landing } from "./fill/flight.ts";
import { Flights, whyNotBoarded } from "./fill/flights.ts";
import { applyHead } from "./fill/freshen-by-head.ts";
import type { FillPorts } from "./fill/keep.ts";
import { orderly } from "./fill/origin-answer.ts";
import { answersFromPart, bodyOf, type HowToFill, howToFill } from "./fill/part-wanted.ts";
import { forOthers, selectionFacts } from "./fill/selection.ts";
import { termsOfPost } from "./fill/store-post.ts";
import { Judge } from "./judge.ts";
import { trustOf } from "./purges/cut-off.ts";
import { wanting } from "./request/demand.ts";
import { type Change, type ChangePorts, Changes, changeOf, endsByGroup } from "./request/invalidation.ts";
import { type Found, forwarded, told, usesOf, type Why, whyAsked } from "./request/lookup-result.ts";
import { type Asked, askedOf, impersonal, whyPassed, withoutRange } from "./request/shard-request.ts";
import { LargeObjects } from "./segments/large-objects.ts";
import type { LargePorts } from "./segments/passing-bodies.ts";
import { segmentResponse } from "./segments/segment-answer.ts";
import { SegmentOwner } from "./segments/segment-owner.ts";
import { type Entry, isHead } from "./store/entry.ts";

export interface ShardPorts
  extends Omit<FillPorts, "finished" | "learned" | "large" | "wholeUpTo">,
    ChangePorts,
    Pick<LargePorts, "segment" | "keepSegment" | "held" | "served"> {
  readonly config: Config;
}

export class Shard {
  readonly #ports: ShardPorts;
  readonly #flights: Flights;
  readonly #changes: Changes;
  readonly #large: LargeObjects;
  /** What this shard is the owner of. */
  readonly segments: SegmentOwner;
  readonly #judge: Judge;

  constructor(ports: ShardPorts) {
    this.#ports = { ...ports, upstream: orderly(ports.upstream) };
    this.#large = new LargeObjects(this.#ports);
    this.#flights = new Flights({ ...this.#ports, large: this.#large, wholeUpTo: this.#large.wholeUpTo });
    this.segments = new SegmentOwner({ ...this.#ports, unranged: this.#large.unranged });
    this.#changes = new Changes(ports);
    this.#judge = new Judge(ports);
  }

  /** Fills under way. */
  get flights(): number {
    return this.#flights.size + this.segments.flights;
  }

  /** Answers a request, or says that it is behind what the caller knows. Once `gone` fires nobody reads the answer. */
  async handle(request: TierRequest, gone?: CancelSignal): Promise<TierResponse | BehindResponse> {
    const { context } = request;
    const { config, knowledge, now } = this.#ports;
    const arrivedAt = now();
    const route = routeNamed(config, context.route);
    if (route === undefined) return this.#fail(request, arrivedAt, FAILURES.unknownRoute);
    const standing = await knowledge.ensure(context.vector);
    if (standing.kind === "behind") {
      if (context.tier === "shield") return { v: 1, vector: knowledge.vector };
      return this.#fail(request, arrivedAt, FAILURES.unknownPurge);
    }
    if (trustOf(standing, route, context.tier, now()) === "refuse") {
      return this.#fail(request, arrivedAt, FAILURES.cutOff);
    }
    if (context.segment !== undefined) {
      const answer = await this.segments.answer(request, route, context.segment);
      return segmentResponse(answer, request, knowledge.purges, (outcome, upstream) =>
        this.#releasing(context.tier, outcome, arrivedAt, upstream),
      );
    }
    const asked = askedOf(request, route, config, standing, arrivedAt);
    return context.passes ? this.#pass(asked, gone) : this.#cached(asked, gone);
  }

  /** Forgets what is stored of what has changed and lets no fill under way bring it back. Returns how many entries. */
  forget(change: Change): number {
    const { entries, name } = this.#ports;
    this.#flights.doom(change);
    const byGroup =
      change.groups.length === 0 ? 0 : entries.deleteWhere(name, ({ target }) => endsByGroup(change, target));
    return change.urls.reduce((count, url) => count + entries.deleteUrl(name, url), byGroup);
  }

  async #cached(first: Asked, gone: CancelSignal | undefined): Promise<TierResponse> {
    let asked = first;
    let company: "shared" | "alone" = asked.personal ? "alone" : "shared";
    let learned: readonly string[] = [];
    let changed = 0;
    for (let attempt = 0; attempt < LIMITS.fillAttempts; attempt += 1) {
      const found = this.#judge.look(asked);
      const stored = this.#releaseStored(asked, found);
      if (stored !== undefined) {
        if (found.kind !== "entry" || !isHead(found.entry)) return stored;
        const begun = await this.#begun(asked, found.entry, stored);
        if (begun !== undefined) return begun;
        changed += 1;
        continue;
      }
      if (onlyIfCached(asked.request.fields, asked.policy)) {
        return this.#fail(asked.request, asked.arrivedAt, FAILURES.notCached);
      }
      const confirm = this.#judge.toConfirm(asked, found);
      if (found.kind === "hit-for-miss" || changed > 1 || this.#judge.passes(asked, learned)) company = "alone";
      const how: HowToFill = howToFill(asked, found, company, changed);
      const boarded = this.#flights.board(wanting(asked, usesOf(found)), confirm, company, learned, how);
      if (boarded === undefined) return this.#fail(asked.request, asked.arrivedAt, whyNotBoarded(asked));
      const waitedFor = await this.#flights.wait(boarded, asked.request.context.budgetMillis, gone);
      if (gone?.aborted) return this.#fail(asked.request, asked.arrivedAt, FAILURES.clientGone);
      const why = boarded.leads ? whyAsked(found) : "collapsed";
      asked = await this.#judge.leasedAnew(asked);
      const landed = waitedFor && this.#judge.asStored(asked, waitedFor);
      if (this.#judge.trust(asked) === "refuse") return this.#fail(asked.request, asked.arrivedAt, FAILURES.cutOff);
      if (landed?.kind === "kept") {
        if (this.#judge.mayRelease(asked, landed)) {
          const begun = await this.#begun(asked, landed.entry, this.#releaseKept(asked, landed, why));
          if (begun !== undefined) return begun;
          changed += 1;
          continue;
        }
        // A purge came meanwhile, or it is another's variant: look again, and fetch again with both known. The tags by which
        // a purge ended it are the answer's, so only here can the flight be closed to those who would join it in vain.
        // mutant: joins-what-is-spent, with this.#judge.verdict(landed.entry) === "hard"
        if (this.#judge.isSpent(asked, landed)) boarded.flight.doomed = true;
        learned = landed.vary;
        continue;
      }
      if (landed === undefined || landed.kind === "failed" || landed.answer.status >= 500) {
        const failed = landed?.kind === "relay" ? `origin-${landed.answer.status}` : (landed?.failure.code ?? "late");
        const stale = this.#releaseStaleOnError(asked, found, failed);
        if (stale !== undefined) {
          if (boarded.leads && landed?.kind === "relay") discard(landed.answer.body);
          return stale;
        }
      }
      if (landed?.kind === "relay" && this.#judge.isPurgedRelay(asked, landed)) {
        if (boarded.leads) discard(landed.answer.body);
        continue;
      }
      if (landed === undefined) return this.#fail(asked.request, asked.arrivedAt, FAILURES.tooLate);
      if (landed.kind === "failed") return this.#fail(asked.request, asked.arrivedAt, landed.failure);
      if (boarded.leads && asked.request.method === "HEAD" && !boarded.flight.doomed)
        applyHead(this.#ports, asked, landed);
      const others = boarded.leads && forOthers(asked, landed);
      if (others && this.#judge.look(others).kind === "miss") this.#flights.refresh(wanting(others, 0, false));
      if (boarded.leads || landed.shared) return this.#relay(asked, landed, why);
      // It was one client's own, so this request asks for itself; unless it was so by a field that this one may not have.
      if (landed.vary === undefined) company = "alone";
      else learned = landed.vary;
    }
    return this.#fail(asked.request, asked.arrivedAt, FAILURES.alwaysPurged);
  }

  /** The answer from what is stored, if it may be given without asking or while asking. */
  #releaseStored(asked: Asked, found: Found): TierResponse | undefined {
    if (found.kind !== "entry" || !answersFromPart(asked.request, found.entry)) return undefined;
    const { entry, reuse } = found;
    switch (reuse.kind) {
      case "fresh": {
        const detail = asked.standing.kind === "cut-off" ? { detail: "cut-off" } : {};
        const outcome: Outcome = { kind: "hit", ttl: reuse.ttl, ...detail };
        return withCopy(this.#ports, asked, entry, this.#release(asked, entry, this.#bodyOf(asked, entry), outcome));
      }
      case "stale-while-revalidate": {
        this.#flights.refresh(wanting(impersonal(asked), entry.uses, false), entry);
        const outcome: Outcome = { kind: "stale", ttl: reuse.ttl, detail: "refreshing" };
        return this.#release(asked, entry, this.#bodyOf(asked, entry), outcome);
      }
      default:
        return undefined;
    }
  }

  #releaseKept(asked: Asked, landed: Landing & { kind: "kept" }, why: Why): TierResponse {
    const { entry, spool, answer, settling, withheld } = landed;
    const body = spool === undefined ? this.#bodyOf(asked, entry) : streamOf(spool, answer);
    const said = withheld === undefined ? {} : { detail: "vary-withheld" };
    if (!settling) return this.#release(asked, entry, body, { ...forwarded(why, answer), ...said }, landed);
    const released = this.#release(asked, entry, body, forwarded(why, answer, "settling"), landed);
    return { ...released, facts: { ...released.facts, settling: true } };
  }

  /** Something stale, where the next tier has failed and the response, the route and the tier allow it. */
  #releaseStaleOnError(asked: Asked, found: Found, detail: string): TierResponse | undefined {
    if (found.kind !== "entry" || found.reuse.kind !== "revalidate") return undefined;
    // The lease under which it was found may have ended since.
    if (!answersFromPart(asked.request, found.entry) || this.#judge.trust(asked) === "ask") return undefined;
    const { entry, reuse } = found;
    const now = this.#ports.now();
    if (reuse.usableOnErrorUntil === undefined || reuse.usableOnErrorUntil <= now) return undefined;
    if (this.#judge.verdict(entry) === "hard") return undefined;
    const ttl = ttlOf(entry.response.terms, now);
    return this.#release(asked, entry, this.#bodyOf(asked, entry), { kind: "stale", ttl, detail });
  }

  #bodyOf(asked: Asked, entry: Entry): Body {
    return isHead(entry) ? this.#large.bodyOf(asked, entry) : bodyOf(entry);
  }

  /**
   * The answer from a large object, once its first bytes have come: until then it can be another. Undefined where the object
   * has changed, or was purged meanwhile; any other answer is ready as it is.
   */
  async #begun(asked: Asked, entry: Entry, answer: TierResponse): Promise<TierResponse | undefined> {
    if (!isHead(entry) || answer.body.kind !== "stream") return answer;
    const begun = await this.#large.begin(asked, entry, answer);
    if (begun.kind === "failed") return this.#fail(asked.request, asked.arrivedAt, begun.failure);
    const leased = await this.#judge.leasedAnew(asked);
    if (this.#judge.trust(leased) === "refuse") {
      if (begun.kind === "begun") discard(begun.answer.body);
      return this.#fail(asked.request, asked.arrivedAt, FAILURES.cutOff);
    }
    if (begun.kind === "begun" && this.#judge.verdict(entry) !== "hard") return begun.answer;
    if (begun.kind === "begun") discard(begun.answer.body);
    return undefined;
  }

  #release(asked: Asked, entry: Entry, body: Body, outcome: Outcome, from?: Landing & { kind: "kept" }): TierResponse {
    const { request, arrivedAt } = asked;
    const ttl = ttlOf(entry.response.terms, this.#ports.now());
    const until = from && this.#judge.youngUntil(asked, from);
    const releasing = this.#releasing(request.context.tier, told(outcome, asked, ttl), arrivedAt, from?.answer, until);
    const chosen = selectionFacts(this.#ports, asked, from);
    const given = this.#large.isGivenWhole(asked, entry, body, from?.answer) ? withoutRange(request) : request;
    return releaseEntry(given, this.#judge.stamped(request, entry), body, { ...releasing, chosen });
  }

  /** Hands on an answer that is not kept. */
  #relay(asked: Asked, landed: Landing & { kind: "relay" }, why: Why): TierResponse {
    const { answer, reason } = landed;
    const { tier } = asked.request.context;
    const outcome = told(forwarded(why, answer, reason), asked);
    const releasing = this.#releasing(tier, outcome, asked.arrivedAt, answer, this.#judge.youngUntil(asked, landed));
    const chosen = selectionFacts(this.#ports, asked, landed);
    const seen = this.#judge.stampOfRelay(asked, landed);
    const facts = factsOf(tier, { ...releasing, chosen }, { seen, bornAt: answer.facts?.bornAt });
    const body: Body = asked.request.method === "HEAD" ? { kind: "none" } : answer.body;
    // A part that the origin gave as it was asked is its client's, but may be kept by every tier on the way; an error that goes
    // to all who wait here goes to all who wait there.
    const own = reason === "part" || landed.shared ? {} : ({ personal: true } as const);
    const marks = reason === "settling" ? ({ settling: true } as const) : own;
    return { status: answer.status, fields: answer.fields, body, facts: { ...facts, ...marks } };
  }

  /** Everything that no cache has a part in: forwarded as it is, and what it changes is forgotten here. */
  async #pass(asked: Asked, gone: CancelSignal | undefined): Promise<TierResponse> {
    const { request, route, arrivedAt } = asked;
    const { context, method } = request;
    const { config, knowledge, upstream } = this.#ports;
    const vector = knowledge.joined(context.vector);
    // What may change something is carried out though its client is gone: what it changed has to be forgotten here.
    const answer = await upstream({ ...request, vector, signal: isSafe(method) ? gone : undefined });
    if (answer.kind === "failure") return this.#fail(request, arrivedAt, answer);
    const change = changeOf(method, context.url, answer, config.routes);
    const ended = change === undefined ? undefined : await this.#changes.end(change, route, answer);
    const { reason, detail = ended } = whyPassed(asked);
    const { status, upgrade } = answer;
    const terms = termsOfPost(asked, answer, config.routes);
    const kept = terms && this.#flights.keep(asked, vector, answer, terms);
    const body = kept?.spool === undefined ? answer.body : streamOf(kept.spool, answer);
    const stored = kept?.settling === false;
    const outcome: Outcome = { kind: "forwarded", reason, status, stored, ...(detail && { detail }) };
    const facts = factsOf(context.tier, this.#releasing(context.tier, outcome, arrivedAt, answer));
    return { status, fields: answer.fields, body, facts: { ...facts, personal: true }, upgrade };
  }

  #fail(request: TierRequest, arrivedAt: EpochMillis, failure: UpstreamFailure): TierResponse {
    const outcome: Outcome = { kind: "failed", detail: failure.code };
    return releaseFailure(request, failure, this.#releasing(request.context.tier, outcome, arrivedAt));
  }

  #releasing(tier: Tier, outcome: Outcome, arrivedAt: EpochMillis, upstream?: UpstreamAnswer, until?: EpochMillis) {
    const { knowledge, now } = this.#ports;
    const below = upstream?.timings ?? {};
    const spent = Object.values(below).reduce<number>((sum, part) => sum + (part ?? 0), 0);
    const own: Millis = millis(Math.max(0, between(arrivedAt, now()) - spent));
    const timings: Timings = { ...below, [tier]: own };
    const { vector, drained } = knowledge;
    const valid = this.#judge.validFor(arrivedAt, until);
    return { outcome, vector, drained, upstream: upstream?.facts, timings, ...valid };
  }
}
