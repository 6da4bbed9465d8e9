// What a shard does as the owner of a large object's head: reads the object together from its segments' owners, and while the
// whole body passes by, cuts it up for them. The head is an ordinary entry: freshness, purges and conditions are decided on it
// before a byte is read here. Every question names the version, so an answer has bytes of that one or none.

import type { ByteRange } from "../http/range.ts";
import { assemble, begin, type NotBegun } from "./assemble.ts";
import type { Entry } from "./entries.ts";
import { lengthOf } from "./parts.ts";
import { type Head, isHead, type LargePorts, Passes, type Reading } from "./passes.ts";
import { SegmentReader } from "./segment-reader.ts";
import { segmentedAbove } from "./segments.ts";
import type { ByteSource } from "./spool.ts";
import type { Body, TierRequest, TierResponse, UpstreamAnswer } from "./tier.ts";
import { setKey, Unranged } from "./unranged.ts";

export type Begun = { readonly kind: "begun"; readonly answer: TierResponse } | NotBegun;

export class LargeObjects {
  /** Larger objects than this are stored in segments where they can be, in bytes. */
  readonly wholeUpTo: number;
  /** What this shard knows of origins that ignore ranges. */
  readonly unranged = new Unranged();
  readonly #ports: LargePorts;
  readonly #passes: Passes;
  /** The first segment that was asked for on behalf of a request: what it cost says what the request cost. */
  readonly #firstAsked = new WeakMap<TierRequest, UpstreamAnswer>();

  constructor(ports: Omit<LargePorts, "unranged">) {
    this.#ports = { ...ports, unranged: this.unranged };
    this.wholeUpTo = segmentedAbove(ports.config.memoryMiB);
    this.#passes = new Passes(this.#ports);
  }

  /** Takes a body on its way, `covered` of the head's object, and cuts it into segments while somebody reads it. */
  pass(reading: Reading, head: Head, source: ByteSource, covered: ByteRange): void {
    this.#passes.take(reading, head, source, covered, { seen: head.seen, bornAt: head.response.terms.bornAt });
  }

  /** The origin of this object ignored a range. */
  noticeUnranged({ key }: Pick<Reading, "key">, { segments }: Head): void {
    this.unranged.notice(setKey(key, segments));
  }

  /**
   * Whether the tier below gets all of a large object where it asked for a part: it would take the part for a sign that the
   * origin has ranges, and ask for the object's other segments one by one. Its own clients get the part that they asked for.
   */
  isGivenWhole(
    { key, request }: Pick<Reading, "key" | "request">,
    entry: Entry,
    body: Body,
    from: Pick<UpstreamAnswer, "status"> | undefined,
  ): boolean {
    if (request.context.tier !== "shield" || (lengthOf(body) ?? 0) <= this.wholeUpTo) return false;
    if (!isHead(entry)) return entry.part === undefined;
    return from?.status === 200 && this.unranged.has(setKey(key, entry.segments));
  }

  /** The object's body, open anywhere. */
  bodyOf(reading: Reading, head: Head): Body {
    const { segments: set } = head;
    const openAt = (range: ByteRange): ByteSource => {
      const reader = new SegmentReader(this.#ports, this.#passes, { reading, head }, (answer) => {
        if (!this.#firstAsked.has(reading.request)) this.#firstAsked.set(reading.request, answer);
      });
      return assemble(
        set,
        range,
        (index, need) => reader.open(index, need),
        () => reader.leave(),
      );
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
}
