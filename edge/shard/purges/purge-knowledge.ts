// What a shard knows of purges, and until when it may act on it. A lease from the region's hub is permission to release
// responses for a short time with the purges applied that came along; it counts from before the hub was asked. It is asked
// for when a request needs one, renewed in the background at half its life, and pushed news do not prolong it. An idle shard
// holds none and asks nothing. A shard that gets none is cut off; then the route decides (DESIGN section 4).

import { LIMITS } from "../../../config/limits.ts";
import { after, type EpochMillis, type Millis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { PurgeSet } from "../../../control-plane/purge/purge-set.ts";
import { coversAll, join, type Vector } from "../../../control-plane/purge/vector.ts";
import type { ApplyRequest, PurgeNews, SyncResponse } from "../../../control-plane/purge/wire.ts";
import { SHARD_LIMITS } from "../limits.ts";

/** On what footing a request may be answered. */
export type LeaseState =
  /** Under a live lease, and not behind the request. */
  | { readonly kind: "leased" }
  /**
   * No lease is to be had; what is known may be old, but covers the request. `since`: when the last lease ended, however
   * long nobody has asked; undefined if this object never had one.
   */
  | { readonly kind: "cut-off"; readonly since: EpochMillis | undefined }
  /** The request knows of purges that neither the shard nor its hub could find out. */
  | { readonly kind: "behind" };

/** Asks the hub what lies beyond `vector`; `want` is a vector that the hub should first get from its peers. */
export type AskHub = (vector: Vector, want: Vector | undefined) => Promise<SyncResponse>;

export class Knowledge {
  readonly purges: PurgeSet;
  /** Regions that take no clients, as the hub said last. */
  drained: readonly RegionId[] = [];
  /** When the lease runs out, by this holder's clock. */
  #leasedUntil: EpochMillis | undefined;
  /** From before the hub was last asked with success: all that it held then is known here. */
  #newsAt: EpochMillis | undefined;
  /** When the hub last gave no lease, or no answer. */
  #refusedAt: EpochMillis | undefined;
  #asking: Promise<void> | undefined;
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

  /** How long the lease still lasts; 0 without one, and by a clock that was set back to before it was asked for. */
  get leaseLeft(): Millis {
    if (this.#now() < (this.#newsAt ?? 0)) return millis(0);
    // mutant: lease-for-ever, with millis(this.#leasedUntil === undefined ? 0 : LIMITS.leaseMillis)
    return millis(Math.max(0, (this.#leasedUntil ?? 0) - this.#now()));
  }

  /** How old the last news from the hub are. */
  get newsAge(): Millis {
    return millis(this.#newsAt === undefined ? Number.POSITIVE_INFINITY : this.#now() - this.#newsAt);
  }

  /**
   * Gets a request that itself knows `vector` onto the best footing there is. Costs nothing under a live lease; waits for
   * the hub at most `syncTimeoutMillis` (the shell's ask rejects then). A hub that refused a moment ago is asked in the
   * background: while a region is lost, requests need not each wait to hear so.
   */
  async ensure(vector: Vector): Promise<LeaseState> {
    const covers = coversAll(this.vector, vector);
    if (covers && this.leaseLeft > 0) {
      if (this.leaseLeft > LIMITS.leaseMillis / 2) return { kind: "leased" };
      const renewed = this.#renew(undefined);
      // What is released under the last moments of a lease has outlived it before it is at the edge, and is asked for again.
      if (this.leaseLeft > SHARD_LIMITS.leaseShortMillis || this.#wasRefusedLately) return { kind: "leased" };
      await renewed;
      if (this.leaseLeft > 0) return { kind: "leased" };
    }
    if (covers && this.#wasRefusedLately) void this.#renew(undefined);
    else await this.#renew(covers ? undefined : vector);
    if (!coversAll(this.vector, vector)) return { kind: "behind" };
    return this.leaseLeft > 0 ? { kind: "leased" } : { kind: "cut-off", since: this.#leasedUntil };
  }

  /** Takes news that a hub pushed or a caller sent along; they prolong no lease. `gap`: they began beyond what is known. */
  apply(news: ApplyRequest): "whole" | "gap" {
    const { gap } = this.purges.merge(news, this.#now());
    if (news.drained !== undefined) this.drained = news.drained;
    return gap ? "gap" : "whole";
  }

  /** What someone at `vector` lacks. */
  newsSince(vector: Vector): PurgeNews {
    return this.purges.newsSince(vector);
  }

  /** All that was heard of, joined with what a caller knows: the vector that a fill beginning now is stamped with. */
  joined(vector: Vector): Vector {
    return join(this.purges.heard, vector);
  }

  get #wasRefusedLately(): boolean {
    return this.#refusedAt !== undefined && this.#now() - this.#refusedAt < SHARD_LIMITS.leaseRetryMillis;
  }

  /** Asks the hub, once for all that wait. Whoever needs more than is being asked for asks for it afterwards. */
  async #renew(want: Vector | undefined): Promise<void> {
    while (this.#asking !== undefined) {
      await this.#asking;
      if (want === undefined || coversAll(this.vector, want)) return;
    }
    this.#asking = this.#askHub(want).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askHub(want: Vector | undefined): Promise<void> {
    const askedAt = this.#now();
    const { heard } = this.purges;
    let lease: Millis | undefined;
    try {
      const news = await this.#ask(this.vector, want);
      // With a gap in them the news were for somebody who knew more: they are taken, but are no ground for a lease.
      if (this.apply(news) === "whole") {
        this.#newsAt = askedAt;
        lease = news.leaseMillis;
        // A hub that leases has heard of all that is accepted anywhere: what it still does not know, it will never tell.
        if (lease !== undefined && !coversAll(this.vector, heard)) this.purges.giveUpGap(this.#now());
      }
    } catch {
      // An unreachable hub is an expected state, not an error: there is no lease then, and the route decides.
    }
    if (lease === undefined) this.#refusedAt = this.#now();
    else {
      // mutant: lease-from-the-answer, with after(this.#now(), lease)
      this.#leasedUntil = after(askedAt, lease);
      this.#refusedAt = undefined;
    }
  }
}
