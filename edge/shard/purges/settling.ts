// Whether a fetched response must not be stored because a purge lets its origin settle: the origin may still send old bytes. Such a
// response answers all requests that wait for it and none that arrive later. The tiers below are notified that they must not
// store it either: by their own clocks the settle time may be over, or may not have begun.

import type { PurgeSet, PurgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Fields } from "../../http/fields.ts";
import { parseHttpDate } from "../../http/http-date.ts";
import type { UpstreamAnswer } from "../../tier/tier.ts";

/** Whether a response with these fields, which this answer brought or confirmed, must not be stored yet. */
export function isSettling(
  { purges }: { readonly purges: PurgeSet },
  target: PurgeTarget,
  fields: Fields,
  { facts, requestAt }: Pick<UpstreamAnswer, "facts" | "requestAt">,
): boolean {
  if (facts?.settling === true) return true;
  const version = { etag: fields.get("etag"), lastModified: parseHttpDate(fields.get("last-modified")) };
  return purges.settles(target, requestAt, version) !== undefined;
}
