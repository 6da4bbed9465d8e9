// Which large objects come from an origin that was seen to ignore `Range`, which RFC 9110 section 14.2 allows. Their segments are
// not asked for one by one, for each would cost the whole object: they are cut out of one whole body as it passes. Wrong either
// way it costs time, never bytes: an origin that ignores only some ranges is asked for the rest of the object in one piece.

import type { SegmentSet } from "../../tier/wire.ts";
import { SHARD_LIMITS } from "../limits.ts";
import { segmentKey } from "./segments.ts";

/** What is said of all segments of a set, as a key: `key` is the object's. */
export const setKey = (key: string, set: SegmentSet): string => segmentKey(key, { ...set, index: -1 });

/** The sets that one shard knows of. The one that was noticed first is forgotten first. */
export class Unranged {
  readonly #known = new Set<string>();

  /** `id`: see `setKey`. */
  has(id: string): boolean {
    return this.#known.has(id);
  }

  notice(id: string): void {
    this.#known.add(id);
    const [oldest] = this.#known;
    if (this.#known.size > SHARD_LIMITS.unrangedObjects && oldest !== undefined) this.#known.delete(oldest);
  }
}
