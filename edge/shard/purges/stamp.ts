// The stamp (`seen`) that an answer carries to the tier below. A purge set may cover more than was asked for: it folds older records
// into a purge of everything, and a hub that was away for too long gets nothing else. The tier below would then find every
// older response dead, however often it asked for it. But a tier that judged a response alive, knowing all purges up to some
// vector (one by one or folded), has shown that none of them invalidated it: those that its stamp does not cover do not
// match it. So the stamp may be raised to that vector, and no purge within it invalidates the response that did not before. It is
// raised no further than what the asking tier knows; a higher stamp would only make that tier ask its hub.

import type { PurgeSet, PurgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { coversAll, join, type Vector } from "../../../control-plane/purge/vector.ts";
import type { RequestContext } from "../../tier/wire.ts";

/**
 * The stamp of a response that was fetched knowing `seen`, in the answer to a tier that knows the context's vector. A response that a
 * soft purge made stale keeps its own: the purge still has to make it stale below. An edge stores nothing, so it needs none.
 */
export function stampFor(
  { tier, vector }: Pick<RequestContext, "tier" | "vector">,
  purges: PurgeSet,
  target: PurgeTarget,
  seen: Vector,
): Vector {
  // Only what is known without gaps was used in the judgement.
  if (tier !== "shield" || coversAll(seen, vector) || !coversAll(purges.vector, vector)) return seen;
  // mutant: stamps-as-they-were
  return purges.verdict(target, seen) === "alive" ? join(seen, vector) : seen;
}
