// What a shard knows of purges, and how fresh that is. Knowledge is asked from the region's hub when a request needs it and
// it is older than `knowledgeMillis`, renewed in the background at half of that, and pushed by the hub in between. An idle
// shard asks nothing. A shard that cannot reach its hub is cut off; then the route decides (DESIGN section 4).

import { LIMITS } from "../../config/limits.ts";
import type { RegionId } from "../../config/regions.ts";
import type { EpochMillis } from "../../config/units.ts";
import type { PurgeSet } from "../../control-plane/purge/purge-set.ts";
import { coversAll, join, type Vector } from "../../control-plane/purge/vector.ts";
import type { ApplyRequest, PurgeNews, SyncResponse } from "../../control-plane/purge/wire.ts";

/** How good a shard's knowledge is for one request. */
export type Standing =
  /** Asked or told within the limit, and not behind the request. */
  | { readonly kind: "current" }
  /** The hub cannot be reached; what is known may be old, but covers the request. */
  | { readonly kind: "cut-off" }
  /** The request knows of purges that neither the shard nor its hub could find out. */
  | { readonly kind: "behind" };

/** Asks the hub what lies beyond `vector`; `want` is a vector that the hub should first get from its peers. */
export type AskHub = (vector: Vector, want: Vector | undefined) => Promise<SyncResponse>;

export class Knowledge {
  readonly purges: PurgeSet;
  /** Regions that take no clients, as the hub said last. */
  drained: readonly RegionId[] = [];
  /** From before the hub was last asked with success; undefined before the first answer. */
  #knownAt: EpochMillis | undefined;
  #asking: Promise<boolean> | undefined;
  readonly #ask: AskHub;
  readonly #now: () => EpochMillis;

  /** `purges`: what was known before, if anything; it may outlive this object, its freshness does not. */
  constructor(ask: AskHub, now: () => EpochMillis, purges: PurgeSet) {
    this.#ask = ask;
    this.#now = now;
    this.purges = purges;
  }

  get vector(): Vector {
    return this.purges.vector;
  }

  /**
   * Makes the knowledge good enough for a request that itself knows `vector`, or says why it is not. Costs nothing while
   * fresh; waits for the hub at most `syncTimeoutMillis` (the shell's ask rejects then).
   */
  async ensure(vector: Vector): Promise<Standing> {
    const age = this.#age();
    const covers = coversAll(this.vector, vector);
    if (covers && age < LIMITS.knowledgeMillis) {
      if (age >= LIMITS.knowledgeMillis / 2) void this.#renew(undefined);
      return { kind: "current" };
    }
    const renewed = await this.#renew(covers ? undefined : vector);
    if (!coversAll(this.vector, vector)) return { kind: "behind" };
    return { kind: renewed ? "current" : "cut-off" };
  }

  /** Takes news that a hub pushed or a caller sent along. It does not count as having heard from the hub. */
  apply(news: ApplyRequest): void {
    this.purges.merge(news);
    if (news.drained !== undefined) this.drained = news.drained;
  }

  /** What someone at `vector` lacks. */
  newsSince(vector: Vector): PurgeNews {
    return this.purges.newsSince(vector);
  }

  /** What is known, joined with what a caller knows: the vector that a fill beginning now is stamped with. */
  joined(vector: Vector): Vector {
    return join(this.vector, vector);
  }

  #age(): number {
    return this.#knownAt === undefined ? Number.POSITIVE_INFINITY : this.#now() - this.#knownAt;
  }

  /** Asks the hub, once for all that wait. Whoever needs more than is being asked for asks again after it. */
  async #renew(want: Vector | undefined): Promise<boolean> {
    if (this.#asking !== undefined) {
      const answered = await this.#asking;
      if (want === undefined || coversAll(this.vector, want)) return answered;
    }
    this.#asking ??= this.#askHub(want).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askHub(want: Vector | undefined): Promise<boolean> {
    const before = this.#now();
    try {
      this.apply(await this.#ask(this.vector, want));
      this.#knownAt = before;
      return true;
    } catch {
      // An unreachable hub is an expected state, not an error: the caller acts on `false`, and the route decides.
      return false;
    }
  }
}
