// Chance that can be repeated: each purpose has a stream of its own, made from the seed and the purpose's name. So a run that
// leaves out one step, which is how a failing run is made shorter, keeps the luck of all the others.

import { seeded } from "../control-plane/hub/seeded.ts";

/** One stream of chance. */
export class Chance {
  /** From 0 up to 1. */
  readonly number: () => number;

  constructor(seed: number) {
    this.number = seeded(seed);
  }

  /** A whole number from `from` up to and including `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.number() * (to - from + 1));
  }

  /** Whether something of this probability happens. */
  is(probability: number): boolean {
    return this.number() < probability;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error("nothing to pick from");
    return list[Math.floor(this.number() * list.length)] as T;
  }
}

/** All streams of one run, by name. */
export class Chances {
  readonly #seed: number;
  readonly #streams = new Map<string, Chance>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  of(name: string): Chance {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = new Chance(mix(this.#seed, name));
      this.#streams.set(name, stream);
    }
    return stream;
  }
}

/** FNV-1a over the name, begun with the seed, and finished so that near seeds have nothing in common. */
function mix(seed: number, name: string): number {
  let hash = (2166136261 ^ seed) >>> 0;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 16777619) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}
