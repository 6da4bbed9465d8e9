// One request on a cached route, as a state machine. Each state is a function that ends by naming the next:
//
//     look ──> done            a stored response may answer
//       ├────> open            the stored response is a large object
//       └────> fill ──> done | open | look     a fill has an answer, which may be released, or not (any more)
//     open ──> done | look     its first bytes have come, or show that it has changed
//
// Knowledge of purges, leases and variants may change during every wait. So everything that was decided before one is checked again after
// it; where that matters, the interleaving is written at the check. A request that never gets an answer it may release looks
// `SHARD_LIMITS.fillAttempts` times and then fails.

import type { CancelSignal } from "../../origin/ports.ts";
import { discard } from "../body/source.ts";
import { onlyIfCached } from "../http/reuse.ts";
import { ttlOf } from "../http/terms.ts";
import type { TierResponse, UpstreamFailure } from "../tier/tier.ts";
import { withCopy } from "./answer/copy-grant.ts";
import { FAILURES } from "./answer/failures.ts";
import type { Releaser } from "./answer/releaser.ts";
import { type FillResult, withWholeBody } from "./fill/flight.ts";
import { type Flights, type JoinedFlight, whyRefused } from "./fill/flights.ts";
import { applyHead } from "./fill/freshen-by-head.ts";
import { answersFromPart, howToFill } from "./fill/part-wanted.ts";
import { forOthers } from "./fill/selection.ts";
import type { Judge, JudgePorts } from "./judge.ts";
import { SHARD_LIMITS } from "./limits.ts";
import { withDemand } from "./request/demand.ts";
import { type Found, usesOf, whyAsked } from "./request/lookup-result.ts";
import { impersonal, type ShardRequest } from "./request/shard-request.ts";
import type { LargeObjects } from "./segments/large-objects.ts";
import { type Entry, type Head, isHead } from "./store/entry.ts";

type RequestState =
  | { readonly at: "look" }
  | { readonly at: "open"; readonly head: Head; readonly answer: TierResponse }
  | { readonly at: "fill"; readonly found: Found }
  | { readonly at: "done"; readonly answer: TierResponse };

/** A fill has an answer, or none came in time. `found`: what was stored when it was asked for. */
interface Landed {
  readonly found: Found;
  readonly joined: JoinedFlight;
  readonly landed: FillResult | undefined;
}

/** What to do about what came of a fill. */
type Decision =
  | { readonly do: "release"; readonly landed: FillResult & { readonly kind: "kept" } }
  | { readonly do: "relay"; readonly landed: FillResult & { readonly kind: "relay" } }
  | { readonly do: "serve-stale"; readonly entry: Entry; readonly detail: string }
  /** `learned`: fields that select variants of this URL, as far as the answer has said. */
  | { readonly do: "retry"; readonly learned?: readonly string[] | undefined }
  | { readonly do: "retry-alone" }
  | { readonly do: "fail"; readonly failure: UpstreamFailure };

export interface CacheParts {
  readonly ports: JudgePorts;
  readonly judge: Judge;
  readonly flights: Flights;
  readonly large: LargeObjects;
  readonly releaser: Releaser;
}

const LOOK: RequestState = { at: "look" };
const done = (answer: TierResponse): RequestState => ({ at: "done", answer });

export class CachedRequest {
  readonly #parts: CacheParts;
  readonly #gone: CancelSignal | undefined;
  #asked: ShardRequest;
  #company: "shared" | "alone";
  #learned: readonly string[] = [];
  /** How often a large object changed under this request's eyes. */
  #changed = 0;
  #looksLeft: number = SHARD_LIMITS.fillAttempts;

  /** Once `gone` fires the answer has no reader. */
  constructor(parts: CacheParts, asked: ShardRequest, gone: CancelSignal | undefined) {
    this.#parts = parts;
    this.#asked = asked;
    this.#gone = gone;
    this.#company = asked.personal ? "alone" : "shared";
  }

  async answer(): Promise<TierResponse> {
    let state = LOOK;
    for (;;) {
      switch (state.at) {
        case "look":
          state = this.#look();
          break;
        case "open":
          state = await this.#open(state.head, state.answer);
          break;
        case "fill":
          state = await this.#fill(state.found);
          break;
        case "done":
          return state.answer;
      }
    }
  }

