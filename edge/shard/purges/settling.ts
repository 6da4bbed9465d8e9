// Whether what was just fetched must not be kept, because a purge of it gives its origin time to settle: the origin may still
// answer the old bytes (DESIGN section 4). Such a response is released to all who wait for it and to nobody who comes later,
// and the tiers below hear that they must not keep it either: their own time may be over, or not have begun.

import type { PurgeSet, PurgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Fields } from "../../http/fields.ts";
import { parseHttpDate } from "../../http/http-date.ts";
import type { UpstreamAnswer } from "../../tier/tier.ts";

/** Whether a response with these fields, which this answer brought or confirmed, is not kept yet. */
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
