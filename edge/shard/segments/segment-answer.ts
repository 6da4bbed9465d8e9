// What the owner of a segment answers, and how it is said to the shard that puts the object together: the bytes, or one of the
// two statuses that mean something between these two alone. What was known of purges is stamped as on any answer.

import type { PurgeSet } from "../../../control-plane/purge/purge-set.ts";
import type { Body } from "../../body/source.ts";
import type { Outcome } from "../../http/cache-status.ts";
import { Fields } from "../../http/fields.ts";
import type { TierRequest, TierResponse, UpstreamAnswer, UpstreamFailure } from "../../tier/tier.ts";
import { factsOf, type ReleaseFacts, releaseFailure } from "../answer/release.ts";
import { stampFor } from "../purges/stamp.ts";
import type { Entry } from "../store/entry.ts";

export type SegmentAnswer =
  | {
      readonly kind: "segment";
      readonly entry: Entry;
      readonly body: Body;
      readonly outcome: Outcome;
      /** The answer that brought it; absent if it was in store. */
      readonly answer?: UpstreamAnswer;
    }
  /** Another version answers under this URL now. */
  | { readonly kind: "changed" }
  /** It is not stored, and the origin gives no parts: the asking shard has to take it out of a whole body. */
  | { readonly kind: "unranged" }
  | { readonly kind: "failed"; readonly failure: UpstreamFailure };

/** What a segment's owner answers when the object is another by now. */
export const SEGMENT_CHANGED = 412;
/** What it answers when it has not got the segment, and cannot get it by itself. */
export const SEGMENT_UNRANGED = 416;

/** The answer to the shard that puts the object together, by what is known of purges. `releasing`: what is said of an outcome. */
export function segmentResponse(
  answer: SegmentAnswer,
  request: TierRequest,
  purges: PurgeSet,
  releasing: (outcome: Outcome, upstream?: UpstreamAnswer) => ReleaseFacts,
): TierResponse {
  const { tier } = request.context;
  switch (answer.kind) {
    case "failed":
      return releaseFailure(request, answer.failure, releasing({ kind: "failed", detail: answer.failure.code }));
    case "changed":
    case "unranged": {
      const facts = factsOf(tier, releasing({ kind: "failed", detail: answer.kind }));
      return {
        status: answer.kind === "changed" ? SEGMENT_CHANGED : SEGMENT_UNRANGED,
        fields: new Fields(),
        body: { kind: "none" },
        facts: { ...facts, personal: true },
      };
    }
    case "segment": {
      const { target, response } = answer.entry;
      const seen = stampFor(request.context, purges, target, answer.entry.seen);
      const facts = factsOf(tier, releasing(answer.outcome, answer.answer), { seen, bornAt: response.terms.bornAt });
      return { status: 206, fields: response.fields, body: answer.body, facts };
    }
  }
}
