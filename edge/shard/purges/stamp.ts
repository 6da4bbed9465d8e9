// The stamp (`seen`) that an answer takes to the tier below. A purge set may say more than was asked for: it folds its older
// records into a purge of everything, and a hub that was away too long gets nothing else. The tier below would then find
// dead whatever was fetched before that, however often it asked for it. But whoever judged a response alive, knowing all
// purges up to some vector one by one or folded, has shown that none of them ended it: those that its stamp does not cover
// do not match it. So the stamp may be raised to that vector, and no purge within it ends the response any more that
// did not before. It is raised no further than to what the asker knows: more would only make it ask its hub.

import type { PurgeSet, PurgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { coversAll, join, type Vector } from "../../../control-plane/purge/vector.ts";
import type { RequestContext } from "../../tier/wire.ts";

/**
 * The stamp for a response that was fetched knowing `seen`, as it stands in the answer to a tier that knows the context's vector.
 * What a soft purge made stale keeps its own: the purge still has to make it stale below. An edge keeps nothing, and needs none.
 */
export function stampFor(
  { tier, vector }: Pick<RequestContext, "tier" | "vector">,
  purges: PurgeSet,
  target: PurgeTarget,
  seen: Vector,
): Vector {
  // Only what is known without gaps has been judged by.
  if (tier !== "shield" || coversAll(seen, vector) || !coversAll(purges.vector, vector)) return seen;
  // mutant: stamps-as-they-were
  return purges.verdict(target, seen) === "alive" ? join(seen, vector) : seen;
}
