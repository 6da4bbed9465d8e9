// The whole bodies of large objects that are on their way through a shard, each cut up as it passes (passing-body.ts). One begins with the
// fill that brings the object, or because its origin ignores ranges: then a segment that is not stored can be had only in
// one piece with all that the origin sends before it. The origin is asked for the rest from there on, and for everything if it
// does not give that; any number of readers share what comes, at the pace of the fastest.

import { LIMITS } from "../../../config/limits.ts";
import type { Config } from "../../../config/schema/schema.ts";
import { type EpochMillis, millis } from "../../../config/units.ts";
import { neverSilent, silenceOf } from "../../body/silence-limit.ts";
import { type After, type Body, type ByteSource, discard } from "../../body/source.ts";
import type { ByteRange } from "../../http/range.ts";
import { selectDirectives } from "../../http/targeted.ts";
import { policyOf } from "../../http/terms.ts";
import type { CacheKey } from "../../request/cache-key.ts";
import type { KeyedRequest, TierRequest, Upstream, UpstreamAnswer, UpstreamResult } from "../../tier/tier.ts";
import type { ResponseFacts, SegmentAsked } from "../../tier/wire.ts";
import { SEGMENT_FAILURES, segmentOriginFailed } from "../answer/failures.ts";
import { bornAtOfAnswer } from "../fill/origin-answer.ts";
import { SHARD_LIMITS } from "../limits.ts";
import type { Knowledge } from "../purges/purge-knowledge.ts";
import { type Change, changeTo } from "../request/invalidation.ts";
import { impersonal, type ShardRequest, withoutOwnFields } from "../request/shard-request.ts";
import type { Head } from "../store/entry.ts";
import { SegmentError } from "./assemble.ts";
import { Passing } from "./passing-body.ts";
import { coveredBy, rangeOf, whyNoSegment } from "./segments.ts";
import type { ServedBytes } from "./stored-share.ts";
import { setKey, type Unranged } from "./unranged.ts";

export interface LargePorts {
  readonly config: Config;
  readonly knowledge: Knowledge;
  readonly upstream: Upstream;
  readonly unranged: Unranged;
  readonly after: After;
  readonly now: () => EpochMillis;
  readonly invalidate: (change: Change) => Promise<void>;
  /** Asks the owner of a segment, in this region and as this tier. Never rejects. */
  readonly segment: (request: KeyedRequest) => Promise<UpstreamResult>;
  /** Which of these segments their owners have stored; `request` is a question for any of them. Never rejects. */
  readonly held: (request: KeyedRequest, indexes: readonly number[]) => Promise<ReadonlySet<number>>;
  /** Hears what a client got of a large object, once that is over. */
  readonly served?: (route: string, share: ServedBytes) => void;
  /** Hands a segment to its owner. Never rejects. */
  readonly keepSegment: (request: KeyedRequest, facts: Stamp, bytes: Uint8Array) => Promise<void>;
}

/** A request for the object, or the fill that brings it. */
export type ObjectRequest = Pick<ShardRequest, keyof CacheKey | "request" | "route" | "personal">;
/** What was known when a fetch began, and how old what it brings is. */
export type Stamp = Pick<ResponseFacts, "seen" | "bornAt">;

/** A body on its way: which bytes of the object it covers. */
interface ArrivingBody {
  readonly source: ByteSource;
  readonly covered: ByteRange;
  readonly stamp: Stamp;
}

interface PassInFlight {
  readonly passing: Passing;
  readonly stamp: Stamp;
}

export class Passes {
  readonly #ports: LargePorts;
  readonly #underWay = new Map<string, PassInFlight>();
  /** Those that are being asked for, so that readers of one object ask once. */
  readonly #asked = new Map<string, Promise<Passing>>();

  constructor(ports: LargePorts) {
    this.#ports = ports;
  }

