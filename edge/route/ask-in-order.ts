// Asks regions one after the other until one answers. The edge asks the regions that may serve a request this way, and a shard the
// regions of its shield. Three rules:
// 1. A region that shows no sign of life is left for the next, and avoided for a while (region-health.ts).
// 2. A request that must not arrive twice goes only to a region that has just shown that it lives, and nowhere else once it was sent.
// 3. **Decided**: what living regions break off is asked for `EDGE_LIMITS.brokenOff` times and no more. The request itself may be at
//    fault, and each region asks the origin again.

import type { EpochMillis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { isIdempotent } from "../http/invalidate.ts";
import { EDGE_LIMITS } from "../limits.ts";
import type { RegionHealth } from "./region-health.ts";

/** How one region replied. */
export type RegionReply<Answer> =
  | { readonly kind: "answer"; readonly answer: Answer }
  /** It lives, but gave no answer in the time that the request has. */
  | { readonly kind: "late" }
  /**
   * No connection, or no sign of life. Unless `unsent`, it may have begun to act on the request. `storage`: it is there and cannot
   * use its storage.
   */
  | { readonly kind: "lost"; readonly unsent?: true; readonly storage?: true }
  /** It lives, but broke off, or answered something that is no tier's answer: that may be this request's own fault. */
  | { readonly kind: "refused" };

/** The answer of one of the regions, or why there is none. */
export type InOrder<Answer> =
  | { readonly kind: "answer"; readonly answer: Answer; readonly region: RegionId }
  | { readonly kind: "late" }
  /** It may have been carried out, and must not be sent again. */
  | { readonly kind: "lost-on-the-way" }
  | { readonly kind: "broke-off" }
  /** None could be reached. `storage`: one of them is there and cannot use its storage. */
  | { readonly kind: "lost"; readonly storage: boolean };

/** One request, and how it is sent. Neither function rejects. */
export interface RegionQuestion<Answer> {
  /** Best first. */
  readonly regions: readonly RegionId[];
  /** Whether it must not arrive twice. */
  readonly once: boolean;
  readonly isAlive: (region: RegionId) => Promise<boolean>;
  readonly ask: (region: RegionId) => Promise<RegionReply<Answer>>;
}

/** Whether sending a request twice could do twice what its client wants done once, or is not possible at all: an upload is read once. */
export const mustArriveOnce = ({ method, upload }: { readonly method: string; readonly upload?: unknown }): boolean =>
  upload !== undefined || !isIdempotent(method);

/** Asks the regions in their order. */
export async function askInOrder<Answer>(
  { regions, once, isAlive, ask }: RegionQuestion<Answer>,
  { health, now }: { readonly health: RegionHealth; readonly now: () => EpochMillis },
): Promise<InOrder<Answer>> {
  let brokenOff = 0;
  let storage = false;
  for (const region of regions) {
    const reply: RegionReply<Answer> =
      once && !(await isAlive(region)) ? { kind: "lost", unsent: true } : await ask(region);
    if (reply.kind === "lost") health.failed(region, now());
    else health.succeeded(region);
    switch (reply.kind) {
      case "answer":
        return { ...reply, region };
      case "late":
        return reply;
      case "lost":
        if (once && !reply.unsent) return { kind: "lost-on-the-way" };
        storage ||= reply.storage === true;
        break;
      case "refused":
        if (once) return { kind: "lost-on-the-way" };
        brokenOff += 1;
        if (brokenOff === EDGE_LIMITS.brokenOff) return { kind: "broke-off" };
        break;
    }
  }
  return brokenOff > 0 ? { kind: "broke-off" } : { kind: "lost", storage };
}
