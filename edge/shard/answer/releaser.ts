// Builds the answers of a shard: from an entry, from a fill that was just stored, from an answer that is only relayed, or an error of
// its own. It decides nothing about freshness or purges: its caller has just checked both.

import { between, type EpochMillis, type Millis, millis } from "../../../config/units.ts";
import type { Body } from "../../body/source.ts";
import { streamOf } from "../../body/spool.ts";
import type { Outcome } from "../../http/cache-status.ts";
import { ttlOf } from "../../http/terms.ts";
import type { TierRequest, TierResponse, UpstreamAnswer, UpstreamFailure } from "../../tier/tier.ts";
import type { Timings } from "../../tier/wire.ts";
import type { FillResult } from "../fill/flight.ts";
import { bodyOf } from "../fill/part-wanted.ts";
import { selectionFacts } from "../fill/selection.ts";
import type { Judge, JudgePorts } from "../judge.ts";
import { forwarded, type Why, withDetails } from "../request/lookup-result.ts";
import { type ShardRequest, withoutRange } from "../request/shard-request.ts";
import type { LargeObjects } from "../segments/large-objects.ts";
import { type Entry, isHead } from "../store/entry.ts";
import { factsOf, type ReleaseFacts, releaseEntry, releaseFailure } from "./release.ts";

type Kept = FillResult & { readonly kind: "kept" };
type Relayed = FillResult & { readonly kind: "relay" };

/** The upstream answer that a release is based on, and until when it may be released if there is no lease. */
interface From {
  readonly answer: UpstreamAnswer;
  readonly until?: EpochMillis | undefined;
}

export class Releaser {
  readonly #ports: JudgePorts;
  readonly #judge: Judge;
  readonly #large: LargeObjects;

  constructor(ports: JudgePorts, judge: Judge, large: LargeObjects) {
    this.#ports = ports;
    this.#judge = judge;
    this.#large = large;
  }

  /** The answer from a stored response. */
  stored(asked: ShardRequest, entry: Entry, outcome: Outcome): TierResponse {
    return this.#release(asked, entry, { outcome, body: this.#bodyOf(asked, entry) });
  }

  /** The answer from what a fill has stored, or is storing: its body may still be arriving. */
  kept(asked: ShardRequest, landed: Kept, why: Why): TierResponse {
    const { entry, spool, answer, settling, withheld } = landed;
    const body = spool === undefined ? this.#bodyOf(asked, entry) : streamOf(spool, answer);
    if (settling) {
      const outcome = forwarded(why, answer, "settling");
      const released = this.#release(asked, entry, { outcome, body, landed });
      return { ...released, facts: { ...released.facts, settling: true } };
    }
    const detail = withheld === undefined ? {} : { detail: "vary-withheld" };
    return this.#release(asked, entry, { outcome: { ...forwarded(why, answer), ...detail }, body, landed });
  }

  /** An answer that is not stored. */
  relayed(asked: ShardRequest, landed: Relayed, why: Why): TierResponse {
    const { answer, reason } = landed;
    const { tier } = asked.request.context;
    const outcome = withDetails(forwarded(why, answer, reason), asked);
    const releasing = this.releasing(asked, outcome, { answer, until: this.#judge.youngUntil(asked, landed) });
    const chosen = selectionFacts(this.#ports, asked, landed);
    const seen = this.#judge.stampOfRelay(asked, landed);
    const facts = factsOf(tier, { ...releasing, chosen }, { seen, bornAt: answer.facts?.bornAt });
    const body: Body = asked.request.method === "HEAD" ? { kind: "none" } : answer.body;
    // A range that the origin answered as it was asked is its client's own, but every tier on the way may store it. An error that is
    // shared with all requests waiting here is also shared with those waiting below.
    const own = reason === "part" || landed.shared ? {} : ({ personal: true } as const);
    const marks = reason === "settling" ? ({ settling: true } as const) : own;
    return { status: answer.status, fields: answer.fields, body, facts: { ...facts, ...marks } };
  }

  /** An error of this shard's own, or of a tier above it. */
  failed(arrival: ArrivedRequest, failure: UpstreamFailure): TierResponse {
    return releaseFailure(arrival.request, failure, this.releasing(arrival, { kind: "failed", detail: failure.code }));
  }

  /** What every answer says about the shard at the moment of release. */
  releasing({ request, arrivedAt }: ArrivedRequest, outcome: Outcome, from?: From): ReleaseFacts {
    const { knowledge, now } = this.#ports;
    const below = from?.answer.timings ?? {};
    const spent = Object.values(below).reduce<number>((sum, part) => sum + (part ?? 0), 0);
    const own: Millis = millis(Math.max(0, between(arrivedAt, now()) - spent));
    const timings: Timings = { ...below, [request.context.tier]: own };
    const { vector, drained } = knowledge;
    const valid = this.#judge.validFor(arrivedAt, from?.until);
    return { outcome, vector, drained, upstream: from?.answer.facts, timings, ...valid };
  }

  #release(
    asked: ShardRequest,
    entry: Entry,
    { outcome, body, landed }: { readonly outcome: Outcome; readonly body: Body; readonly landed?: Kept },
  ): TierResponse {
    const { request } = asked;
    const from = landed && { answer: landed.answer, until: this.#judge.youngUntil(asked, landed) };
    const ttl = ttlOf(entry.response.terms, this.#ports.now());
    const releasing = this.releasing(asked, withDetails(outcome, asked, ttl), from);
    const chosen = selectionFacts(this.#ports, asked, landed);
    const given = this.#large.isGivenWhole(asked, entry, body, landed?.answer) ? withoutRange(request) : request;
    return releaseEntry(given, this.#judge.stamped(request, entry), body, { ...releasing, chosen });
  }

  #bodyOf(asked: ShardRequest, entry: Entry): Body {
    return isHead(entry) ? this.#large.bodyOf(asked, entry) : bodyOf(entry);
  }
}

/** A request, and when it arrived. */
export interface ArrivedRequest {
  readonly request: TierRequest;
  readonly arrivedAt: EpochMillis;
}
