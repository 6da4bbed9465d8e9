// The control API's request to the edge to fetch a URL like a client in a region, so that it is stored there. The edge decides
// which URLs are allowed (a configured route, within its residency) and follows the path of clients' requests. The types are here
// because the control plane does not depend on the edge.

import type { Bytes, Millis } from "./units.ts";
import type { RegionId } from "./world/regions.ts";

export interface WarmQuery {
  /** Absolute, as clients use it. */
  readonly url: string;
  /** The region whose caches are warmed; without one, the region that would serve a client from `from`. */
  readonly region?: RegionId;
  /** As whom to ask, as in `Meridian-From`: its country may take part in the key. */
  readonly from?: string;
  /** The id of a purge's receipt: nothing older than that purge counts as warm. */
  readonly after?: string;
  /** Hand the body over, if it has at most this many bytes; a route that stores nothing is then asked, too. */
  readonly keep?: Bytes;
}

export type Warmed =
  /** The answer's body was read to its end. `stored`: absent where another request's fill decides it. */
  | {
      readonly kind: "answered";
      readonly region: RegionId;
      readonly status: number;
      readonly outcome: string;
      readonly stored?: boolean;
      readonly bytes: Bytes;
      readonly took: Millis;
      /** With `keep`, unless the body was larger. */
      readonly content?: Uint8Array;
    }
  /** The query cannot be asked by anybody. */
  | { readonly kind: "invalid"; readonly parameter: "url" | "from" | "after"; readonly detail: string }
  /** Right as it is: there is nothing to warm there. */
  | { readonly kind: "passed-over"; readonly reason: "residency" | "not-cached" }
  | { readonly kind: "failed"; readonly detail: string };
