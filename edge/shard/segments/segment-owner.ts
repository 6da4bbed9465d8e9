// What a shard does as the owner of a segment: answers the shard that puts the object together, from its store or by asking
// the next tier for these bytes alone, once for all who wait. It takes only bytes of the version that was asked for
// (`If-Range`, and the answer is checked): anything else means that the object has changed, and then what the shield's region
// holds of it is forgotten. A segment is as old, as purged and as tagged as the fetch that brought it and the head it is for.

import type { Config, Route } from "../../../config/schema/schema.ts";
import { between, type EpochMillis, millis, seconds, toMillis } from "../../../config/units.ts";
import { type PurgeTarget, purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import { pump } from "../../body/pump.ts";
import { neverSilent, silenceOf } from "../../body/silence-limit.ts";
import { type After, discard } from "../../body/source.ts";
import { Spool, streamOf } from "../../body/spool.ts";
import { Fields } from "../../http/fields.ts";
import { selectDirectives } from "../../http/targeted.ts";
import { policyOf } from "../../http/terms.ts";
import { type CacheKey, keyOf } from "../../request/cache-key.ts";
import { routeNamed } from "../../route/match-route.ts";
import type { TierRequest, Upstream, UpstreamAnswer, UpstreamResult } from "../../tier/tier.ts";
import type { ResponseFacts, SegmentAsked } from "../../tier/wire.ts";
import { FAILURES, segmentOriginFailed } from "../answer/failures.ts";
import { bornAtOfAnswer } from "../fill/origin-answer.ts";
import { bodyOf } from "../fill/part-wanted.ts";
import { SHARD_LIMITS } from "../limits.ts";
import type { Knowledge } from "../purges/purge-knowledge.ts";
import { InFlight, waitFor } from "../request/in-flight.ts";
import { type Change, changeTo } from "../request/invalidation.ts";
import { forwarded } from "../request/lookup-result.ts";
import type { EntryStore } from "../store/entries.ts";
import type { Entry } from "../store/entry.ts";
import type { SegmentAnswer } from "./segment-answer.ts";
import { isSegment, rangeOf, segmentKey, whyNoSegment } from "./segments.ts";
import { setKey, type Unranged } from "./unranged.ts";

export interface SegmentPorts {
  readonly name: string;
  readonly config: Config;
  readonly entries: EntryStore;
  readonly knowledge: Knowledge;
  readonly upstream: Upstream;
  readonly now: () => EpochMillis;
  readonly after: After;
  readonly invalidate: (change: Change) => Promise<void>;
  readonly unranged: Unranged;
}

/** A question for a segment, with what follows from it. */
interface WantedSegment extends CacheKey {
  readonly request: TierRequest;
  readonly route: Route;
  readonly segment: SegmentAsked;
  readonly id: string;
  /** Of all segments of its object: see `Unranged`. */
  readonly setId: string;
  readonly target: PurgeTarget;
  /** Names of the route's targeted fields (RFC 9213). */
  readonly targets: readonly string[];
}

type SegmentLanding =
  | { readonly kind: "coming"; readonly entry: Entry; readonly spool: Spool; readonly answer: UpstreamAnswer }
  | Exclude<SegmentAnswer, { kind: "segment" }>;

interface SegmentFlight {
  readonly head: Promise<SegmentLanding>;
  readonly target: PurgeTarget;
  readonly vector: Vector;
  spool: Spool | undefined;
}

export class SegmentOwner {
  readonly #ports: SegmentPorts;
  readonly #underWay: InFlight<string, SegmentFlight>;

  constructor(ports: SegmentPorts) {
    this.#ports = ports;
    this.#underWay = new InFlight(SHARD_LIMITS.flights, ({ spool, target, vector }) => {
      const isJoinable = spool === undefined || spool.joinable;
      return isJoinable && ports.knowledge.purges.verdict(target, vector) === "alive";
    });
  }

  /** Fills of segments under way. */
  get flights(): number {
    return this.#underWay.size;
  }

  async answer(request: TierRequest, route: Route, segment: SegmentAsked): Promise<SegmentAnswer> {
    const wanted = wantedOf(request, route, segment);
    for (let attempt = 0; attempt < SHARD_LIMITS.fillAttempts; attempt += 1) {
      const stored = this.#stored(wanted);
      // How long it stays fresh only its head says.
      const hit = { kind: "hit", ttl: millis(Number.POSITIVE_INFINITY) } as const;
      if (stored !== undefined) return { kind: "segment", entry: stored, body: bodyOf(stored), outcome: hit };
      const known = this.#underWay.find(wanted.id);
      if (known === undefined && (segment.onlyStored || this.#ports.unranged.has(wanted.setId)))
        return { kind: "unranged" };
      const flight = known ?? this.#begin(wanted);
      if (flight === undefined) return { kind: "failed", failure: FAILURES.overloaded };
      const landed = await waitFor(flight.head, request.context.budgetMillis, this.#ports.after);
      if (landed === undefined) return { kind: "failed", failure: FAILURES.tooLate };
      if (landed.kind !== "coming") return landed;
      const { entry, spool, answer } = landed;
      // It has gone by, as bodies do that are too many to be kept: once more.
      if (!spool.joinable) continue;
      const outcome = forwarded(known === undefined ? "partial" : "collapsed", answer);
      return { kind: "segment", entry, body: streamOf(spool, answer), outcome, answer };
    }
    return { kind: "failed", failure: FAILURES.overloaded };
  }

  /** Takes a segment that came by with the whole object, if no purge has ended it meanwhile. */
  keep(request: TierRequest, facts: Pick<ResponseFacts, "seen" | "bornAt">, bytes: Uint8Array): void {
    const { segment } = request.context;
    const { seen, bornAt } = facts;
    const route = routeNamed(this.#ports.config, request.context.route);
    if (route === undefined || segment === undefined || seen === undefined || bornAt === undefined) return;
    const { first, last } = rangeOf(segment, segment.index);
    if (bytes.byteLength !== last - first + 1) return;
    const wanted = wantedOf(request, route, segment);
    this.#store(wanted, this.#entry(wanted, seen, bornAt), bytes);
  }

  /** Which of these segments of an object are stored here; `request` is a question for any of them. */
  held(request: TierRequest, indexes: readonly number[]): readonly number[] {
    const { segment } = request.context;
    const route = routeNamed(this.#ports.config, request.context.route);
    if (route === undefined || segment === undefined) return [];
    return indexes.filter((index) => this.#stored(wantedOf(request, route, { ...segment, index })) !== undefined);
  }

  #stored({ id, target }: WantedSegment): Entry | undefined {
    const { name, entries, knowledge, now, config } = this.#ports;
    const item = entries.get(name, id, "");
    if (item?.kind !== "entry") return undefined;
    // What a soft purge made stale its head has had confirmed, with this very tag; what a hard one ended is gone.
    const ended = knowledge.purges.verdict(target, item.seen) === "hard";
    const age = between(item.response.terms.bornAt, now());
    if (!ended && age < toMillis(seconds(config.maxRetentionSeconds))) return item;
    entries.delete(name, id, "");
    return undefined;
  }

  /** A fetch of its own; undefined when there are too many. */
  #begin(wanted: WantedSegment): SegmentFlight | undefined {
    if (this.#underWay.isFull) return undefined;
    const vector = this.#ports.knowledge.joined(wanted.request.context.vector);
    const finished = (): void => this.#underWay.end(flight);
    const flight: SegmentFlight = Object.assign(
      { vector, target: wanted.target, spool: undefined },
      { head: this.#fetch(wanted, vector, (spool) => this.#attach(flight, spool), finished) },
    );
    this.#underWay.list(flight, wanted.id);
    return flight;
  }

  #attach(flight: SegmentFlight, spool: Spool): void {
    flight.spool = spool;
  }

  async #fetch(
    wanted: WantedSegment,
    vector: Vector,
    attach: (spool: Spool) => void,
    finished: () => void,
  ): Promise<SegmentLanding> {
    const { request, segment, route } = wanted;
    const { first, last } = rangeOf(segment, segment.index);
    const fields = Fields.from(request.fields);
    fields.set("range", `bytes=${first}-${last}`);
    fields.set("if-range", segment.etag);
    const { selecting = [] } = segment;
    const answer = await this.#ports.upstream({ ...request, keyed: wanted, fields, vector, selecting });
    const refused = await this.#refusal(wanted, answer);
    if (refused !== undefined || answer.kind === "failure" || answer.body.kind !== "stream") {
      finished();
      return refused ?? { kind: "changed" };
    }
    const entry = this.#entry(wanted, answer.facts?.seen ?? vector, bornAtOfAnswer(answer));
    const spool = new Spool("whole");
    attach(spool);
    const origin = this.#ports.config.origins[route.origin];
    const source = neverSilent(answer.body.open(), silenceOf(origin), this.#ports.after);
    const length = last - first + 1;
    void pump(this.#ports.after, source, spool, length).then(() => {
      if (spool.whole) this.#store(wanted, entry, spool.bytes());
      finished();
      spool.release();
    });
    return { kind: "coming", entry, spool, answer: { ...answer, body: { ...answer.body, length } } };
  }

  /** Why an answer is not the segment, if it is not. An error of the origin says nothing about its versions. */
  async #refusal(
    { request, segment, setId, url, targets }: WantedSegment,
    answer: UpstreamResult,
  ): Promise<Exclude<SegmentAnswer, { kind: "segment" }> | undefined> {
    if (answer.kind === "failure") return { kind: "failed", failure: answer };
    const { invalidate, unranged } = this.#ports;
    const { directives } = selectDirectives(answer.fields, targets);
    const mayBeStored = !directives.noStore && !directives.private;
    if (isSegment(answer, segment) && mayBeStored && answer.body.kind === "stream") return undefined;
    discard(answer.body);
    if (answer.status >= 500) return { kind: "failed", failure: segmentOriginFailed(answer.status) };
    if (mayBeStored && whyNoSegment(answer, segment) === "unranged") {
      unranged.notice(setId);
      return { kind: "unranged" };
    }
    // The tier below forgets what its own region holds; only this shard can notify the shield's.
    if (request.context.tier === "shield") await invalidate(changeTo(url));
    return { kind: "changed" };
  }

  #entry({ segment, target }: WantedSegment, seen: Vector, bornAt: EpochMillis): Entry {
    const { first, last } = rangeOf(segment, segment.index);
    const fields = Fields.from([
      ["content-range", `bytes ${first}-${last}/${segment.total}`],
      ["content-length", `${last - first + 1}`],
      ["etag", segment.etag],
    ]);
    const none = millis(0);
    const windows = { freshFor: none, staleWhileRevalidateFor: none, staleIfErrorFor: none };
    // A segment answers only for its head, whose terms decide.
    const terms = { bornAt, ...windows, mustRevalidate: true, alwaysRevalidate: true, heuristic: false };
    const response = { status: 206, fields, terms };
    const storedAt = this.#ports.now();
    return { kind: "entry", response, body: undefined, seen, target, storedAt, checkedVersion: -1, uses: 0 };
  }

  #store({ id, url, target }: WantedSegment, entry: Entry, body: Uint8Array): void {
    const { name, entries, knowledge } = this.#ports;
    if (knowledge.purges.verdict(target, entry.seen) === "hard") return;
    entries.put({ shard: name, key: id, url, vary: [], variant: "" }, { ...entry, body });
  }
}

function wantedOf(request: TierRequest, route: Route, segment: SegmentAsked): WantedSegment {
  const keyed = keyOf(request, route);
  const { targets } = policyOf(route, 0);
  return {
    ...keyed,
    request,
    route,
    segment,
    id: segmentKey(keyed.key, segment),
    setId: setKey(keyed.key, segment),
    target: purgeTarget(keyed.url, segment.tags),
    targets,
  };
}
