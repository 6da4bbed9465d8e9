// What a store holds for a key: a response and what decides whether it is alive, or a marker that its URL's answers are not shared.

import type { EpochMillis } from "../../../config/units.ts";
import type { PurgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import type { StoredResponse } from "../../http/terms.ts";

import type { SegmentSet } from "../../tier/wire.ts";

/** A stored response and what decides whether it is alive. Never changed, only replaced, but for its last three fields. */
export interface Entry {
  readonly kind: "entry";
  readonly response: StoredResponse;
  readonly body: Uint8Array | undefined;
  /** Where the body is, if not here: this is the head of a large object. */
  readonly segments?: SegmentSet | undefined;
  /** The body is only a part of the object, this one. */
  readonly part?: HeldPart | undefined;
  /** What was known of purges when its origin fetch began. */
  readonly seen: Vector;
  readonly target: PurgeTarget;
  readonly storedAt: EpochMillis;
  /** The purge set's version at which it was last found alive: until that changes, the check is one comparison. */
  checkedVersion: number;
  /** When it was last asked for where that matters: what is asked for often may be copied to edges. */
  askedAt?: EpochMillis;
  /** How often it was found, and what it was wanted for before: once it has ended, its successor is wanted as much. */
  uses: number;
}

/** This URL gave an answer that could not be shared: until then, requests for it do not wait for each other. */
export interface HitForMiss {
  readonly kind: "hit-for-miss";
  readonly until: EpochMillis;
  readonly seen: Vector;
  readonly target: PurgeTarget;
}

/** Which bytes of an object an entry has, of how many. */
export interface HeldPart {
  readonly first: number;
  readonly total: number;
}

/** The entry of an object that is stored in segments. */
export type Head = Entry & { readonly segments: SegmentSet };

/** Whether an entry's body lies in segments. */
export const isHead = (entry: Entry): entry is Head => entry.segments !== undefined;
