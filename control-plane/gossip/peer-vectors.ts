// The events that each region's hub is known to have durably, from its own messages or another hub's report. They determine
// which hubs lack events, and so whether work is pending; a hub that lacks nothing is never called. A region's new incarnation
// starts from its own report, since its predecessor's log is gone.

import type { EpochMillis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { covers, coversAll, type Dot, type HubId, join, type Vector } from "../purge/vector.ts";
import type { ExchangeRequest, HeldVectors, Holders } from "../purge/wire.ts";
import { sample } from "./fan-out.ts";

/** One region's hub as known here. */
export interface HeldBy {
  readonly region: RegionId;
  readonly hub: HubId;
  readonly vector: Vector;
  /** When it last sent a message itself, by the receiver's clock; undefined if only others reported it, or before a restart. */
  readonly heardAt?: EpochMillis;
}

/** The vectors that a message reports. Holders have at least the vector of the reporting hub. */
export const toldBy = ({ held, holders, vector }: Pick<ExchangeRequest, "held" | "holders" | "vector">): HeldVectors =>
  held ?? Object.fromEntries(Object.entries(holders ?? {}).map(([region, hub]) => [region, { hub, vector }]));

export class PeerVectors {
  readonly #byRegion = new Map<RegionId, HeldBy>();

  /** Starts from the state that this hub stored before a restart. */
  constructor(remembered: readonly HeldBy[] = []) {
    for (const peer of remembered) this.#byRegion.set(peer.region, peer);
  }

  get(region: RegionId): HeldBy | undefined {
    return this.#byRegion.get(region);
  }

  /** Records a hub's own report. Returns its state now, and whether to store it. */
  heard(
    region: RegionId,
    hub: HubId,
    vector: Vector,
    heardAt: EpochMillis,
  ): { readonly peer: HeldBy; readonly grew: boolean } {
    const before = this.#byRegion.get(region);
    const same = before?.hub === hub;
    const peer: HeldBy = { region, hub, vector: same ? join(before.vector, vector) : vector, heardAt };
    this.#byRegion.set(region, peer);
    return { peer, grew: !same || peer.vector !== before.vector };
  }

  /** Another hub heard these say so. Counts for incarnations that are known here, or where none is. Gives what grew. */
  told(held: HeldVectors, isReplaced: (hub: HubId) => boolean): readonly HeldBy[] {
    const grew: HeldBy[] = [];
    for (const [name, said] of Object.entries(held)) {
      const region = name as RegionId;
      const before = this.#byRegion.get(region);
      if (said === undefined || isReplaced(said.hub)) continue;
      if (before !== undefined && (before.hub !== said.hub || coversAll(before.vector, said.vector))) continue;
      const peer: HeldBy = { ...before, region, hub: said.hub, vector: join(before?.vector ?? {}, said.vector) };
      this.#byRegion.set(region, peer);
      grew.push(peer);
    }
    return grew;
  }

  /** Whether a region's hub is known to have the event at `dot`. */
  holds(region: RegionId, dot: Dot): boolean {
    return covers(this.#byRegion.get(region)?.vector ?? {}, dot);
  }

  /** Which of `regions` are not known to have all of `vector`. */
  behind(regions: readonly RegionId[], vector: Vector): readonly RegionId[] {
    return regions.filter((region) => !coversAll(this.#byRegion.get(region)?.vector ?? {}, vector));
  }

  /** For telling others. */
  tell(): HeldVectors {
    return Object.fromEntries([...this.#byRegion].map(([region, { hub, vector }]) => [region, { hub, vector }]));
  }

  /** For telling others where vectors would be too many: who holds all of `vector`, as many as `most`, chosen by chance. */
  tellHolders(vector: Vector, most: number, random: () => number): Holders {
    const holders = [...this.#byRegion].filter(([, { vector: theirs }]) => coversAll(theirs, vector));
    const chosen = holders.length > most ? sample(holders, most, random) : holders;
    return Object.fromEntries(chosen.map(([region, { hub }]) => [region, hub]));
  }
}
