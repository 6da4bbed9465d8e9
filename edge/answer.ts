// The last hand on a response before the client: fields that steer caches and tiers go, fields that explain it come. What
// is said here is put together from the facts that the tiers handed up; nothing is guessed.

import { type EpochMillis, type Millis, millis } from "../config/units.ts";
import type { RegionId } from "../config/world/regions.ts";
import type { Fields } from "./http/fields.ts";
import { via, withoutHopByHop, withoutInternal } from "./http/forwardable.ts";
import { serverTiming } from "./http/server-timing.ts";
import { withoutControlFields } from "./http/tags.ts";
import { ageAt } from "./http/terms.ts";
import type { ResponseFacts } from "./tier/wire.ts";

export interface Answering {
  readonly facts: ResponseFacts | undefined;
  readonly region: RegionId | undefined;
  readonly requestId: string;
  readonly arrivedAt: EpochMillis;
  readonly now: EpochMillis;
  /** From sending to the region that answered until its head came. */
  readonly regionTook: Millis;
}

/** The response fields that the client gets. */
export function answerFields(fields: Fields, answering: Answering): Fields {
  const { facts, now } = answering;
  const answer = withoutControlFields(withoutInternal(withoutHopByHop(fields)));
  if (facts !== undefined) {
    // Members are in the order of RFC 9211 section 2: the cache nearest to the origin first.
    const members = [answer.get("cache-status"), ...facts.cacheStatus].filter(
      (member) => member !== undefined && member !== "",
    );
    answer.set("cache-status", members.join(", "));
    if (facts.bornAt !== undefined) answer.set("age", `${Math.floor(ageAt(now, facts.bornAt) / 1000)}`);
  }
  if (!answer.has("date")) answer.set("date", new Date(now).toUTCString());
  answer.set("via", via(answer.get("via")));
  const timing = [answer.get("server-timing"), serverTiming(timingsOf(answering))].filter((part) => part !== undefined);
  answer.set("server-timing", timing.join(", "));
  if (answering.region !== undefined) answer.set("meridian-region", answering.region);
  answer.set("meridian-request-id", answering.requestId);
  return answer;
}

/** Each tier's own part, so that the parts add up to the whole: what is left of the region's time is the way there and back. */
function timingsOf({ facts, arrivedAt, now, regionTook }: Answering): Record<string, Millis> {
  const tiers = facts?.timings ?? {};
  const below = Object.values(tiers).reduce<number>((sum, part) => sum + (part ?? 0), 0);
  return {
    edge: millis(Math.max(0, now - arrivedAt - regionTook)),
    route: millis(Math.max(0, regionTook - below)),
    ...tiers,
  };
}
