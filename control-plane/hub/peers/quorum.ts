// Counts how many hubs are known to have an event, by each hub's last report (membership/suspension.ts). It sends nothing.

import type { RegionId } from "../../../config/world/regions.ts";
import type { PeerVectors } from "../../gossip/peer-vectors.ts";
import { type Holding, isHeldBy, majorityOf, quorumAgainstSuspension } from "../../membership/suspension.ts";
import type { Dot } from "../../purge/vector.ts";
import type { Ledger } from "../log/ledger.ts";

export class Quorum {
  readonly #ledger: Ledger;
  readonly #held: PeerVectors;
  readonly #region: RegionId;
  readonly #others: readonly RegionId[];

  constructor(ledger: Ledger, held: PeerVectors, region: RegionId, others: readonly RegionId[]) {
    this.#ledger = ledger;
    this.#held = held;
    this.#region = region;
    this.#others = others;
  }

  /** The other regions, but for those that a majority has suspended. */
  get active(): readonly RegionId[] {
    const { suspensions, vector } = this.#ledger;
    if (suspensions.length === 0) return this.#others;
    const needed = majorityOf(this.#others.length + 1);
    const holdings = this.#holdings();
    const gone = suspensions.filter(({ dot }) => isHeldBy(dot, needed, holdings, vector));
    return this.#others.filter((region) => !gone.some((event) => event.region === region));
  }

  /** Whether so many hubs hold the event at `dot` that this hub cannot have been suspended unknown to all of them. */
  isHeldAgainstSuspension(dot: Dot): boolean {
    const isSuspended = this.#ledger.suspensions.some((event) => event.hub === this.#ledger.hub);
    const needed = quorumAgainstSuspension(this.#others.length + 1);
    return !isSuspended && isHeldBy(dot, needed, this.#holdings(), this.#ledger.vector);
  }

  #holdings(): readonly Holding[] {
    const own = { region: this.#region, vector: this.#ledger.vector };
    return [own, ...this.#others.flatMap((region) => this.#heldNow(region) ?? [])];
  }

  /** What a region's hub holds: what a replaced incarnation was heard to hold went with its log. */
  #heldNow(region: RegionId): Holding | undefined {
    const held = this.#held.get(region);
    return held === undefined || this.#ledger.isReplaced(held.hub) ? undefined : held;
  }
}
