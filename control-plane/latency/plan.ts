// The order of probes. Every round has each pair of place and kind exactly once, in a random order, so that drift (a busy
// machine, a warming cache, a network) affects all of them alike; measuring one place after the other would attribute drift to
// the place.

/** `cold`: a URL never requested before; `warm`: the same URL again; `direct`: the origin itself, without the CDN. */
export type ProbeKind = "cold" | "warm" | "direct";

/** One request to be made. */
export interface Probe {
  /** Index of the place in the list of places. */
  readonly place: number;
  readonly kind: ProbeKind;
  /** Round 0 opens connections and fills the cache for the warm URL; its probes are made but not counted. */
  readonly round: number;
  /** Place in the plan, from 0; it makes a cold probe's URL unique within the run. */
  readonly sequence: number;
}

export interface PlanOptions {
  /** Number of places. */
  readonly places: number;
  readonly kinds: readonly ProbeKind[];
  /** Counted probes for each place and kind. */
  readonly samples: number;
  /** Gives numbers from 0 up to 1, 1 excluded. */
  readonly random: () => number;
}

/** All probes of a run in their order: `samples` counted rounds after one that is not counted. */
export function planProbes({ places, kinds, samples, random }: PlanOptions): Probe[] {
  const probes: Probe[] = [];
  for (let round = 0; round <= samples; round++) {
    const pairs: Pick<Probe, "place" | "kind">[] = [];
    for (let place = 0; place < places; place++) for (const kind of kinds) pairs.push({ place, kind });
    shuffle(pairs, random);
    for (const pair of pairs) probes.push({ ...pair, round, sequence: probes.length });
  }
  return probes;
}

/** Fisher-Yates: every order is equally likely. */
function shuffle<Item>(items: Item[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const item = items[last] as Item;
    items[last] = items[other] as Item;
    items[other] = item;
  }
}