  /** Takes a body on its way, `covered` of the head's object, and cuts it into segments while a reader is attached. */
  take(reading: ObjectRequest, head: Head, { source, covered, stamp }: ArrivingBody): Passing {
    const { after, keepSegment } = this.#ports;
    const id = setKey(reading.key, head.segments);
    const passing = new Passing(source, head.segments, covered, {
      after,
      lingers: () => (this.#isWorthWaiting(id) ? millis(SHARD_LIMITS.passLingersMillis) : undefined),
      keep: (index, bytes) =>
        keepSegment(segmentQuestion(this.#ports, reading, { ...head.segments, index }), stamp, bytes),
      finished: () => {
        if (this.#underWay.get(id)?.passing === passing) this.#underWay.delete(id);
      },
    });
    this.#underWay.set(id, { passing, stamp });
    void passing.run();
    return passing;
  }

  /** Whether beginning again would cost the origin all that has passed. */
  #isWorthWaiting(id: string): boolean {
    return this.#ports.unranged.has(id) && this.#underWay.size <= SHARD_LIMITS.lingeringPasses;
  }

  /** The object's body on its way, unless a purge has invalidated it: an answer after that contains nothing from before. */
  underWay({ key }: ObjectRequest, { segments, target }: Head): Passing | undefined {
    const known = this.#underWay.get(setKey(key, segments));
    const seen = known?.stamp.seen;
    const ended = seen !== undefined && this.#ports.knowledge.purges.verdict(target, seen) === "hard";
    return ended ? undefined : known?.passing;
  }

  /** A body on its way that still gives this segment, asked for if there is none. Rejects with a `SegmentError`. */
  async giving(reading: ObjectRequest, head: Head, index: number): Promise<Passing> {
    const id = setKey(reading.key, head.segments);
    for (;;) {
      const known = this.underWay(reading, head);
      if (known?.gives(index)) return known;
      const asked = this.#asked.get(id);
      if (asked === undefined) break;
      // What another reader asked for may give this one, too.
      await asked.catch(() => undefined);
    }
    const asking = this.#ask(reading, head, index).finally(() => this.#asked.delete(id));
    this.#asked.set(id, asking);
    return asking;
  }

  /** Asks for the object from this segment on, and for all of it if that does not bring the segment. */
  async #ask(reading: ObjectRequest, head: Head, index: number): Promise<Passing> {
    const { segments: set } = head;
    const { first, last } = rangeOf(set, index);
    for (const from of ["there", "start"] as const) {
      const vector = this.#ports.knowledge.joined(reading.request.context.vector);
      const request = wholeQuestion(reading, head, from === "there" ? first : undefined);
      const answer = await this.#ports.upstream({ ...request, keyed: reading, vector });
      if (answer.kind === "failure") throw new SegmentError(answer);
      const covered = this.#mayBeStored(reading, answer) ? coveredBy(answer, set) : undefined;
      if (answer.body.kind === "stream" && covered !== undefined && covered.first <= first && covered.last >= last) {
        const stamp = { seen: answer.facts?.seen ?? vector, bornAt: bornAtOfAnswer(answer) };
        return this.take(reading, head, { source: this.#sourceOf(reading, answer.body), covered, stamp });
      }
      discard(answer.body);
      if (answer.status >= 500) throw new SegmentError(segmentOriginFailed(answer.status));
      if (!this.#mayBeStored(reading, answer) || whyNoSegment(answer, set) === "changed") {
        await this.#ports.invalidate(changeTo(reading.url));
        throw new SegmentError("changed");
      }
    }
    throw new SegmentError(SEGMENT_FAILURES.refused);
  }

  #mayBeStored({ route }: ObjectRequest, { fields }: UpstreamAnswer): boolean {
    const { directives } = selectDirectives(fields, policyOf(route, 0).targets);
    return !directives.noStore && !directives.private;
  }

  #sourceOf({ route }: ObjectRequest, body: Body & { readonly kind: "stream" }): ByteSource {
    const { after, config } = this.#ports;
    return neverSilent(body.open(), silenceOf(config.origins[route.origin]), after);
  }
}

/** The question for a segment: what selects the representation goes along, what is one client's own does not. */
export function segmentQuestion(
  { knowledge }: Pick<LargePorts, "knowledge">,
  reading: ObjectRequest,
  segment: SegmentAsked,
): KeyedRequest {
  const { fields, context } = questionOf(reading);
  const vector = knowledge.joined(context.vector);
  return { method: "GET", fields, keyed: reading, context: { ...context, vector, segment } };
}

/** The question for a large object from a byte on, or for all of it: as it is, for these bytes are stored as they come. */
function wholeQuestion(reading: ObjectRequest, { response, segments }: Head, from: number | undefined): TierRequest {
  const { fields, context } = questionOf(reading);
  if (from !== undefined) {
    fields.set("range", `bytes=${from}-`);
    fields.set("if-range", segments.etag);
  } else if (!response.fields.has("content-encoding")) fields.delete("accept-encoding");
  return { method: "GET", fields, context };
}

function questionOf(reading: ObjectRequest): Pick<TierRequest, "fields" | "context"> {
  const { context } = reading.request;
  const fields = withoutOwnFields(impersonal(reading).request.fields);
  return { fields, context: { ...context, budgetMillis: millis(LIMITS.requestBudgetMillis), passes: false } };
}
