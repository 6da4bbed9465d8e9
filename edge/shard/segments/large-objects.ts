// What a shard does as the owner of a large object's head: reads the object together from its segments' owners, and while the
// whole body passes by, cuts it up for them. The head is an ordinary entry: freshness, purges and conditions are decided on it
// before a byte is read here. Every question names the version, so an answer has bytes of that one or none.

import { lengthOf } from "../../body/body-parts.ts";
import type { Body, ByteSource } from "../../body/source.ts";
import { cacheStatusMember } from "../../http/cache-status.ts";
import type { ByteRange } from "../../http/range.ts";
import { ttlOf } from "../../http/terms.ts";
import type { TierRequest, TierResponse, UpstreamAnswer } from "../../tier/tier.ts";
import type { ResponseFacts } from "../../tier/wire.ts";
import { SHARD_LIMITS } from "../limits.ts";
import { withDetails } from "../request/lookup-result.ts";
import type { ShardRequest } from "../request/shard-request.ts";
import { type Entry, type Head, isHead } from "../store/entry.ts";
import { assemble, begin, type NotBegun } from "./assemble.ts";
import { type LargePorts, type ObjectRequest, Passes, segmentQuestion } from "./passing-bodies.ts";
import { SegmentReader } from "./segment-reader.ts";
import { segmentedAbove } from "./segments.ts";
import { bytesWanted, type ServedBytes, segmentsWith, shareOf } from "./stored-share.ts";
import { setKey, Unranged } from "./unranged.ts";

export type LargeObjectStart = { readonly kind: "begun"; readonly answer: TierResponse } | NotBegun;

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

  /** Takes a body on its way, `covered` of the head's object, and cuts it into segments while a reader is attached. */
  pass(reading: ObjectRequest, head: Head, source: ByteSource, covered: ByteRange): void {
    const stamp = { seen: head.seen, bornAt: head.response.terms.bornAt };
    this.#passes.take(reading, head, { source, covered, stamp });
  }

  /** The origin of this object ignored a range. */
  noticeUnranged({ key }: Pick<ObjectRequest, "key">, { segments }: Head): void {
    this.unranged.notice(setKey(key, segments));
  }

  /**
   * Whether the tier below gets all of a large object where it asked for a part: it would take the part for a sign that the
   * origin has ranges, and ask for the object's other segments one by one. Its own clients get the part that they asked for.
   */
  isGivenWhole(
    { key, request }: Pick<ObjectRequest, "key" | "request">,
    entry: Entry,
    body: Body,
    from: Pick<UpstreamAnswer, "status"> | undefined,
  ): boolean {
    if (request.context.tier !== "shield" || (lengthOf(body) ?? 0) <= this.wholeUpTo) return false;
    if (!isHead(entry)) return entry.part === undefined;
    return from?.status === 200 && this.unranged.has(setKey(key, entry.segments));
  }

  /** The object's body, open anywhere. */
  bodyOf(reading: ObjectRequest, head: Head): Body {
    const { segments: set } = head;
    const openAt = (range: ByteRange): ByteSource => {
      const reader = new SegmentReader(this.#ports, this.#passes, { reading, head }, (answer) => {
        if (!this.#firstAsked.has(reading.request)) this.#firstAsked.set(reading.request, answer);
      });
      return assemble(
        set,
        range,
        (index, need) => reader.open(index, need),
        (given) => {
          reader.leave();
          if (reading.request.context.tier === "shard") this.#ports.served?.(reading.route.name, given);
        },
      );
    };
    return { kind: "stream", length: set.total, open: () => openAt({ first: 0, last: set.total - 1 }), openAt };
  }

  /** Waits for the first bytes of an answer made from `bodyOf`: before them it can still be another. */
  async begin(asked: ShardRequest, head: Head, answer: TierResponse): Promise<LargeObjectStart> {
    if (answer.body.kind !== "stream") return { kind: "begun", answer };
    const share = this.#share(asked, head, answer);
    // A multipart body begins with what stands before its first part.
    const chunks = answer.fields.get("content-type")?.startsWith("multipart/byteranges") ? 2 : 1;
    const begun = await begin(answer.body, chunks);
    if (begun.kind !== "begun") return begun;
    const facts = { ...this.#factsOf(asked, head, answer.facts, await share), inSegments: true as const };
    return { kind: "begun", answer: { ...answer, facts, body: begun.body } };
  }

  /** What of an answer from a stored head is stored as well; of any other answer the head's own fetch says enough. */
  async #share(asked: ShardRequest, head: Head, answer: TierResponse): Promise<ServedBytes | undefined> {
    const { outcome } = answer.facts.answered;
    if (outcome !== "hit" && outcome !== "stale") return undefined;
    const { segments: set } = head;
    const ranges = bytesWanted(asked.request, head, answer.status, set);
    const indexes = segmentsWith(set, ranges);
    const [first = 0, ...more] = indexes;
    // Whether the first was stored shows when it comes. No memory holds more segments than are asked after.
    const question = segmentQuestion(this.#ports, asked, { ...set, index: first });
    const held =
      more.length === 0 ? indexes : await this.#ports.held(question, indexes.slice(0, SHARD_LIMITS.heldAsked));
    return shareOf(set, ranges, new Set(held));
  }

  /** A head in store is no hit for bytes that are fetched. */
  #factsOf(asked: ShardRequest, head: Head, facts: ResponseFacts, expected: ServedBytes | undefined): ResponseFacts {
    if (expected === undefined) return facts;
    const first = this.#firstAsked.get(asked.request)?.facts;
    const isFetched = first?.answered.outcome !== "hit";
    const all = expected.stored + expected.fetched;
    // A single segment that turns out to be fetched was counted as stored until here.
    const share = isFetched && expected.fetched === 0 ? { stored: 0, fetched: all } : expected;
    if (share.fetched === 0) return facts;
    const status = isFetched && first !== undefined ? { status: 206 } : {};
    const outcome = { kind: "forwarded", reason: "partial", ...status, stored: true, share } as const;
    const ttl = ttlOf(head.response.terms, this.#ports.now());
    const { tier } = asked.request.context;
    const member = cacheStatusMember(`meridian-${tier}`, withDetails(outcome, asked, ttl));
    const above = isFetched ? (first?.cacheStatus.slice(0, -1) ?? []) : [];
    const by = isFetched && first !== undefined ? first.answered.by : "origin";
    const answered =
      share.stored > 0 ? ({ outcome: "partial", by: tier } as const) : ({ outcome: "miss", by } as const);
    return { ...facts, answered, cacheStatus: [...above, member] };
  }
}
