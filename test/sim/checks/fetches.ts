// What a tier asks the origin: at most one fetch at a time for an object in one language, save where a purge that matches and
// that the earlier fetch did not know demands the next, where the answers cannot be shared, or where a node without a lease may
// release only what was asked for less than a lease ago. In flight means until the
// body has come: whoever asks until then joins.

import { LIMITS } from "../../../config/limits.ts";
import { purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import { SHARD_LIMITS } from "../../../edge/shard/limits.ts";
import type { UpstreamRequest } from "../../../edge/tier/tier.ts";
import type { Findings } from "../findings.ts";
import { type Fetch, pathOf, tagsOf, urlOf } from "../origin.ts";
import { MOST_DRIFT } from "../plan.ts";
import type { Scheduler } from "../scheduler.ts";
import type { ObservedShard } from "./observed.ts";

interface UnderWay {
  readonly fetch: Fetch;
  readonly vector: Vector;
  /** It was not for company: the last answer had been one client's own. */
  readonly isAlone: boolean;
}

/** An answer that could not be shared, which those who waited for it and come soon after need not wait for again. */
interface Unshared {
  readonly vector: Vector;
  readonly at: number;
}

/** From when a request is sent alone until its fetch leaves: it may have looked for a shield before. */
const LOOKING_MILLIS = 10_000;

/** What is told of one fetch. */
export interface FetchCheck {
  /** Its head has come. */
  landed(status: number): void;
  /** It has come to its end, well or not. */
  ended(): void;
}

export class FetchChecks {
  readonly #findings: Findings;
  readonly #scheduler: Scheduler;
  readonly #underWay = new Map<string, Set<UnderWay>>();
  readonly #unshared = new Map<string, Unshared[]>();
  /** Requests under way, by where they are. */
  readonly #waiting = new Map<string, string[]>();
  /** Requests that were told to go alone, by where they were; they stay so, even if a purge comes meanwhile. */
  readonly #alone = new Set<string>();

  constructor(findings: Findings, scheduler: Scheduler) {
    this.#findings = findings;
    this.#scheduler = scheduler;
  }

  began(instance: ObservedShard, request: UpstreamRequest, fetch: Fetch): FetchCheck {
    const language = request.fields.get("accept-language") ?? "none";
    // What cannot be shared is marked for all languages: none of those objects varies.
    const anyLanguage = `${instance.life.name} ${pathOf(fetch.object)}`;
    const place = `${anyLanguage} in ${language}`;
    const others = this.#underWay.get(place) ?? new Set();
    this.#underWay.set(place, others);
    const { requestId } = request.context;
    const isAlone =
      this.#alone.has(`${anyLanguage} ${requestId}`) || this.#mayBeAlone(instance, anyLanguage, fetch.object);
    // It may belong to a flight that a purge has outdated since, and that asked elsewhere before.
    const isLate = this.#isOutdated(instance, request.vector, fetch.object);
    if (isAlone || isLate) this.#alone.add(`${anyLanguage} ${requestId}`);
    if (!isAlone && !isLate) {
      for (const other of others) {
        if (other.isAlone || this.#isOutdated(instance, other.vector, fetch.object)) continue;
        if (this.#isTooOld(instance, other.fetch)) continue;
        this.#findings.report(
          "two-fetches-at-once",
          `${place}: fetch ${fetch.id} began while fetch ${other.fetch.id} of ${other.fetch.startedAt} was under way`,
        );
      }
    }
    this.#findings.tell(
      () =>
        `${place}: fetch ${fetch.id} leaves for ${request.context.requestId}${isAlone ? " alone" : ""}, by ${JSON.stringify(request.vector)}`,
    );
    const own: UnderWay = { fetch, vector: request.vector, isAlone };
    others.add(own);
    return {
      landed: () => {
        if (fetch.audience === "all") return;
        others.delete(own);
        if (fetch.audience === "one") this.unshared(instance, fetch.object, request.vector);
      },
      ended: () => void others.delete(own),
    };
  }

  /** An answer came to `instance`, by whatever way, that is one client's own, fetched with `vector` known. */
  unshared({ life }: ObservedShard, object: number, vector: Vector): void {
    const place = `${life.name} ${pathOf(object)}`;
    const unshared = this.#unshared.get(place) ?? [];
    this.#unshared.set(place, unshared);
    unshared.push({ vector, at: this.#scheduler.now });
    for (const id of this.#waiting.get(place) ?? []) this.#alone.add(`${place} ${id}`);
  }

  /** A request waits at `instance` from here on, until the returned function is called. */
  waits({ life }: ObservedShard, object: number, requestId: string): () => void {
    const place = `${life.name} ${pathOf(object)}`;
    const waiting = this.#waiting.get(place) ?? [];
    this.#waiting.set(place, waiting);
    waiting.push(requestId);
    return () => void waiting.splice(waiting.indexOf(requestId), 1);
  }

  /** Whether the last answer was one client's own, and no purge that matches has come since. */
  #mayBeAlone(instance: ObservedShard, place: string, object: number): boolean {
    const { now } = this.#scheduler;
    return (this.#unshared.get(place) ?? []).some(
      ({ vector, at }) =>
        at === now ||
        (now - at < SHARD_LIMITS.hitForMissMillis + LOOKING_MILLIS && !this.#isOutdated(instance, vector, object)),
    );
  }

  /** Whether a node that is, or was meanwhile, without a lease gave up what was fetched that long ago. */
  #isTooOld({ knowledge, unleasedAt }: ObservedShard, { startedAt }: Fetch): boolean {
    const isUnleased = knowledge.leaseLeft === 0 || unleasedAt > startedAt;
    return isUnleased && this.#scheduler.now - startedAt > LIMITS.leaseMillis * (1 - 2 * MOST_DRIFT);
  }

  /** Whether the node knows a purge that matches and is not in `vector`. */
  #isOutdated({ knowledge }: ObservedShard, vector: Vector, object: number): boolean {
    const target = purgeTarget(urlOf(object), tagsOf(object));
    return knowledge.purges.verdict(target, vector) !== "alive";
  }
}