  #look(): RequestState {
    if (this.#looksLeft === 0) return this.#fail(FAILURES.alwaysPurged);
    this.#looksLeft -= 1;
    const asked = this.#asked;
    const { ports, judge, flights, releaser } = this.#parts;
    const found = judge.look(asked);
    if (found.kind !== "entry" || !answersFromPart(asked.request, found.entry)) return { at: "fill", found };
    const { entry, reuse } = found;
    switch (reuse.kind) {
      case "fresh": {
        const detail = asked.standing.kind === "cut-off" ? { detail: "cut-off" } : {};
        const answer = releaser.stored(asked, entry, { kind: "hit", ttl: reuse.ttl, ...detail });
        return opening(entry, withCopy(ports, asked, entry, answer));
      }
      case "stale-while-revalidate":
        flights.refresh(withDemand(impersonal(asked), { uses: entry.uses, waits: false }), entry);
        return opening(entry, releaser.stored(asked, entry, { kind: "stale", ttl: reuse.ttl, detail: "refreshing" }));
      case "revalidate":
      case "unusable":
        return { at: "fill", found };
    }
  }

  /** Waits for the first bytes of a large object: until they have come the answer can still be another. */
  async #open(head: Head, answer: TierResponse): Promise<RequestState> {
    const { judge, large } = this.#parts;
    const begun = await large.begin(this.#asked, head, answer);
    if (begun.kind === "failed") return this.#fail(begun.failure);
    // 1. The bytes are asked for under a lease. 2. The lease ends, or a purge of this object arrives. 3. The bytes come: they may
    // no longer be released.
    this.#asked = await judge.leasedAnew(this.#asked);
    const isRefused = judge.trust(this.#asked) === "refuse";
    if (begun.kind === "begun" && !isRefused && judge.verdict(head) !== "hard") return done(begun.answer);
    if (begun.kind === "begun") discard(begun.answer.body);
    if (isRefused) return this.#fail(FAILURES.cutOff);
    this.#changed += 1;
    return LOOK;
  }

  /** Joins a fill, or begins one, and waits for the head of its answer. */
  async #fill(found: Found): Promise<RequestState> {
    const { judge, flights } = this.#parts;
    const asked = this.#asked;
    if (onlyIfCached(asked.request.fields, asked.policy)) return this.#fail(FAILURES.notCached);
    if (found.kind === "hit-for-miss" || this.#changed > 1 || judge.passes(asked, this.#learned))
      this.#company = "alone";
    const company = this.#company;
    const joined = flights.joinOrBegin(withDemand(asked, { uses: usesOf(found), waits: true }), {
      confirm: judge.toConfirm(asked, found),
      company,
      learned: this.#learned,
      how: howToFill(asked, found, company, this.#changed),
    });
    if (joined === undefined) return this.#fail(whyRefused(asked));
    const waitedFor = await flights.wait(joined, asked.request.context.budgetMillis, this.#gone);
    if (this.#gone?.aborted) return this.#conclude({ found, joined, landed: waitedFor });
    // 1. A request comes under a lease and waits here. 2. The lease ends; a purge is complete without this shard. 3. The fill lands:
    // without a new lease its answer could be older than that purge.
    this.#asked = await judge.leasedAnew(asked);
    // 1. A fill has its answer's head. 2. While this request renews its lease the body ends, and the spool releases the bytes. 3. The
    // result still has them, even if the store has evicted the entry.
    const landed = waitedFor && withWholeBody(waitedFor);
    // In this turn: a body that ends at once can no longer be read in the next.
    return this.#conclude({ found, joined, landed });
  }

  /** Carries out what is decided about the answer of a fill. */
  #conclude(came: Landed): RequestState {
    const { ports, judge, flights, releaser } = this.#parts;
    const { found, joined, landed } = came;
    const asked = this.#asked;
    const why = joined.leads ? whyAsked(found) : "collapsed";
    const decision = this.#decide(came);
    switch (decision.do) {
      case "release":
        return opening(decision.landed.entry, releaser.kept(asked, decision.landed, why));
      case "relay": {
        const { landed: relayed } = decision;
        if (joined.leads) {
          if (asked.request.method === "HEAD" && !joined.flight.invalidated) applyHead(ports, asked, relayed);
          const others = forOthers(asked, relayed);
          if (others && judge.look(others).kind === "miss") {
            flights.refresh(withDemand(others, { uses: 0, waits: false }));
          }
        }
        return done(releaser.relayed(asked, relayed, why));
      }
      case "serve-stale":
        discardUnused(came);
        return done(this.#stale(decision.entry, decision.detail));
      case "retry":
        discardUnused(came);
        // The tags by which a purge matches are the answer's, so only here can the flight be closed to requests that would join
        // it in vain.
        // mutant: joins-what-is-spent, with landed?.kind === "kept" && judge.verdict(landed.entry) === "hard"
        if (landed?.kind === "kept" && judge.isSpent(asked, landed)) joined.flight.invalidated = true;
        this.#learned = decision.learned ?? this.#learned;
        return LOOK;
      case "retry-alone":
        this.#company = "alone";
        return LOOK;
      case "fail":
        discardUnused(came);
        return this.#fail(decision.failure);
    }
  }

  #decide({ found, joined, landed }: Landed): Decision {
    const { judge } = this.#parts;
    const asked = this.#asked;
    if (this.#gone?.aborted) return { do: "fail", failure: FAILURES.clientGone };
    if (judge.trust(asked) === "refuse") return { do: "fail", failure: FAILURES.cutOff };
    if (landed?.kind === "kept") {
      // 1. A fill begins. 2. A purge of what it brings arrives, or the answer turns out to be another variant. 3. It lands: this
      // request looks again, and asks again with both known.
      return judge.mayRelease(asked, landed) ? { do: "release", landed } : { do: "retry", learned: landed.vary };
    }
    const error = errorOf(landed);
    if (error !== undefined && this.#mayServeStale(found)) {
      return { do: "serve-stale", entry: found.entry, detail: error };
    }
    if (landed === undefined) return { do: "fail", failure: FAILURES.tooLate };
    if (landed.kind === "failed") return { do: "fail", failure: landed.failure };
    if (judge.isPurgedRelay(asked, landed)) return { do: "retry" };
    if (joined.leads || landed.shared) return { do: "relay", landed };
    // It was one client's own, so this request asks for itself, unless it was so by a field that this request may not have.
    return landed.vary === undefined ? { do: "retry-alone" } : { do: "retry", learned: landed.vary };
  }

  /** Whether something stale may answer now that the next tier has failed: the response, the route and the tier decide. */
  #mayServeStale(found: Found): found is Found & { readonly kind: "entry" } {
    const { ports, judge } = this.#parts;
    if (found.kind !== "entry" || found.reuse.kind !== "revalidate") return false;
    // The lease under which it was found may have ended since, and a purge may have come.
    if (!answersFromPart(this.#asked.request, found.entry) || judge.trust(this.#asked) === "ask") return false;
    const { usableOnErrorUntil } = found.reuse;
    return (
      usableOnErrorUntil !== undefined && usableOnErrorUntil > ports.now() && judge.verdict(found.entry) !== "hard"
    );
  }

  #stale(entry: Entry, detail: string): TierResponse {
    const ttl = ttlOf(entry.response.terms, this.#parts.ports.now());
    return this.#parts.releaser.stored(this.#asked, entry, { kind: "stale", ttl, detail });
  }

  #fail(failure: UpstreamFailure): RequestState {
    return done(this.#parts.releaser.failed(this.#asked, failure));
  }
}

/** An answer from an entry: ready as it is, unless it is a large object. */
const opening = (entry: Entry, answer: TierResponse): RequestState =>
  isHead(entry) && answer.body.kind === "stream" ? { at: "open", head: entry, answer } : done(answer);

/** How the next tier failed; undefined if it did not. */
function errorOf(landed: Exclude<FillResult, { kind: "kept" }> | undefined): string | undefined {
  if (landed === undefined) return "late";
  if (landed.kind === "failed") return landed.failure.code;
  return landed.answer.status >= 500 ? `origin-${landed.answer.status}` : undefined;
}

/** An answer that is neither stored nor sent: the request that began the fill cancels its body. */
function discardUnused({ joined, landed }: Landed): void {
  if (joined.leads && landed?.kind === "relay") discard(landed.answer.body);
}
