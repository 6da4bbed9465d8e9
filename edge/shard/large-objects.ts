// What a shard does as the owner of a large object's head: reads the object together from its segments' owners, and while the
// whole body passes by, cuts it up for them. The head is an ordinary entry: freshness, purges and conditions are decided on it
// before a byte is read here. Every question names the version, so an answer has bytes of that one or none.

import { LIMITS } from "../../config/limits.ts";
import { millis } from "../../config/units.ts";
import type { ByteRange } from "../http/range.ts";
import { type Asked, impersonal, withoutOwnFields } from "./asked.ts";
import { assemble, begin, type NotBegun, SegmentError } from "./assemble.ts";
import { type Change, changeTo } from "./change.ts";
import type { Entry } from "./entries.ts";
import type { Knowledge } from "./knowledge.ts";
import { once } from "./parts.ts";
import { Passing, type PassingReader } from "./passing.ts";
import { SEGMENT_CHANGED } from "./segment-owner.ts";
import { isSegment, type SegmentSet, segmentKey } from "./segments.ts";
import type { ByteSource } from "./spool.ts";
import type { After, Body, TierRequest, TierResponse, UpstreamAnswer, UpstreamFailure } from "./tier.ts";
import type { ResponseFacts } from "./wire.ts";

export interface LargePorts {
  readonly knowledge: Knowledge;
  readonly after: After;
  readonly invalidate: (change: Change) => Promise<void>;
  /** Asks the owner of a segment, in this region and as this tier. Never rejects. */
  readonly segment: (request: TierRequest) => Promise<UpstreamAnswer | UpstreamFailure>;
  /** Hands a segment to its owner. Never rejects. */
  readonly keepSegment: (
    request: TierRequest,
    facts: Pick<ResponseFacts, "seen" | "bornAt">,
    bytes: Uint8Array,
  ) => Promise<void>;
}

/** A request for the object, or the fill that brings it. */
type Reading = Pick<Asked, "key" | "url" | "request" | "route" | "personal">;
/** The entry of an object that is stored in segments. */
export type Head = Entry & { readonly segments: SegmentSet };

export type Begun = { readonly kind: "begun"; readonly answer: TierResponse } | NotBegun;

export class LargeObjects {
  readonly #ports: LargePorts;
  readonly #passing = new Map<string, Passing>();
  /** The first segment that was asked for on behalf of a request: what it cost says what the request cost. */
  readonly #firstAsked = new WeakMap<TierRequest, UpstreamAnswer>();

  constructor(ports: LargePorts) {
    this.#ports = ports;
  }

  /** Takes a body on its way, `covered` of the head's object, and cuts it into segments while somebody reads it. */
  pass(reading: Reading, head: Head, source: ByteSource, covered: ByteRange): void {
    const set = head.segments;
    const id = setKey(reading.key, set);
    const facts = { seen: head.seen, bornAt: head.response.terms.bornAt };
    const passing = new Passing(source, set, covered, {
      after: this.#ports.after,
      keep: (index, bytes) => this.#ports.keepSegment(this.#question(reading, set, index), facts, bytes),
      finished: () => {
        if (this.#passing.get(id) === passing) this.#passing.delete(id);
      },
    });
    this.#passing.set(id, passing);
    void passing.run();
  }

  /** The object's body, open anywhere. */
  bodyOf(reading: Reading, { segments: set }: Head): Body {
    const openAt = (range: ByteRange): ByteSource => {
      const reader = this.#passing.get(setKey(reading.key, set))?.attach();
      const open = (index: number) => this.#open(reading, set, index, reader);
      return assemble(set, range, open, () => reader?.leave());
    };
    return { kind: "stream", length: set.total, open: () => openAt({ first: 0, last: set.total - 1 }), openAt };
  }

  /** Waits for the first bytes of an answer made from `bodyOf`: before them it can still be another. */
  async begin({ request }: Reading, answer: TierResponse): Promise<Begun> {
    if (answer.body.kind !== "stream") return { kind: "begun", answer };
    // A multipart body begins with what stands before its first part.
    const chunks = answer.fields.get("content-type")?.startsWith("multipart/byteranges") ? 2 : 1;
    const begun = await begin(answer.body, chunks);
    if (begun.kind !== "begun") return begun;
    // A head in store is no hit for bytes that were fetched.
    const first = this.#firstAsked.get(request)?.facts;
    const isHit = answer.facts.answered.outcome === "hit" && first !== undefined && first.answered.outcome !== "hit";
    const facts = isHit ? { ...answer.facts, answered: first.answered, cacheStatus: first.cacheStatus } : answer.facts;
    return { kind: "begun", answer: { ...answer, facts, body: begun.body } };
  }

  async #open(
    reading: Reading,
    set: SegmentSet,
    index: number,
    reader: PassingReader | undefined,
  ): Promise<ByteSource> {
    const passing = reader?.segment(index);
    if (passing !== undefined) return passing;
    const answer = await this.#ports.segment(this.#question(reading, set, index));
    if (answer.kind === "failure") throw new SegmentError(answer);
    if (isSegment(answer, { ...set, index }) && answer.body.kind !== "none") {
      if (!this.#firstAsked.has(reading.request)) this.#firstAsked.set(reading.request, answer);
      return answer.body.kind === "bytes" ? once(answer.body.bytes) : answer.body.open();
    }
    if (answer.body.kind === "stream") answer.body.open().cancel();
    if (answer.status === SEGMENT_CHANGED) {
      // Whoever asks next begins with the version that there is now.
      await this.#ports.invalidate(changeTo(reading.url));
      throw new SegmentError("changed");
    }
    throw new SegmentError(LOST);
  }

  /** The question for a segment: what selects the representation goes along, what is one client's own does not. */
  #question(reading: Reading, segments: SegmentSet, index: number): TierRequest {
    const fields = withoutOwnFields((impersonal(reading) ?? reading).request.fields);
    const { context } = reading.request;
    const vector = this.#ports.knowledge.joined(context.vector);
    const budgetMillis = millis(LIMITS.requestBudgetMillis);
    const segment = { ...segments, index };
    return { method: "GET", fields, context: { ...context, vector, budgetMillis, passes: false, segment } };
  }
}

/** Whether an entry's body lies in segments. */
export const isHead = (entry: Entry): entry is Head => entry.segments !== undefined;

const setKey = (key: string, set: SegmentSet): string => segmentKey(key, { ...set, index: -1 });

const LOST: UpstreamFailure = {
  kind: "failure",
  status: 502,
  code: "segment-lost",
  detail: "A part of the object could not be had.",
  proxyError: "http_response_incomplete",
};
