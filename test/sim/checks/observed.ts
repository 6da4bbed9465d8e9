// What the checks read of one life of a shard. They never act on it.

import type { Knowledge } from "../../../edge/shard/purges/purge-knowledge.ts";
import type { Life } from "../links.ts";

export interface ObservedShard {
  readonly life: Life;
  readonly knowledge: Knowledge;
  /** When it last asked for a lease and got none. */
  readonly unleasedAt: number;
}
