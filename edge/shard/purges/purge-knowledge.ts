// What a shard knows of purges, and until when it may act on it. A lease from the region's hub permits it to release responses for a
// short time, with the purges applied that came with the lease. It counts from before the hub was asked. A shard asks for one
// when a request needs it and renews it in the background at half its life; pushed purges do not prolong it. An idle shard
// holds none and asks for none. A shard that gets none is cut off; then the route decides (cut-off.ts).

import { LIMITS } from "../../../config/limits.ts";
import { addMillis, type EpochMillis, type Millis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { PurgeSet } from "../../../control-plane/purge/purge-set.ts";
import { coversAll, join, type Vector } from "../../../control-plane/purge/vector.ts";
import type { ApplyRequest, PurgeNews, SyncResponse } from "../../../control-plane/purge/wire.ts";
import { SHARD_LIMITS } from "../limits.ts";

/** Under which conditions a request may be answered. */
export type LeaseState =
  /** Under a live lease, and not behind the request. */
  | { readonly kind: "leased" }
  /**
   * No lease can be had. What is known may be outdated, but covers the request. `since`: when the last lease ended, however long the
   * shard was idle; undefined if this object never had one.
   */
  | { readonly kind: "cut-off"; readonly since: EpochMillis | undefined }
  /** The request knows of purges that neither the shard nor its hub could get. */
  | { readonly kind: "behind" };

/** Asks the hub for what lies beyond `vector`; `want` is a vector that the hub should first get from its peers. */
export type AskHub = (vector: Vector, want: Vector | undefined) => Promise<SyncResponse>;

export class Knowledge {
  readonly purges: PurgeSet;
  /** Regions that take no clients, by the hub's last answer. */
  drained: readonly RegionId[] = [];
  /** When the lease runs out, by this holder's clock. */
  #leasedUntil: EpochMillis | undefined;
  /** When the hub was last asked with success: everything that it held then is known here. */
  #newsAt: EpochMillis | undefined;
  /** When the hub last refused a lease or did not answer. */
  #refusedAt: EpochMillis | undefined;
  #asking: Promise<void> | undefined;
  readonly #ask: AskHub;
  readonly #now: () => EpochMillis;

  /** `purges`: what was known before, if anything. It may outlive this object; a lease does not. */
  constructor(ask: AskHub, now: () => EpochMillis, purges: PurgeSet) {
    this.#ask = ask;
    this.#now = now;
    this.purges = purges;
  }

  get vector(): Vector {
    return this.purges.vector;
  }

  /** How long the lease still lasts; 0 without one, and by a clock that was set back to before it was requested. */
  get leaseLeft(): Millis {
    if (this.#now() < (this.#newsAt ?? 0)) return millis(0);
    // mutant: lease-for-ever, with millis(this.#leasedUntil === undefined ? 0 : LIMITS.leaseMillis)
    return millis(Math.max(0, (this.#leasedUntil ?? 0) - this.#now()));
  }

  /** How long ago the hub last answered. */
  get newsAge(): Millis {
    return millis(this.#newsAt === undefined ? Number.POSITIVE_INFINITY : this.#now() - this.#newsAt);
  }

  /**
   * Makes sure that purges up to `vector` are known, and gets a lease if there is none. Costs nothing under a live lease; waits for the
   * hub at most `syncTimeoutMillis` (then the shell's call rejects). A hub that refused a moment ago is asked in the background,
   * so that requests need not each wait for it while a region is lost.
   */
  async ensure(vector: Vector): Promise<LeaseState> {
    const covers = coversAll(this.vector, vector);
    if (covers && this.leaseLeft > 0) {
      if (this.leaseLeft > LIMITS.leaseMillis / 2) return { kind: "leased" };
      const renewed = this.#renew(undefined);
      // An answer released in the last moments of a lease would outlive it before it reached the edge, and would be asked for again.
      if (this.leaseLeft > SHARD_LIMITS.leaseShortMillis || this.#wasRefusedLately) return { kind: "leased" };
      await renewed;
      if (this.leaseLeft > 0) return { kind: "leased" };
    }
    if (covers && this.#wasRefusedLately) void this.#renew(undefined);
    else await this.#renew(covers ? undefined : vector);
    if (!coversAll(this.vector, vector)) return { kind: "behind" };
    return this.leaseLeft > 0 ? { kind: "leased" } : { kind: "cut-off", since: this.#leasedUntil };
  }

  /** Applies purges that a hub pushed or a caller sent along. They prolong no lease. `gap`: purges before them are missing. */
  apply(news: ApplyRequest): "whole" | "gap" {
    const { gap } = this.purges.merge(news, this.#now());
    if (news.drained !== undefined) this.drained = news.drained;
    return gap ? "gap" : "whole";
  }

  /** The purges that a node at `vector` lacks. */
  newsSince(vector: Vector): PurgeNews {
    return this.purges.newsSince(vector);
  }

  /** Everything heard of, joined with what a caller knows: the stamp of a fill that begins now. */
  joined(vector: Vector): Vector {
    return join(this.purges.heard, vector);
  }

  get #wasRefusedLately(): boolean {
    return this.#refusedAt !== undefined && this.#now() - this.#refusedAt < SHARD_LIMITS.leaseRetryMillis;
  }

  /** Asks the hub once for all that wait. A request that needs more than the question under way asks again afterwards. */
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
      // With a gap, the answer was for a node that knew more: its purges are applied, but it gives no lease.
      if (this.apply(news) === "whole") {
        this.#newsAt = askedAt;
        lease = news.leaseMillis;
        // A hub that grants leases knows everything that is accepted anywhere: what it does not know now, it will never send.
        if (lease !== undefined && !coversAll(this.vector, heard)) this.purges.giveUpGap(this.#now());
      }
    } catch {
      // An unreachable hub is an expected state, not an error: then there is no lease, and the route decides.
    }
    if (lease === undefined) this.#refusedAt = this.#now();
    else {
      // mutant: lease-from-the-answer, with addMillis(this.#now(), lease)
      this.#leasedUntil = addMillis(askedAt, lease);
      this.#refusedAt = undefined;
    }
  }
}
